# The resource has a new name, and Terraform is told so.
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

variable "zones" {
  type    = list(string)
  default = ["landing", "raw", "refined"]
}

# --8<-- [start:moved]
resource "aws_s3_bucket" "data" {
  for_each = toset(var.zones)

  bucket = join("-", [
    "river-levels-data", each.key, "development-111122223333"
  ])
}

moved {
  from = aws_s3_bucket.zone
  to   = aws_s3_bucket.data
}
# --8<-- [end:moved]
