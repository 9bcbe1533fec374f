cd infra
terraform fmt -check -recursive
terraform init -backend=false
terraform validate
terraform test
