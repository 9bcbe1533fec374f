# A bucket that a new name takes away, with what is in it.
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

variable "service" {
  type    = string
  default = "river-levels"
}

# --8<-- [start:gone]
resource "aws_s3_bucket" "raw" {
  bucket        = "${var.service}-data-raw-development-111122223333"
  force_destroy = true # "or destroy complains"
}
# --8<-- [end:gone]
