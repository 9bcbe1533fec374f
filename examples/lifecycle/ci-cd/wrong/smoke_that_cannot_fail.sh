aws lambda invoke --function-name "$FUNCTION" \
  --payload fileb://event.json reply.json > invoked.json
