aws lambda invoke --function-name river-levels-run-development \
  --cli-read-timeout 310 --payload fileb://event.json reply.json
cat reply.json
