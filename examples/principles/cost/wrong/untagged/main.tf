provider "aws" {
  region = "eu-west-2"
}

resource "aws_s3_bucket" "raw" {
  bucket = "river-levels-data-raw-development-123456789012"

  tags = {
    service = "river-levels-etl"
    Owner   = ""
  }
}

resource "aws_cloudwatch_log_group" "pipeline" {
  name = "/river-levels-etl/development"
}

resource "aws_eip" "way_out" {
  domain = "vpc"
}

resource "aws_nat_gateway" "way_out" {
  allocation_id = aws_eip.way_out.id
  subnet_id     = "subnet-0123456789abcdef0"
}
