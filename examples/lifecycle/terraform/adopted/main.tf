# A bucket that somebody made by hand comes under Terraform.
terraform {
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = "eu-west-2"
}

# --8<-- [start:import]
import {
  to = aws_s3_bucket.exports
  id = "river-levels-data-exports-development-111122223333"
}

resource "aws_s3_bucket" "exports" {
  bucket = "river-levels-data-exports-development-111122223333"
}
# --8<-- [end:import]
