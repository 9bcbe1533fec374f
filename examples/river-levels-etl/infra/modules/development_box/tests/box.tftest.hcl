# `terraform test` needs no account and no network: the provider is a mock.

mock_provider "aws" {
  mock_data "aws_ssm_parameter" {
    defaults = { insecure_value = "ami-00000000000000000" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }
  mock_resource "aws_instance" {
    defaults = { arn = "arn:aws:ec2:eu-west-2:000000000000:instance/i-00000000000000000" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::000000000000:role/river-levels-box-sam-stop" }
  }
}

variables {
  name        = "river-levels-box-sam"
  vpc_id      = "vpc-00000000000000000"
  subnet_id   = "subnet-00000000000000000"
  policy_arns = ["arn:aws:iam::000000000000:policy/RiverLevelsDevelopmentPolicy"]
  tags        = { Owner = "sam@council.example", Environment = "development" }
}

run "nobody_reaches_it" {
  command = plan

  assert {
    condition     = aws_instance.this.associate_public_ip_address == false
    error_message = "It has a public address."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.https.from_port == 443
    error_message = "More than HTTPS goes out."
  }
}

run "it_is_hardened" {
  command = plan

  assert {
    condition     = aws_instance.this.metadata_options[0].http_tokens == "required"
    error_message = "IMDSv1 hands its credentials to any request that code can be talked into."
  }

  assert {
    condition     = aws_instance.this.root_block_device[0].encrypted
    error_message = "A snapshot of its disk can be read."
  }

  assert {
    condition     = aws_instance.this.ami == "ami-00000000000000000"
    error_message = "It is not made from the newest image."
  }
}

run "it_says_whose_it_is_and_when_it_stops" {
  command = plan

  assert {
    condition = aws_instance.this.tags == tomap({
      Name        = "river-levels-box-sam"
      AutoStop    = "19:00 Europe/London"
      Owner       = "sam@council.example"
      Environment = "development"
    })
    error_message = "A tag is missing."
  }

  assert {
    condition = (
      aws_scheduler_schedule.stop.schedule_expression == "cron(0 19 * * ? *)" &&
      aws_scheduler_schedule.stop.schedule_expression_timezone == "Europe/London"
    )
    error_message = "It does not stop at 19:00 in London."
  }
}

run "the_schedule_may_stop_this_box_alone" {
  command = apply

  assert {
    condition = jsondecode(aws_iam_role_policy.stop.policy).Statement == [{
      Effect   = "Allow"
      Action   = "ec2:StopInstances"
      Resource = "arn:aws:ec2:eu-west-2:000000000000:instance/i-00000000000000000"
    }]
    error_message = "It may do something else."
  }

  assert {
    condition = [
      for attached in aws_iam_role_policy_attachment.work : attached.policy_arn
    ] == ["arn:aws:iam::000000000000:policy/RiverLevelsDevelopmentPolicy"]
    error_message = "The role has other policies."
  }
}

run "a_policy_that_allows_everything_is_refused" {
  command = plan

  variables {
    policy_arns = ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]
  }

  expect_failures = [var.policy_arns]
}

run "odd_names_and_disks_are_refused" {
  command = plan

  variables {
    name     = "Sam's box"
    disk_gib = 2000
  }

  expect_failures = [var.name, var.disk_gib]
}
