# A bucket for each zone, known by its place in a list.
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

# --8<-- [start:zones]
variable "zones" {
  type    = list(string)
  default = ["landing", "raw", "refined"]
}

resource "aws_s3_bucket" "zone" {
  count = length(var.zones)

  bucket = join("-", [
    "river-levels-data", var.zones[count.index], "development-111122223333"
  ])
}
# --8<-- [end:zones]
