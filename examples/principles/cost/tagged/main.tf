variable "environment" { type = string }
variable "owner" { type = string }
variable "cost_centre" { type = string }
variable "team_email" { type = string }
variable "monthly_limit_usd" { type = number }
variable "account_id" { type = string }

# --8<-- [start:tags]
provider "aws" {
  region = "eu-west-2"

  default_tags {
    tags = {
      Service            = "river-levels-etl"
      Environment        = var.environment
      Owner              = var.owner
      CostCentre         = var.cost_centre
      LGSL               = "1234" # an example
      DataClassification = "OFFICIAL"
      ManagedBy          = "terraform"
    }
  }
}
# --8<-- [end:tags]

resource "aws_s3_bucket" "raw" {
  bucket = "river-levels-data-raw-${var.environment}-${var.account_id}"
}

# --8<-- [start:leaks]
resource "aws_s3_bucket_lifecycle_configuration" "raw" {
  bucket = aws_s3_bucket.raw.id

  rule {
    id     = "parts-of-uploads-that-never-ended"
    status = "Enabled"
    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_cloudwatch_log_group" "pipeline" {
  name              = "/river-levels-etl/${var.environment}"
  retention_in_days = 30
}
# --8<-- [end:leaks]

# --8<-- [start:budget]
resource "aws_budgets_budget" "pipeline" {
  name         = "river-levels-etl-${var.environment}"
  budget_type  = "COST"
  limit_amount = var.monthly_limit_usd
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = ["user:Service$river-levels-etl"]
  }

  dynamic "notification" {
    for_each = [
      { kind = "ACTUAL", percent = 50 },
      { kind = "ACTUAL", percent = 80 },
      { kind = "ACTUAL", percent = 100 },
      { kind = "FORECASTED", percent = 100 },
    ]
    content {
      notification_type          = notification.value.kind
      threshold                  = notification.value.percent
      threshold_type             = "PERCENTAGE"
      comparison_operator        = "GREATER_THAN"
      subscriber_email_addresses = [var.team_email]
    }
  }
}

resource "aws_ce_anomaly_monitor" "services" {
  name              = "services"
  monitor_type      = "DIMENSIONAL"
  monitor_dimension = "SERVICE"
}

resource "aws_ce_anomaly_subscription" "team" {
  name             = "team"
  frequency        = "DAILY"
  monitor_arn_list = [aws_ce_anomaly_monitor.services.arn]

  subscriber {
    type    = "EMAIL"
    address = var.team_email
  }

  threshold_expression {
    dimension {
      key           = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
      match_options = ["GREATER_THAN_OR_EQUAL"]
      values        = ["10"]
    }
  }
}
# --8<-- [end:budget]

# --8<-- [start:hours]
resource "aws_scheduler_schedule" "database" {
  for_each = {
    start = "cron(0 7 ? * MON-FRI *)"
    stop  = "cron(0 19 ? * MON-FRI *)"
  }

  name                         = "river-levels-database-${each.key}"
  schedule_expression          = each.value
  schedule_expression_timezone = "Europe/London"

  flexible_time_window { mode = "OFF" }

  target {
    arn      = "arn:aws:scheduler:::aws-sdk:rds:${each.key}DBInstance"
    role_arn = "arn:aws:iam::${var.account_id}:role/OffHoursRole"
    input = jsonencode({
      DbInstanceIdentifier = "river-levels-${var.environment}"
    })
  }
}
# --8<-- [end:hours]
