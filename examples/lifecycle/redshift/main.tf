# --8<-- [start:serverless]
resource "aws_redshiftserverless_namespace" "this" {
  namespace_name        = "river-levels-development"
  db_name               = "river_levels"
  manage_admin_password = true # in Secrets Manager; nobody types it
  default_iam_role_arn  = var.copy_role_arn
  iam_roles             = [var.copy_role_arn]
}

resource "aws_redshiftserverless_workgroup" "this" {
  namespace_name       = aws_redshiftserverless_namespace.this.namespace_name
  workgroup_name       = "river-levels-development"
  base_capacity        = 8  # RPU
  max_capacity         = 16 # RPU: it never grows beyond
  publicly_accessible  = false
  enhanced_vpc_routing = true
  subnet_ids           = var.subnet_ids
  security_group_ids   = var.security_group_ids

  config_parameter {
    parameter_key   = "require_ssl"
    parameter_value = "true"
  }

  config_parameter {
    parameter_key   = "max_query_execution_time"
    parameter_value = "900" # seconds
  }
}

resource "aws_redshiftserverless_usage_limit" "this" {
  resource_arn  = aws_redshiftserverless_workgroup.this.arn
  usage_type    = "serverless-compute"
  period        = "daily"
  amount        = 16 # RPU-hours
  breach_action = "deactivate"
}
# --8<-- [end:serverless]

variable "copy_role_arn" {
  description = "What COPY may read: the trusted prefix, and no more."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets in several zones."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Groups that let the readers in on port 5439."
  type        = list(string)
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
