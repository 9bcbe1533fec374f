terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

# --8<-- [start:log_group]
resource "aws_cloudwatch_log_group" "pipeline" {
  name = "/river-levels/development/pipeline"
}
# --8<-- [end:log_group]

# --8<-- [start:alarm]
resource "aws_cloudwatch_metric_alarm" "no_run" {
  alarm_name          = "river-levels-no-run"
  namespace           = "RiverLevels"
  metric_name         = "RunSucceeded"
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 2
  comparison_operator = "LessThanThreshold"
  threshold           = 1
}
# --8<-- [end:alarm]
