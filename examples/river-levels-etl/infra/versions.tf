# --8<-- [start:versions]
terraform {
  required_version = "~> 1.11" # 1.11: use_lockfile and write-only arguments

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100" # what the tests run
    }
  }

  # Bucket and key of the state: envs/<environment>.s3.tfbackend
  backend "s3" {
    region       = "eu-west-2"
    encrypt      = true
    use_lockfile = true
  }
}
# --8<-- [end:versions]
