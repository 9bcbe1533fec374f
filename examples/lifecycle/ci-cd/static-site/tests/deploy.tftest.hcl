# Who may deploy, and what a deployment may do.

mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::guidance-site" }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::111122223333:distribution/EXAMPLE" }
  }
  mock_resource "aws_cloudfront_function" {
    defaults = { arn = "arn:aws:cloudfront::111122223333:function/viewer-request" }
  }
}

variables {
  name                     = "guidance-site"
  allowed_networks         = []
  github_repository        = "example-council@1234/guidance@5678"
  github_environment       = "production"
  github_oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
}

run "one_environment_of_one_repository_deploys" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.deploy.assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:example-council@1234/guidance@5678:environment:production"
      }
    }
    error_message = "Somebody else could take the role."
  }
}

run "it_may_do_nothing_but_deploy" {
  command = apply

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.deploy.policy).Statement :
      [for action in flatten([statement.Action]) : "${action} on ${statement.Resource}"]
      ])) == toset([
      "s3:PutObject on arn:aws:s3:::guidance-site/*",
      "s3:DeleteObject on arn:aws:s3:::guidance-site/*",
      "s3:ListBucket on arn:aws:s3:::guidance-site",
      "cloudfront:CreateInvalidation on arn:aws:cloudfront::111122223333:distribution/EXAMPLE",
    ])
    error_message = "The role may do something else."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.site.policy).Statement :
      statement.Effect == "Deny" || statement.Condition == {
        StringEquals = {
          "AWS:SourceArn" = "arn:aws:cloudfront::111122223333:distribution/EXAMPLE"
        }
      }
    ])
    error_message = "Somebody besides this distribution reads the bucket."
  }
}

run "wildcards_are_refused" {
  command = plan

  variables {
    github_repository        = "example-council/*"
    github_environment       = "*"
    github_oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/*"
  }

  expect_failures = [
    var.github_repository,
    var.github_environment,
    var.github_oidc_provider_arn,
  ]
}

run "a_repository_with_half_of_its_numbers_is_refused" {
  command = plan

  variables {
    github_repository = "example-council@1234/guidance"
  }

  expect_failures = [var.github_repository]
}
