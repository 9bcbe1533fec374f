# --8<-- [start:network]
resource "aws_security_group" "this" {
  name   = "launch-wizard-1"
  vpc_id = var.vpc_id

  dynamic "ingress" {
    for_each = [22, 8080] # to log in, and to see Airflow

    content {
      protocol    = "tcp"
      from_port   = ingress.value
      to_port     = ingress.value
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}
# --8<-- [end:network]

# --8<-- [start:box]
resource "aws_instance" "this" {
  ami                         = "ami-0123456789abcdef0"
  instance_type               = "t3.medium"
  subnet_id                   = var.subnet_id
  vpc_security_group_ids      = [aws_security_group.this.id]
  associate_public_ip_address = true
  key_name                    = "sam"
  iam_instance_profile        = aws_iam_instance_profile.this.name

  root_block_device {
    volume_size = 30
  }
}
# --8<-- [end:box]

# --8<-- [start:role]
resource "aws_iam_role" "this" {
  name = "ec2"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
}

resource "aws_iam_instance_profile" "this" {
  role = aws_iam_role.this.name
}

resource "aws_iam_user" "sam" {
  name = "sam"
}

resource "aws_iam_access_key" "sam" { # for `aws configure`
  user = aws_iam_user.sam.name
}
# --8<-- [end:role]

# --8<-- [start:stop]
resource "aws_cloudwatch_event_rule" "stop" {
  name                = "stop"
  schedule_expression = "cron(0 18 * * ? *)" # 19:00, as tried in June
}
# --8<-- [end:stop]

variable "vpc_id" {
  type = string
}

variable "subnet_id" {
  type = string
}

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}
