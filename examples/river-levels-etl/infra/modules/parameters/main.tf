# What PostgreSQL is told to do. A module of its own: emulators do not keep
# parameters, and every plan would want to set them again.

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
  description = "Name of the parameter group."
  type        = string
  nullable    = false
}

variable "major_version" {
  description = "Major version of PostgreSQL."
  type        = number
  default     = 18
  nullable    = false

  validation {
    condition     = var.major_version >= 15
    error_message = "major_version: 15 or later; older ones cost extra soon."
  }
}

# --8<-- [start:parameters]
locals {
  parameters = {
    "rds.force_ssl"                     = "1"
    log_connections                     = "1"
    log_disconnections                  = "1"
    log_min_duration_statement          = "5000"   # ms
    idle_in_transaction_session_timeout = "600000" # ms: ten minutes
    "rds.allowed_extensions"            = "pg_stat_statements"
    timezone                            = "UTC"
  }
}

resource "aws_db_parameter_group" "this" {
  name        = "${var.name}-${var.major_version}"
  description = "TLS for everybody, logins logged, no forgotten transaction"
  family      = "postgres${var.major_version}"

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true # a new major needs a new group first
  }
}
# --8<-- [end:parameters]

output "name" {
  description = "For the instance."
  value       = aws_db_parameter_group.this.name
}

output "major_version" {
  description = "What the instance has to run."
  value       = tostring(var.major_version)
}
