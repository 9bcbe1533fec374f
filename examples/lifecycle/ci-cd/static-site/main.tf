# A private static site: S3 behind CloudFront, for the networks that you name.
#
# Everything lies in the provider's region, eu-west-2. Only the certificate of a domain of
# your own has to come from us-east-1, and that is made elsewhere.

locals {
  issuer = "token.actions.githubusercontent.com"
}

# --8<-- [start:bucket]
resource "aws_s3_bucket" "site" {
  bucket = var.name
}

resource "aws_s3_bucket_public_access_block" "site" {
  bucket                  = aws_s3_bucket.site.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "site" {
  bucket = aws_s3_bucket.site.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "site" {
  bucket = aws_s3_bucket.site.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# A deployment that went wrong can be undone: what it replaced stays for 90 days.
resource "aws_s3_bucket_versioning" "site" {
  bucket = aws_s3_bucket.site.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "site" {
  bucket     = aws_s3_bucket.site.id
  depends_on = [aws_s3_bucket_versioning.site]

  rule {
    id     = "forget-replaced-versions"
    status = "Enabled"
    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}
# --8<-- [end:bucket]

# --8<-- [start:bucket-policy]
resource "aws_s3_bucket_policy" "site" {
  bucket = aws_s3_bucket.site.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ThisDistributionReads"
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = "s3:GetObject"
        Resource  = "${aws_s3_bucket.site.arn}/*"
        Condition = {
          StringEquals = { "AWS:SourceArn" = aws_cloudfront_distribution.site.arn }
        }
      },
      { # Without it S3 answers 403 where it means 404. Nobody can list: / is index.html.
        Sid       = "ThisDistributionLearnsWhatIsMissing"
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = "s3:ListBucket"
        Resource  = aws_s3_bucket.site.arn
        Condition = {
          StringEquals = { "AWS:SourceArn" = aws_cloudfront_distribution.site.arn }
        }
      },
      {
        Sid       = "NothingWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.site.arn, "${aws_s3_bucket.site.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.site]
}
# --8<-- [end:bucket-policy]

# --8<-- [start:viewer-access]
# Why a function, and not AWS WAF with a set of addresses and "block" as its default:
#
# - It can be tested: the tests of this page run it, as Terraform fills it in, for every
#   branch. No emulator evaluates WAF rules.
# - It is needed anyway, to find /dir/index.html.
# - It has no monthly price, and it lives in this region's configuration. A web ACL for
#   CloudFront costs a fee for itself and for each rule, and has to be in us-east-1.
# - If it fails, CloudFront answers 503, not with the site.
#
# AWS does not say what becomes of a request whose function takes too long. 50 networks
# keep this one far from that. Add WAF all the same for what is confidential; and take it
# instead for more networks, for rate limits, or if your security team keeps the list: an
# IP set holds 10,000 addresses, a function 10 kB with its code.
resource "aws_cloudfront_function" "viewer_request" {
  name    = "${var.name}-viewer-request"
  comment = "Lets the allowed networks in, finds /dir/index.html"
  runtime = "cloudfront-js-2.0"
  publish = true

  # The file as it stands denies everybody, so a line that is not found cannot open it.
  code = replace(
    file("${path.module}/function/viewer-request.js"),
    "var ALLOWED_NETWORKS = [];",
    "var ALLOWED_NETWORKS = ${jsonencode(var.allowed_networks)};"
  )
}
# --8<-- [end:viewer-access]

# --8<-- [start:headers]
resource "aws_cloudfront_response_headers_policy" "site" {
  name    = "${var.name}-headers"
  comment = "Security headers; no search engine may list the site"

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = 31536000 # a year
      include_subdomains         = true
      override                   = true
    }

    content_type_options {
      override = true
    }

    content_security_policy {
      content_security_policy = var.content_security_policy
      override                = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      referrer_policy = "same-origin"
      override        = true
    }
  }

  custom_headers_config {
    items {
      header   = "X-Robots-Tag"
      value    = "noindex, nofollow"
      override = true
    }

    items {
      header   = "Permissions-Policy"
      value    = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
      override = true
    }
  }
}
# --8<-- [end:headers]

# --8<-- [start:distribution]
resource "aws_cloudfront_origin_access_control" "site" {
  name                              = var.name
  description                       = "Signs what this distribution asks of the bucket"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "site" {
  comment             = var.name
  enabled             = true
  default_root_object = "index.html"
  http_version        = "http2and3"
  price_class         = "PriceClass_100" # Europe and North America
  aliases             = var.domain == null ? [] : [var.domain.name]

  # A browser prefers IPv6, and would be denied if no IPv6 network is allowed.
  is_ipv6_enabled = anytrue([for network in var.allowed_networks : strcontains(network, ":")])

  origin {
    origin_id                = "bucket"
    domain_name              = aws_s3_bucket.site.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.site.id
  }

  # The only behaviour: one more would need the function as well, or be open to all.
  default_cache_behavior {
    target_origin_id           = "bucket"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = "658327ea-f89d-4fab-a63d-7e88639e58f6" # CachingOptimized
    response_headers_policy_id = aws_cloudfront_response_headers_policy.site.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.viewer_request.arn
    }
  }

  custom_error_response {
    error_code            = 404
    response_code         = 404
    response_page_path    = "/404.html"
    error_caching_min_ttl = 60
  }

  viewer_certificate {
    acm_certificate_arn            = try(var.domain.certificate_arn, null)
    cloudfront_default_certificate = var.domain == null
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021"
    ssl_support_method             = var.domain == null ? null : "sni-only"
  }

  restrictions {
    geo_restriction {
      restriction_type = "none" # the networks are narrower than any country
    }
  }

  dynamic "logging_config" {
    for_each = var.log_bucket_domain_name == null ? [] : [var.log_bucket_domain_name]

    content {
      bucket          = logging_config.value
      prefix          = "${var.name}/"
      include_cookies = false
    }
  }
}
# --8<-- [end:distribution]

# --8<-- [start:deploy-role]
resource "aws_iam_role" "deploy" {
  name                 = "${var.name}-deploy"
  description          = "Jobs of one GitHub environment put the site into its bucket"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = var.github_oidc_provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = "repo:${var.github_repository}:environment:${var.github_environment}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "deploy" {
  name = "deploy"
  role = aws_iam_role.deploy.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:DeleteObject"]
        Resource = "${aws_s3_bucket.site.arn}/*"
      },
      {
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.site.arn
      },
      {
        Effect   = "Allow"
        Action   = "cloudfront:CreateInvalidation"
        Resource = aws_cloudfront_distribution.site.arn
      },
    ]
  })
}
# --8<-- [end:deploy-role]
