# --8<-- [start:zones]
# The zones of one service in one environment. Copy modules/data_bucket along.
locals {
  # In days; null is never. Raw: 273, then 90 as an old version, and S3 rounds
  # up twice: the 365 of pipeline.yml.
  ages = {
    landing = { cool = null, expire = 30 }
    raw     = { cool = 90, expire = 273 }
    refined = { cool = 90, expire = null }
    trusted = { cool = null, expire = null }
  }
}

data "aws_caller_identity" "this" {}

module "zone" {
  source   = "./modules/data_bucket"
  for_each = local.ages

  name = join("-", [
    "river-levels-data",
    each.key,
    var.environment,
    data.aws_caller_identity.this.account_id,
  ])
  organization_id   = var.organization_id
  ia_after_days     = each.value.cool
  expire_after_days = each.value.expire
}
# --8<-- [end:zones]

variable "environment" {
  description = "development, test or production."
  type        = string
  nullable    = false
}

variable "organization_id" {
  description = "The AWS organisation whose principals may get in."
  type        = string
  default     = null
}

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}
