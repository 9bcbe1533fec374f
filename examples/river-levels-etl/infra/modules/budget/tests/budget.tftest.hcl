mock_provider "aws" {}

variables {
  service     = "river-levels-etl"
  environment = "test"
  usd         = 100
  topic_arn   = "arn:aws:sns:eu-west-2:111122223333:river-levels-alarms"
}

run "people_hear_before_the_money_is_gone" {
  command = plan

  assert {
    condition = toset([
      for notice in aws_budgets_budget.month.notification :
      "${notice.notification_type} ${notice.threshold}"
    ]) == toset(["ACTUAL 50", "ACTUAL 80", "ACTUAL 100", "FORECASTED 100"])
    error_message = "A notice is missing."
  }

  assert {
    condition = contains(
      flatten([for f in aws_budgets_budget.month.cost_filter : f.values]),
      "user:Service$river-levels-etl"
    )
    error_message = "It counts what others spend."
  }
}
