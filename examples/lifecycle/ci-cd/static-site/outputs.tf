output "bucket" {
  description = "For the repository variable SITE_BUCKET."
  value       = aws_s3_bucket.site.bucket
}

output "distribution_id" {
  description = "For the repository variable SITE_DISTRIBUTION."
  value       = aws_cloudfront_distribution.site.id
}

output "deploy_role_arn" {
  description = "For the repository variable SITE_DEPLOY_ROLE."
  value       = aws_iam_role.deploy.arn
}

output "url" {
  description = "Where the site is; point your own domain's record at the second name."
  value       = "https://${var.domain == null ? aws_cloudfront_distribution.site.domain_name : var.domain.name}/"
}

output "cloudfront_domain_name" {
  description = "CloudFront's own name of the distribution."
  value       = aws_cloudfront_distribution.site.domain_name
}
