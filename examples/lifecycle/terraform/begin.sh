cd infra
terraform init -backend-config=envs/development.s3.tfbackend
terraform plan -var-file=envs/development.tfvars -out=development.plan
