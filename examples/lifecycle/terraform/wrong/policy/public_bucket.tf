resource "aws_s3_bucket" "exports" {
  bucket = "river-levels-data-exports-development-111122223333"
}

# "So that the website can read it"
resource "aws_s3_bucket_public_access_block" "exports" {
  bucket                  = aws_s3_bucket.exports.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = false
  restrict_public_buckets = false
}
