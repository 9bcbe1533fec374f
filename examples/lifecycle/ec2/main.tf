# --8<-- [start:box]
# Your box. Copy modules/development_box along.
module "box" {
  source = "./modules/development_box"

  name        = "river-levels-box-sam"
  vpc_id      = var.vpc_id
  subnet_id   = var.subnet_id
  policy_arns = [aws_iam_policy.work.arn]
  tags        = { Owner = "sam@council.example", Environment = "development" }
}

output "instance_id" {
  value = module.box.instance_id
}
# --8<-- [end:box]

# --8<-- [start:work]
resource "aws_iam_policy" "work" {
  name = "RiverLevelsDevelopmentPolicy"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = "arn:aws:s3:::river-levels-data-raw-development-000000000000/raw/*"
    }]
  })
}
# --8<-- [end:work]

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_id" {
  description = "A private subnet of it."
  type        = string
}

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}
