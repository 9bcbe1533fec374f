# `terraform test` needs no account and no network: the provider is a mock.

# --8<-- [start:mock]
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\": \"2012-10-17\", \"Statement\": []}" }
  }
}

variables {
  environment       = "production"
  manifest          = "tests/fixtures/manifest.yml"
  package           = "tests/fixtures/manifest.yml" # any file has a hash
  vpc_cidr          = "10.20.2.0/24"
  alarm_emails      = []
  database_class    = "db.m7g.large"
  github_repository = "example-council@1001/river-levels-etl@2001"

  database_backups_days = 35
}

run "a_bucket_for_each_zone" {
  command = plan

  assert {
    condition = (
      keys(module.zone) == ["landing", "raw", "refined", "trusted"] &&
      module.zone["raw"].bucket == "river-levels-data-raw-production-111122223333"
    )
    error_message = "A zone is missing, or has another name."
  }
}
# --8<-- [end:mock]

run "production_is_closed_kept_and_without_extras" {
  command = plan

  assert {
    condition = (
      output.tags.Owner == "Data team" && output.tags.LGSL == "4321" &&
      output.tags.Environment == "production"
    )
    error_message = "The tags say something else than the manifest."
  }

  assert {
    condition     = output.schedule == "cron(22 5 * * ? *)"
    error_message = "The schedule is not the manifest's."
  }

  assert {
    condition = (
      !aws_db_instance.this.publicly_accessible &&
      aws_db_instance.this.storage_encrypted &&
      aws_db_instance.this.manage_master_user_password
    )
    error_message = "The database is open, or its password stands in the state."
  }

  assert {
    condition = (
      aws_db_instance.this.deletion_protection &&
      !aws_db_instance.this.skip_final_snapshot &&
      aws_db_instance.this.backup_retention_period == 35
    )
    error_message = "The database could be lost."
  }

  assert {
    condition = jsondecode(aws_iam_role.deploy.assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = [
          "repo:example-council@1001/river-levels-etl@2001:environment:production",
          "repo:example-council/river-levels-etl:environment:production",
        ]
      }
    }
    error_message = "Somebody else could take the role."
  }

  assert {
    condition = (
      length(module.warehouse) + length(module.budget) + length(module.box) == 0
    )
    error_message = "Something is paid for that nobody asked for."
  }
}

run "all_options_fit_together" {
  command = plan

  variables {
    environment           = "development"
    database_backups_days = 7
    boxes                 = ["sam", "kim"]
    budget_usd            = 100
    warehouse             = { base_rpu = 8, rpu_hours_a_day = 16 }
    alarm_emails          = ["data@council.example"]
  }


  assert {
    condition = (
      length(aws_vpc_security_group_ingress_rule.database) == 3 &&
      module.warehouse[0].workgroup_name == "river-levels-development" &&
      length(module.budget) == 1
    )
    error_message = "An option is missing."
  }
}

# --8<-- [start:refused]
run "what_must_not_be_is_refused" {
  command = plan

  variables {
    region                = "us-east-1"
    github_repository     = "example-council@1001/*"
    database_backups_days = 7
    boxes                 = ["sam"]
  }

  expect_failures = [
    var.region,
    var.github_repository,
    var.database_backups_days,
    var.boxes,
  ]
}

run "an_unfinished_manifest_is_refused" {
  command = plan

  variables {
    manifest = "tests/fixtures/unfinished.yml"
  }

  expect_failures = [output.tags, output.schedule]
}
# --8<-- [end:refused]
