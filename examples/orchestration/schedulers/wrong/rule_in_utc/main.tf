# --8<-- [start:rule]
# "Every morning at a quarter past six": in summer it is a quarter past seven.
resource "aws_cloudwatch_event_rule" "daily" {
  name                = "river-levels-daily-development"
  schedule_expression = "cron(17 6 * * ? *)"
}

resource "aws_cloudwatch_event_target" "daily" {
  rule = aws_cloudwatch_event_rule.daily.name
  arn  = var.function_arn
}
# --8<-- [end:rule]

variable "function_arn" {
  description = "What to call."
  type        = string
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
