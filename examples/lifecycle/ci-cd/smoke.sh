failed=$(aws lambda invoke --function-name "$FUNCTION" \
  --payload fileb://event.json --query FunctionError --output text reply.json)
test "$failed" = None
