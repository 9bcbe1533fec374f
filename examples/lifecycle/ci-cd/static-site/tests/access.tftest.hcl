# `terraform test` needs no account and no network: the provider is a mock.

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
  allowed_networks         = ["203.0.113.0/24", "2001:db8:1::/48"]
  github_repository        = "example-council@1234/guidance@5678"
  github_environment       = "production"
  github_oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
}

run "the_function_knows_the_networks" {
  command = plan

  assert {
    condition = strcontains(
      aws_cloudfront_function.viewer_request.code,
      "var ALLOWED_NETWORKS = [\"203.0.113.0/24\",\"2001:db8:1::/48\"];"
    )
    error_message = "The function was not filled in."
  }

  assert {
    condition     = aws_cloudfront_distribution.site.is_ipv6_enabled
    error_message = "An IPv6 network is allowed, but nobody comes by IPv6."
  }
}

run "an_empty_list_denies_everybody" {
  command = plan

  variables {
    allowed_networks = []
  }

  assert {
    condition = strcontains(
      aws_cloudfront_function.viewer_request.code, "var ALLOWED_NETWORKS = [];"
    )
    error_message = "The function lets somebody in."
  }
}

run "the_whole_internet_is_refused" {
  command = plan

  variables {
    allowed_networks = ["0.0.0.0/0"]
  }

  expect_failures = [var.allowed_networks]
}

run "the_whole_internet_by_ipv6_is_refused" {
  command = plan

  variables {
    allowed_networks = ["203.0.113.0/24", "::/0"]
  }

  expect_failures = [var.allowed_networks]
}

run "the_internet_in_two_halves_is_refused" {
  command = plan

  variables {
    allowed_networks = ["0.0.0.0/1", "128.0.0.0/1"]
  }

  expect_failures = [var.allowed_networks]
}

run "a_private_network_is_refused" {
  command = plan

  variables {
    allowed_networks = ["172.20.0.0/16"]
  }

  expect_failures = [var.allowed_networks]
}

run "an_address_without_a_prefix_is_refused" {
  command = plan

  variables {
    allowed_networks = ["203.0.113.7"]
  }

  expect_failures = [var.allowed_networks]
}

run "frames_and_certificates_of_other_regions_are_refused" {
  command = plan

  variables {
    content_security_policy = "default-src 'self'"

    domain = {
      name            = "guidance.example.gov.uk"
      certificate_arn = "arn:aws:acm:eu-west-2:111122223333:certificate/example"
    }
  }

  expect_failures = [var.content_security_policy, var.domain]
}
