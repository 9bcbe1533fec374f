# Once for each account. Name: platform-data-terraform-<environment>-<account>
export AWS_REGION=eu-west-2
account=$(aws sts get-caller-identity --query Account --output text)
bucket=platform-data-terraform-development-$account
aws s3api create-bucket --bucket "$bucket" \
  --create-bucket-configuration LocationConstraint="$AWS_REGION"
block=BlockPublicAcls=true,IgnorePublicAcls=true
block=$block,BlockPublicPolicy=true,RestrictPublicBuckets=true
aws s3api put-public-access-block --bucket "$bucket" \
  --public-access-block-configuration "$block"
aws s3api put-bucket-versioning --bucket "$bucket" \
  --versioning-configuration Status=Enabled
aws s3api put-bucket-encryption --bucket "$bucket" \
  --server-side-encryption-configuration '{"Rules": [
    {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
  ]}'
