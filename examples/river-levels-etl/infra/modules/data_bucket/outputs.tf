output "bucket" {
  description = "The bucket's name, known once its settings are made."
  value       = aws_s3_bucket.this.bucket
  depends_on  = [aws_s3_bucket_policy.this]
}

output "arn" {
  description = "For policies: objects are this and /*."
  value       = aws_s3_bucket.this.arn
}
