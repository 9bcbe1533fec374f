aws lambda update-function-code --function-name "$FUNCTION" \
  --s3-bucket "$RELEASES" --s3-key "$PREVIOUS.zip" > back.json
aws lambda wait function-updated-v2 --function-name "$FUNCTION"
