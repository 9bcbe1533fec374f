# A line for each new supplier, for years.
resource "aws_iam_policy" "read" {
  name = "RiverLevelsReadPolicy"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for number in range(80) : {
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = "arn:aws:s3:::river-levels-data-landing/supplier-${number}/*"
    }]
  })
}
