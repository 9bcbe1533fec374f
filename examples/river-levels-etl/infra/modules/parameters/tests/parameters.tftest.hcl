mock_provider "aws" {}

variables {
  name = "river-levels-test"
}

run "clear_text_is_refused" {
  command = plan

  assert {
    condition = contains([
      for parameter in aws_db_parameter_group.this.parameter :
      "${parameter.name}=${parameter.value}"
    ], "rds.force_ssl=1")
    error_message = "The server talks in clear text to whoever asks."
  }
}

run "the_family_follows_the_version" {
  command = plan

  variables {
    major_version = 17
  }

  assert {
    condition = (
      aws_db_parameter_group.this.family == "postgres17" &&
      aws_db_parameter_group.this.name == "river-levels-test-17"
    )
    error_message = "RDS refuses a group of another version."
  }
}

run "old_versions_are_refused" {
  command = plan

  variables {
    major_version = 13
  }

  expect_failures = [var.major_version]
}
