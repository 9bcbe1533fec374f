# `terraform test` needs no account and no network: the provider is a mock.

mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::river-levels-data-raw-development-000000000000" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name = "river-levels-data-raw-development-000000000000"
}

run "it_is_closed_and_keeps_old_versions" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "It can be made public."
  }

  assert {
    condition = (
      aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerEnforced"
    )
    error_message = "It has ACLs."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "What is overwritten is gone."
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy != true
    error_message = "Terraform may destroy it with everything in it."
  }

  assert {
    condition     = one(aws_s3_bucket_notification.this).eventbridge
    error_message = "Nobody learns of new objects."
  }
}

run "it_ages_as_told" {
  command = plan

  variables {
    ia_after_days     = 45
    noncurrent_days   = 30
    expire_after_days = 365
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id
    ] == ["tidy", "cool", "expire"]
    error_message = "A rule is missing."
  }

  assert {
    condition = (
      aws_s3_bucket_lifecycle_configuration.this.rule[0]
      .abort_incomplete_multipart_upload[0].days_after_initiation == 7
    )
    error_message = "Uploads that broke off stay, and are paid for."
  }

  assert {
    condition = (
      aws_s3_bucket_lifecycle_configuration.this.rule[2].expiration[0].days == 365
    )
    error_message = "It keeps objects for another time."
  }
}

run "by_default_nothing_expires" {
  command = plan

  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id
    ] == ["tidy", "cool"]
    error_message = "Somebody's data go, and nobody said so."
  }
}

run "a_key_of_our_own_encrypts" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-2:000000000000:key/example"
  }

  assert {
    condition = one(
      aws_s3_bucket_server_side_encryption_configuration.this.rule
    ).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
    error_message = "It is not encrypted by the key."
  }
}

run "clear_text_and_other_organisations_are_denied" {
  command = plan

  variables {
    organization_id = "o-a1b2c3d4e5"
  }

  assert {
    condition = [
      for statement in data.aws_iam_policy_document.this.statement :
      "${statement.effect} ${statement.sid}"
    ] == ["Deny NothingWithoutTls", "Deny NobodyFromOutside"]
    error_message = "A statement is missing."
  }
}

run "a_name_without_environment_and_account_is_refused" {
  command = plan

  variables {
    name = "river-levels-data-raw"
  }

  expect_failures = [var.name]
}

run "an_alias_is_refused" {
  command = plan

  variables {
    kms_key_arn     = "arn:aws:kms:eu-west-2:000000000000:alias/data"
    organization_id = "*"
  }

  expect_failures = [var.kms_key_arn, var.organization_id]
}

run "days_that_s3_would_refuse_are_refused" {
  command = plan

  variables {
    ia_after_days   = 7
    noncurrent_days = 1
  }

  expect_failures = [var.ia_after_days, var.noncurrent_days]
}

run "nothing_expires_before_it_moves" {
  command = plan

  variables {
    expire_after_days = 90
  }

  expect_failures = [var.expire_after_days]
}
