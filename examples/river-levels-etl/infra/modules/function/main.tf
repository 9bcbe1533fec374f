# A function that runs on a schedule: with its role, its log, the place where failed
# events end, and the alarms that say so.

locals {
  # river-levels-run-development → RiverLevelsRunDevelopment
  purpose = replace(title(replace(var.name, "-", " ")), " ", "")
  # Terraform writes < as \u003c, and then the scheduler does not know its own word.
  event = replace(replace(
    jsonencode(merge(var.event, { scheduled_time = "<aws.scheduler.scheduled-time>" })),
    "\\u003c", "<"), "\\u003e", ">"
  )
}

data "aws_caller_identity" "current" {}

# --8<-- [start:function]
resource "aws_lambda_function" "this" {
  function_name                  = var.name
  description                    = "Runs ${var.handler} by schedule."
  role                           = aws_iam_role.this.arn
  runtime                        = "python3.12"
  architectures                  = ["arm64"]
  filename                       = var.package
  source_code_hash               = var.package_hash
  handler                        = var.handler
  timeout                        = var.timeout_s
  memory_size                    = var.memory_mb
  reserved_concurrent_executions = var.reserved_concurrency

  environment {
    variables = merge({ TZ = "UTC" }, var.environment)
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  dynamic "vpc_config" {
    for_each = var.vpc[*]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}
# --8<-- [end:function]

# --8<-- [start:role]
resource "aws_iam_role" "this" {
  name = "${local.purpose}Role"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "code" {
  name   = "${local.purpose}RolePolicy"
  role   = aws_iam_role.this.id
  policy = var.policy_json
}

resource "aws_iam_role_policy" "runtime" {
  name = "${local.purpose}RuntimeRolePolicy"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.this.arn}:*"
      },
      {
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.failed.arn
      },
      { # to itself it hands over what it has no time for
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = aws_lambda_function.this.arn
      },
    ]
  })
}

# A function in a network of ours makes its own interface there; AWS allows these
# actions for no narrower resource.
resource "aws_iam_role_policy" "network" {
  count = var.vpc == null ? 0 : 1
  name  = "${local.purpose}NetworkRolePolicy"
  role  = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
      ]
      Resource = "*"
    }]
  })
}
# --8<-- [end:role]

# --8<-- [start:failures]
resource "aws_sqs_queue" "failed" {
  name                      = "${var.name}-failed"
  message_retention_seconds = 1209600 # 14 days, the most there is
  sqs_managed_sse_enabled   = true
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 3600
  depends_on                   = [aws_iam_role_policy.runtime]

  destination_config {
    on_failure {
      destination = aws_sqs_queue.failed.arn
    }
  }
}
# --8<-- [end:failures]

# --8<-- [start:schedule]
resource "aws_scheduler_schedule" "this" {
  name                         = var.name
  schedule_expression          = var.schedule_expression
  schedule_expression_timezone = var.schedule_timezone

  flexible_time_window {
    mode                      = var.flexible_minutes == null ? "OFF" : "FLEXIBLE"
    maximum_window_in_minutes = var.flexible_minutes
  }

  target {
    arn      = aws_lambda_function.this.arn
    role_arn = aws_iam_role.schedule.arn
    input    = local.event

    retry_policy {
      maximum_retry_attempts       = 5
      maximum_event_age_in_seconds = 3600
    }

    dead_letter_config {
      arn = aws_sqs_queue.failed.arn
    }
  }
}
# --8<-- [end:schedule]

# --8<-- [start:schedule_role]
resource "aws_iam_role" "schedule" {
  name = "${local.purpose}ScheduleRole"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = data.aws_caller_identity.current.account_id
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  name = "${local.purpose}ScheduleRolePolicy"
  role = aws_iam_role.schedule.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = aws_lambda_function.this.arn
      },
      {
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.failed.arn
      },
    ]
  })
}
# --8<-- [end:schedule_role]

# --8<-- [start:alarms]
# What must not happen: one is enough to tell somebody.
resource "aws_cloudwatch_metric_alarm" "fault" {
  for_each = toset(["Errors", "Throttles", "DestinationDeliveryFailures"])

  alarm_name          = "${var.name}-${lower(each.key)}"
  alarm_description   = "${var.name}: ${each.key}. See the runbook."
  namespace           = "AWS/Lambda"
  metric_name         = each.key
  dimensions          = { FunctionName = var.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
}

# Events that were given up, by the function or by the schedule.
resource "aws_cloudwatch_metric_alarm" "given_up" {
  alarm_name          = "${var.name}-given-up"
  alarm_description   = "An event lies in ${var.name}-failed."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.failed.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
}

# What must happen: a function that nobody calls makes no error.
resource "aws_cloudwatch_metric_alarm" "silence" {
  alarm_name          = "${var.name}-no-success"
  alarm_description   = "${var.name}: silent for ${var.silent_hours} hours."
  evaluation_periods  = var.silent_hours
  datapoints_to_alarm = var.silent_hours
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [var.alarm_topic_arn]

  metric_query {
    id          = "successes"
    expression  = "invocations - FILL(errors, 0)"
    label       = "successes an hour"
    return_data = true
  }

  metric_query {
    id = "invocations"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"
      dimensions  = { FunctionName = aws_lambda_function.this.function_name }
      stat        = "Sum"
      period      = 3600
    }
  }

  metric_query {
    id = "errors"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"
      dimensions  = { FunctionName = aws_lambda_function.this.function_name }
      stat        = "Sum"
      period      = 3600
    }
  }
}
# --8<-- [end:alarms]
