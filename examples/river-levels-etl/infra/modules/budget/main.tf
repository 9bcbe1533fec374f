# What a month may cost, and who hears of it. Planned against a mock only.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100" # what the tests run
    }
  }
}

variable "service" {
  description = "Value of the tag Service; it has to be a cost-allocation tag."
  type        = string
  nullable    = false
}

variable "environment" {
  description = "Value of the tag Environment."
  type        = string
  nullable    = false
}

variable "usd" {
  description = "US dollars a month, before VAT."
  type        = number
  nullable    = false

  validation {
    condition     = var.usd > 0
    error_message = "usd: more than nothing."
  }
}

variable "topic_arn" {
  description = "SNS topic that tells people."
  type        = string
  nullable    = false
}

# --8<-- [start:budget]
locals {
  notices = {
    half     = { threshold = 50, kind = "ACTUAL" }
    most     = { threshold = 80, kind = "ACTUAL" }
    all      = { threshold = 100, kind = "ACTUAL" }
    expected = { threshold = 100, kind = "FORECASTED" }
  }
}

resource "aws_budgets_budget" "month" {
  name         = "${var.service}-${var.environment}"
  budget_type  = "COST"
  limit_amount = tostring(var.usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  # A budget knows the values of one key. Each environment is an account.
  cost_filter {
    name   = "TagKeyValue"
    values = [join("$", ["user:Service", var.service])]
  }

  dynamic "notification" {
    for_each = local.notices

    content {
      comparison_operator       = "GREATER_THAN"
      threshold                 = notification.value.threshold
      threshold_type            = "PERCENTAGE"
      notification_type         = notification.value.kind
      subscriber_sns_topic_arns = [var.topic_arn]
    }
  }
}
# --8<-- [end:budget]
