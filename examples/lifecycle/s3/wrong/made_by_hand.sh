BUCKET=river-levels-data-raw-development-000000000000
aws s3api put-public-access-block --bucket "$BUCKET" \
  --public-access-block-configuration '{
    "BlockPublicAcls": true, "IgnorePublicAcls": true,
    "BlockPublicPolicy": true, "RestrictPublicBuckets": true}'
