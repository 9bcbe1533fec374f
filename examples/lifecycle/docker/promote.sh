digest="$(aws ecr describe-images --repository-name river-levels-etl \
  --image-ids "imageTag=$REVISION" \
  --query 'imageDetails[0].imageDigest' --output text)"
echo "deploy river-levels-etl@$digest"
