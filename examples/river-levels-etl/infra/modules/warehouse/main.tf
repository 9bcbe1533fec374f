# Redshift Serverless, if a decision record asks for it. Planned against a mock
# only: no emulator knows it.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100" # what the tests run
    }
  }
}

variable "name" {
  description = "Name of namespace and workgroup."
  type        = string
  nullable    = false
}

variable "kms_key_arn" {
  description = "The key that encrypts it, its password too."
  type        = string
  nullable    = false
}

variable "vpc_id" {
  description = "The network."
  type        = string
  nullable    = false
}

variable "subnet_ids" {
  description = "Private subnets in three zones."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 3
    error_message = "subnet_ids: Redshift Serverless wants three zones."
  }
}

variable "base_rpu" {
  description = "Capacity when a query starts."
  type        = number
  default     = 8
  nullable    = false

  validation {
    condition     = contains([4, 8, 16, 24, 32], var.base_rpu)
    error_message = "base_rpu: 4 to 32. Measure before you ask for more."
  }
}

variable "rpu_hours_a_day" {
  description = "What a day may use. Then queries are refused until tomorrow."
  type        = number
  nullable    = false

  validation {
    condition     = var.rpu_hours_a_day > 0
    error_message = "rpu_hours_a_day: without a limit there is no limit."
  }
}

# --8<-- [start:warehouse]
resource "aws_redshiftserverless_namespace" "this" {
  namespace_name                   = var.name
  db_name                          = replace(var.name, "-", "_")
  kms_key_id                       = var.kms_key_arn
  manage_admin_password            = true
  admin_password_secret_kms_key_id = var.kms_key_arn
  log_exports                      = ["connectionlog", "useractivitylog", "userlog"]

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_security_group" "this" {
  name        = "${var.name}-warehouse"
  description = "Redshift; no rule yet, so nobody reaches it by network"
  vpc_id      = var.vpc_id
}

resource "aws_redshiftserverless_workgroup" "this" {
  namespace_name       = aws_redshiftserverless_namespace.this.namespace_name
  workgroup_name       = var.name
  base_capacity        = var.base_rpu
  max_capacity         = var.base_rpu * 2
  publicly_accessible  = false
  enhanced_vpc_routing = true # COPY goes through our network
  subnet_ids           = var.subnet_ids
  security_group_ids   = [aws_security_group.this.id]

  config_parameter {
    parameter_key   = "require_ssl"
    parameter_value = "true"
  }
}

resource "aws_redshiftserverless_usage_limit" "day" {
  resource_arn  = aws_redshiftserverless_workgroup.this.arn
  usage_type    = "serverless-compute"
  period        = "daily"
  amount        = var.rpu_hours_a_day
  breach_action = "deactivate"
}
# --8<-- [end:warehouse]

output "workgroup_name" {
  description = "For the Data API and dbt."
  value       = aws_redshiftserverless_workgroup.this.workgroup_name
}
