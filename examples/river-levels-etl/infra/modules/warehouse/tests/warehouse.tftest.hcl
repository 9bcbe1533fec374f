mock_provider "aws" {}

variables {
  name            = "river-levels-test"
  kms_key_arn     = "arn:aws:kms:eu-west-2:111122223333:key/1"
  vpc_id          = "vpc-1"
  subnet_ids      = ["subnet-1", "subnet-2", "subnet-3"]
  rpu_hours_a_day = 16
}

run "nobody_reaches_it_from_outside_and_a_day_has_an_end" {
  command = plan

  assert {
    condition = (
      !aws_redshiftserverless_workgroup.this.publicly_accessible &&
      aws_redshiftserverless_workgroup.this.enhanced_vpc_routing
    )
    error_message = "It is open, or copies past our network."
  }

  assert {
    condition = (
      aws_redshiftserverless_usage_limit.day.amount == 16 &&
      aws_redshiftserverless_usage_limit.day.breach_action == "deactivate"
    )
    error_message = "A query that runs all night costs all night."
  }

  assert {
    condition     = aws_redshiftserverless_namespace.this.manage_admin_password
    error_message = "The password would stand in the state."
  }
}

run "no_limit_is_refused" {
  command = plan

  variables {
    rpu_hours_a_day = 0
  }

  expect_failures = [var.rpu_hours_a_day]
}
