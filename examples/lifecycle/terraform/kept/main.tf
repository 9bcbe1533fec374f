# A bucket that no plan can take away.
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

# --8<-- [start:kept]
resource "aws_s3_bucket" "raw" {
  bucket = "${var.service}-data-raw-development-111122223333"

  lifecycle {
    prevent_destroy = true
  }
}
# --8<-- [end:kept]
