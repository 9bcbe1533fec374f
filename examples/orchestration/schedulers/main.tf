# --8<-- [start:schedule]
# Every morning by London's clock. Copy modules/function along.
module "daily" {
  source = "./modules/function"

  name         = "river-levels-daily-development"
  package      = var.package
  package_hash = filebase64sha256(var.package)
  handler      = "river_levels.handler.handler"
  environment  = var.settings
  policy_json  = data.aws_iam_policy_document.run.json
  timeout_s    = 300
  vpc          = var.vpc

  schedule_expression = var.schedule_expression
  schedule_timezone   = "Europe/London"
  flexible_minutes    = 10
  event               = { overlap_hours = 48 }

  silent_hours    = 25
  alarm_topic_arn = var.alarm_topic_arn
}

variable "schedule_expression" {
  description = "When it runs, by London's clock. Not between 00:30 and 03:30."
  type        = string
  default     = "cron(17 6 * * ? *)"
}
# --8<-- [end:schedule]

# --8<-- [start:rest]
data "aws_iam_policy_document" "run" {
  statement {
    actions   = ["s3:ListBucket"]
    resources = ["arn:aws:s3:::${var.settings.RIVER_LEVELS_BUCKET}"]
  }

  statement {
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["arn:aws:s3:::${var.settings.RIVER_LEVELS_BUCKET}/raw/*"]
  }

  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.login_arn]
  }
}

variable "login_arn" {
  description = "Entry in Secrets Manager with the login of the database."
  type        = string
}

variable "vpc" {
  description = "Where it reaches the database from."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
}

variable "settings" {
  description = "Settings of the function; secrets by the name of their entry."
  type        = map(string)
}

variable "package" {
  description = "Path of the zip file."
  type        = string
}

variable "alarm_topic_arn" {
  description = "SNS topic that tells people."
  type        = string
}

output "failure_queue_arn" {
  description = "Queue in which events end that were given up."
  value       = module.daily.failure_queue_arn
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
# --8<-- [end:rest]
