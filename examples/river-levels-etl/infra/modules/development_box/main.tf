# A machine to develop on. Nobody can reach it: it reaches Session Manager.

locals {
  stop_hour = 19
  zone      = "Europe/London"

  tags = merge(var.tags, {
    Name     = var.name
    AutoStop = "${local.stop_hour}:00 ${local.zone}"
  })
}

# --8<-- [start:image]
data "aws_ssm_parameter" "image" {
  name = join("/", [
    "/aws/service/ami-amazon-linux-latest",
    "al2023-ami-kernel-default-x86_64",
  ])
}
# --8<-- [end:image]

data "aws_caller_identity" "this" {}

# --8<-- [start:group]
# No inbound rule, for any port, from anywhere: Session Manager needs none.
resource "aws_security_group" "this" {
  name        = var.name
  description = "Nothing comes in; HTTPS goes out"
  vpc_id      = var.vpc_id
  tags        = local.tags
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.this.id
  description       = "Systems Manager, packages, git, AWS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
# --8<-- [end:group]

# --8<-- [start:box]
resource "aws_instance" "this" {
  ami                         = data.aws_ssm_parameter.image.insecure_value
  instance_type               = var.instance_type
  subnet_id                   = var.subnet_id
  vpc_security_group_ids      = [aws_security_group.this.id]
  associate_public_ip_address = false
  iam_instance_profile        = aws_iam_instance_profile.this.name
  ebs_optimized               = true
  user_data                   = file("${path.module}/user_data.sh")
  user_data_replace_on_change = true
  tags                        = local.tags
  volume_tags                 = local.tags

  metadata_options {
    http_tokens                 = "required" # IMDSv2
    http_put_response_hop_limit = 1          # containers need 2
  }

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    volume_size = var.disk_gib
  }

  credit_specification {
    cpu_credits = "standard" # gets slow, not dear
  }

  # A newer image waits for: terraform apply -replace=…
  lifecycle {
    ignore_changes = [ami]
  }
}
# --8<-- [end:box]

# --8<-- [start:role]
resource "aws_iam_role" "this" {
  name = var.name
  tags = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "session_manager" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_role_policy_attachment" "work" {
  count = length(var.policy_arns)

  role       = aws_iam_role.this.name
  policy_arn = var.policy_arns[count.index]
}

resource "aws_iam_instance_profile" "this" {
  name = var.name
  role = aws_iam_role.this.name
  tags = local.tags
}
# --8<-- [end:role]

# --8<-- [start:stop]
resource "aws_scheduler_schedule" "stop" {
  name                         = "${var.name}-stop"
  description                  = "Stops the box in the evening"
  schedule_expression          = "cron(0 ${local.stop_hour} * * ? *)"
  schedule_expression_timezone = local.zone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:aws:scheduler:::aws-sdk:ec2:stopInstances"
    role_arn = aws_iam_role.stop.arn
    input    = jsonencode({ InstanceIds = [aws_instance.this.id] })

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }
  }
}
# --8<-- [end:stop]

resource "aws_iam_role" "stop" {
  name = "${var.name}-stop"
  tags = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.this.account_id }
      }
    }]
  })
}

resource "aws_iam_role_policy" "stop" {
  name = "stop-this-box"
  role = aws_iam_role.stop.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "ec2:StopInstances"
      Resource = aws_instance.this.arn
    }]
  })
}
