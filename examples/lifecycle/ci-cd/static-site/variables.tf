variable "name" {
  description = "Name of the bucket, and the beginning of every other name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,46}[a-z0-9]$", var.name))
    error_message = "name: 3 to 48 lower-case letters, digits and hyphens, as S3 wants it."
  }
}

# --8<-- [start:allowed-networks]
variable "allowed_networks" {
  description = <<-EOT
    Who may read the site: the public addresses that your networks go out with, as CIDRs.
    There is no default. An empty list denies everybody.
  EOT
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for network in var.allowed_networks : can(cidrhost(network, 0))])
    error_message = "allowed_networks: each entry is a CIDR, such as 203.0.113.0/24."
  }

  validation {
    condition = alltrue([
      for network in var.allowed_networks :
      try(tonumber(split("/", network)[1]), 0) >= (strcontains(network, ":") ? 32 : 16)
    ])
    error_message = "allowed_networks: wider than /16 (IPv6: /32) is no council's network."
  }

  validation {
    condition = alltrue([
      for network in var.allowed_networks :
      !can(regex("^(10|192[.]168|172[.](1[6-9]|2[0-9]|3[01]))[.]", network))
    ])
    error_message = "allowed_networks: CloudFront sees public addresses only, not private ones."
  }

  validation {
    condition     = length(var.allowed_networks) <= 50
    error_message = "allowed_networks: 50 at most, for each request is compared with each."
  }
}
# --8<-- [end:allowed-networks]

variable "content_security_policy" {
  description = <<-EOT
    The Content-Security-Policy header. The default is what only a header can say: it fits
    pages that carry their own policy for scripts. Give a whole one if yours do not.
  EOT
  type        = string
  nullable    = false
  default     = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"

  validation {
    condition     = strcontains(var.content_security_policy, "frame-ancestors 'none'")
    error_message = "content_security_policy: keep frame-ancestors 'none'."
  }
}

variable "domain" {
  description = <<-EOT
    A name of your own and its certificate, which CloudFront wants from us-east-1. Without
    it the site has a name under cloudfront.net, and CloudFront accepts TLS 1.0 there.
  EOT
  type        = object({ name = string, certificate_arn = string })
  default     = null

  validation {
    condition = (
      var.domain == null ||
      can(regex("^arn:aws:acm:us-east-1:[0-9]{12}:certificate/", var.domain.certificate_arn))
    )
    error_message = "domain.certificate_arn: a certificate of ACM in us-east-1."
  }
}

variable "log_bucket_domain_name" {
  description = <<-EOT
    Bucket for CloudFront's access logs, such as our-logs.s3.amazonaws.com; none if null.
    The logs hold the addresses of readers: say who may see them, and for how long.
  EOT
  type        = string
  default     = null
}

# --8<-- [start:subject]
variable "github_repository" {
  description = <<-EOT
    The one repository that may deploy: owner@ID/name@ID, or owner/name if its tokens
    still have the old form. `gh api repos/owner/name` prints both numbers as "id".
  EOT
  type        = string
  nullable    = false

  validation {
    condition = can(regex(
      "^[A-Za-z0-9-]+(@[0-9]+/[A-Za-z0-9._-]+@[0-9]+|/[A-Za-z0-9._-]+)$",
      var.github_repository
    ))
    error_message = "github_repository: one repository, without wildcards: owner@1/name@2."
  }
}

variable "github_environment" {
  description = "The one environment of that repository whose jobs may deploy."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+$", var.github_environment))
    error_message = "github_environment: one environment, without wildcards."
  }
}
# --8<-- [end:subject]

variable "github_oidc_provider_arn" {
  description = "The account's OIDC provider for GitHub. An account has one for all its roles."
  type        = string
  nullable    = false

  validation {
    condition = can(regex(
      "^arn:aws:iam::[0-9]{12}:oidc-provider/token[.]actions[.]githubusercontent[.]com$",
      var.github_oidc_provider_arn
    ))
    error_message = "github_oidc_provider_arn: the ARN of token.actions.githubusercontent.com."
  }
}
