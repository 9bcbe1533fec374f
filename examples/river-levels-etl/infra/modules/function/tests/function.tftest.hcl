# `terraform test` needs no account and no network: the provider is a mock.

mock_provider "aws" {
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-2:111122223333:function:river-levels-run" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/RiverLevelsRunRole" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-2:111122223333:log-group:/aws/lambda/river-levels-run" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-2:111122223333:river-levels-run-failed" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
}

variables {
  name         = "river-levels-run"
  package      = "river-levels.zip"
  package_hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  handler      = "river_levels.handler.handler"
  environment = {
    RIVER_LEVELS_BUCKET          = "river-levels-data-raw"
    RIVER_LEVELS_DATABASE_SECRET = "/river-levels/database/login"
  }
  event               = { overlap_hours = 48 }
  schedule_expression = "cron(7 * * * ? *)"
  timeout_s           = 300
  alarm_topic_arn     = "arn:aws:sns:eu-west-2:111122223333:alarms"
  policy_json         = <<-JSON
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": ["s3:GetObject", "s3:PutObject"],
          "Resource": "arn:aws:s3:::river-levels-data-raw/raw/*"
        }
      ]
    }
  JSON
}

run "it_is_the_function_we_mean" {
  command = apply

  assert {
    condition = (
      aws_lambda_function.this.runtime == "python3.12" &&
      aws_lambda_function.this.architectures == tolist(["arm64"]) &&
      aws_lambda_function.this.environment[0].variables.TZ == "UTC"
    )
    error_message = "Another runtime, processor or zone."
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 1
    error_message = "Two runs at once share the database and the source."
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.this.retention_in_days == 30 &&
      aws_lambda_function.this.logging_config[0].log_group == "/aws/lambda/river-levels-run"
    )
    error_message = "The log is kept for ever."
  }
}

run "it_may_do_what_the_policy_says" {
  command = apply

  assert {
    condition     = aws_iam_role_policy.code.policy == var.policy_json
    error_message = "The code may do something else."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.runtime.policy).Statement :
      [for action in flatten([statement.Action]) : "${action} on ${statement.Resource}"]
      ])) == toset([
      "logs:CreateLogStream on arn:aws:logs:eu-west-2:111122223333:log-group:/aws/lambda/river-levels-run:*",
      "logs:PutLogEvents on arn:aws:logs:eu-west-2:111122223333:log-group:/aws/lambda/river-levels-run:*",
      "sqs:SendMessage on arn:aws:sqs:eu-west-2:111122223333:river-levels-run-failed",
      "lambda:InvokeFunction on arn:aws:lambda:eu-west-2:111122223333:function:river-levels-run",
    ])
    error_message = "The runtime may do something else."
  }

  assert {
    condition     = length(aws_iam_role_policy.network) == 0
    error_message = "A function outside our network needs no interface."
  }
}

run "a_failed_event_is_kept" {
  command = apply

  assert {
    condition = (
      aws_lambda_function_event_invoke_config.this.destination_config[0].on_failure[0].destination
      == aws_sqs_queue.failed.arn
      && aws_scheduler_schedule.this.target[0].dead_letter_config[0].arn
      == aws_sqs_queue.failed.arn
    )
    error_message = "A failed event vanishes."
  }

  assert {
    condition     = aws_sqs_queue.failed.sqs_managed_sse_enabled
    error_message = "Events lie in clear text."
  }
}

run "the_event_carries_the_scheduled_moment" {
  command = plan

  variables {
    schedule_timezone = "Europe/London"
  }

  assert {
    condition = (
      aws_scheduler_schedule.this.target[0].input
      == "{\"overlap_hours\":48,\"scheduled_time\":\"<aws.scheduler.scheduled-time>\"}"
    )
    error_message = "The scheduler does not know this word: ${aws_scheduler_schedule.this.target[0].input}"
  }

  assert {
    condition = (
      aws_scheduler_schedule.this.schedule_expression_timezone == "Europe/London" &&
      aws_scheduler_schedule.this.flexible_time_window[0].mode == "OFF" &&
      aws_scheduler_schedule.this.target[0].retry_policy[0].maximum_event_age_in_seconds == 3600
    )
    error_message = "Another zone, window or retry than asked for."
  }
}

run "errors_and_silence_tell_somebody" {
  command = apply

  assert {
    condition = toset([
      for alarm in aws_cloudwatch_metric_alarm.fault : alarm.metric_name
    ]) == toset(["Errors", "Throttles", "DestinationDeliveryFailures"])
    error_message = "A fault has no alarm."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.silence.treat_missing_data == "breaching" &&
      aws_cloudwatch_metric_alarm.silence.comparison_operator == "LessThanThreshold" &&
      aws_cloudwatch_metric_alarm.silence.evaluation_periods == 3
    )
    error_message = "A function that never runs stays unnoticed."
  }

  assert {
    condition = alltrue([
      for alarm in concat(
        values(aws_cloudwatch_metric_alarm.fault),
        [aws_cloudwatch_metric_alarm.given_up, aws_cloudwatch_metric_alarm.silence],
      ) : alarm.alarm_actions == toset([var.alarm_topic_arn])
    ])
    error_message = "An alarm tells nobody."
  }
}

run "in_a_network_it_may_make_its_interface" {
  command = plan

  variables {
    reserved_concurrency = null
    vpc = {
      subnet_ids         = ["subnet-0a", "subnet-0b"]
      security_group_ids = ["sg-0c"]
    }
  }

  assert {
    condition = (
      aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-0a", "subnet-0b"]) &&
      length(aws_iam_role_policy.network) == 1
    )
    error_message = "It would not start in this network."
  }
}

run "a_secret_in_a_setting_is_refused" {
  command = plan

  variables {
    environment = { DATABASE_URL = "postgresql://etl:${uuid()}@db.example.org/levels" }
  }

  expect_failures = [var.environment]
}

run "a_password_by_name_is_refused" {
  command = plan

  variables {
    environment = { PGPASSWORD = uuid() }
  }

  expect_failures = [var.environment]
}

run "a_policy_for_everything_is_refused" {
  command = plan

  variables {
    policy_json = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
    })
  }

  expect_failures = [var.policy_json]
}

run "an_hour_is_no_function" {
  command = plan

  variables {
    timeout_s = 3600
  }

  expect_failures = [var.timeout_s]
}

run "a_hash_in_hexadecimal_is_refused" {
  command = plan

  variables {
    package_hash = sha256("")
  }

  expect_failures = [var.package_hash]
}
