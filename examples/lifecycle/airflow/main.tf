# Airflow as a service (MWAA) in private subnets, with a role of its own.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region      = "eu-west-2"
  max_retries = 2
}

variable "account_id" {
  description = "The account, which ends every bucket's name."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "Two private subnets in two zones, with a way to S3."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) == 2
    error_message = "MWAA wants exactly two subnets, each in a zone of its own."
  }
}

locals {
  name    = "river-levels-etl-production"
  place   = "river-levels-assets-dags-production-${var.account_id}"
  bucket  = "arn:aws:s3:::${local.place}"
  secret  = "/river-levels-etl/airflow"
  from    = "airflow.providers.amazon.aws.secrets.secrets_manager"
  here    = "eu-west-2:${var.account_id}"
  logs    = "arn:aws:logs:${local.here}:log-group"
  secrets = "arn:aws:secretsmanager:${local.here}:secret"
}

# --8<-- [start:environment]
resource "aws_mwaa_environment" "this" {
  name                  = local.name
  airflow_version       = "3.3.1" # the newest that MWAA has, not that exists
  environment_class     = "mw1.micro"
  source_bucket_arn     = local.bucket
  dag_s3_path           = "dags"
  requirements_s3_path  = "requirements.txt"
  execution_role_arn    = aws_iam_role.this.arn
  webserver_access_mode = "PRIVATE_ONLY"

  airflow_configuration_options = {
    "core.load_examples" = "False"
    "secrets.backend"    = "${local.from}.SecretsManagerBackend"
    "secrets.backend_kwargs" = jsonencode({
      connections_prefix = "${local.secret}/connections"
      variables_prefix   = "${local.secret}/variables"
    })
  }

  network_configuration {
    subnet_ids         = var.subnet_ids
    security_group_ids = [aws_security_group.this.id]
  }

  logging_configuration {
    dag_processing_logs {
      enabled   = true
      log_level = "WARNING"
    }
    scheduler_logs {
      enabled   = true
      log_level = "WARNING"
    }
    task_logs {
      enabled   = true
      log_level = "INFO"
    }
  }
}
# --8<-- [end:environment]

resource "aws_security_group" "this" {
  name        = local.name
  description = "Airflow's parts talk to each other, and out"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "itself" {
  description                  = "Its own parts"
  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "-1"
}

resource "aws_vpc_security_group_egress_rule" "https" {
  description       = "The source, and the services of AWS"
  security_group_id = aws_security_group.this.id
  cidr_ipv4         = "0.0.0.0/0"
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
}

# --8<-- [start:role]
resource "aws_iam_role" "this" {
  name = "RiverLevelsAirflowRole"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = "sts:AssumeRole"
      Principal = {
        Service = ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]
      }
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "RiverLevelsAirflowRolePolicy"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Metrics"
        Effect   = "Allow"
        Action   = "airflow:PublishMetrics"
        Resource = "arn:aws:airflow:${local.here}:environment/${local.name}"
      },
      {
        Sid      = "Dags"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = "${local.bucket}/*"
      },
      {
        Sid      = "DagsBucket"
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:GetBucketPublicAccessBlock"]
        Resource = local.bucket
      },
      {
        Sid    = "Logs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogGroup", "logs:CreateLogStream",
          "logs:DescribeLogGroups", "logs:GetLogEvents", "logs:GetLogRecord",
          "logs:GetQueryResults", "logs:PutLogEvents",
        ]
        Resource = "${local.logs}:airflow-${local.name}-*"
      },
      {
        Sid    = "Queue" # in an account of AWS, whose number nobody knows
        Effect = "Allow"
        Action = [
          "sqs:ChangeMessageVisibility", "sqs:DeleteMessage",
          "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage",
          "sqs:SendMessage",
        ]
        Resource = "arn:aws:sqs:eu-west-2:*:airflow-celery-*"
      },
      {
        Sid      = "Secrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = "${local.secrets}:/river-levels-etl/*"
      },
    ]
  })
}
# --8<-- [end:role]
