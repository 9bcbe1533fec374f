# The function that asks the source, keeps each reply, and loads it.

# --8<-- [start:function]
module "function" {
  source = "./modules/function"

  name         = local.function
  package      = "${path.module}/${var.package}"
  package_hash = filebase64sha256("${path.module}/${var.package}")
  handler      = "river_levels.handler.handler"
  timeout_s    = 600
  policy_json  = data.aws_iam_policy_document.run.json

  environment = {
    DATABASE_URL = join("", [
      "postgresql://", aws_db_instance.this.endpoint, "/",
      aws_db_instance.this.db_name, "?sslmode=verify-full",
    ])
    PGSSLROOTCERT                = "/var/task/global-bundle.pem"
    RIVER_LEVELS_BUCKET          = module.zone["raw"].bucket
    RIVER_LEVELS_CONTACT         = coalesce(var.contact, local.manifest.contact)
    RIVER_LEVELS_DATABASE_SECRET = aws_secretsmanager_secret.login.name
  }

  vpc = {
    subnet_ids         = [for subnet in aws_subnet.private : subnet.id]
    security_group_ids = [aws_security_group.function.id]
  }

  schedule_expression = local.schedule
  schedule_timezone   = local.manifest.schedule.timezone
  event               = { overlap_hours = local.manifest.schedule.overlap_hours }
  alarm_topic_arn     = aws_sns_topic.alarms.arn
}
# --8<-- [end:function]

locals {
  function = "${local.service}-run-${var.environment}"
}

# Empty: whoever makes the role in PostgreSQL writes its login in, as JSON.
resource "aws_secretsmanager_secret" "login" {
  name        = "/${local.service}/${var.environment}/database/login"
  description = "username and password of the role that loads"
  kms_key_id  = aws_kms_key.data.arn
}

resource "aws_security_group" "function" {
  name        = "${local.service}-${var.environment}-function"
  description = "Nothing comes in; HTTPS and PostgreSQL go out"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.function.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# --8<-- [start:permissions]
data "aws_iam_policy_document" "run" {
  statement {
    sid       = "ListsItsOwnPrefixes"
    actions   = ["s3:ListBucket"]
    resources = [module.zone["raw"].arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["raw/*", "exports/*"]
    }
  }

  statement {
    sid     = "ReadsAndWritesItsOwnObjects"
    actions = ["s3:GetObject", "s3:PutObject"]
    resources = [
      "${module.zone["raw"].arn}/raw/*",
      "${module.zone["raw"].arn}/exports/*",
    ]
  }

  statement {
    sid       = "ReadsItsLogin"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.login.arn]
  }

  statement {
    sid       = "UsesTheKeyThroughThem"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.data.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values = [
        "s3.${var.region}.amazonaws.com",
        "secretsmanager.${var.region}.amazonaws.com",
      ]
    }
  }

  statement {
    sid     = "HandsTheRestToItself"
    actions = ["lambda:InvokeFunction"]
    resources = [join(":", [
      "arn:aws:lambda", var.region, local.account, "function", local.function,
    ])]
  }
}
# --8<-- [end:permissions]
