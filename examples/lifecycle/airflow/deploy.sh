uv export --frozen --no-dev --no-hashes --output-file requirements.txt
aws s3 cp requirements.txt "s3://$DAGS_BUCKET/requirements.txt"
aws s3 cp ../pipeline.yml "s3://$DAGS_BUCKET/dags/pipeline.yml"
aws s3 sync dags "s3://$DAGS_BUCKET/dags" --delete \
  --exclude "*__pycache__*" --exclude pipeline.yml
