resource "aws_cloudwatch_log_group" "pipeline" {
  name              = "/river-levels/${var.environment}/pipeline"
  retention_in_days = 30
}

resource "aws_cloudwatch_log_group" "audit" {
  name              = "/river-levels/${var.environment}/audit"
  retention_in_days = 365
}

resource "aws_sns_topic" "alerts" {
  name = "river-levels-${var.environment}-alerts"
}

# --8<-- [start:no_run]
resource "aws_cloudwatch_metric_alarm" "no_run" {
  alarm_name        = "river-levels-${var.environment}-no-run"
  alarm_description = "No run succeeded for two hours. ${var.runbook_url}#the-figures-are-old"

  namespace           = "RiverLevels"
  metric_name         = "RunSucceeded"
  dimensions          = { Environment = var.environment }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 2
  datapoints_to_alarm = 2
  comparison_operator = "LessThanThreshold"
  threshold           = 1

  # A run that never started sends nothing at all.
  treat_missing_data = "breaching"

  alarm_actions = [aws_sns_topic.alerts.arn]
  ok_actions    = [aws_sns_topic.alerts.arn]
}
# --8<-- [end:no_run]
