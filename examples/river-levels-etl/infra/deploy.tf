# Who may change all this: the jobs of one environment of one repository.

# --8<-- [start:trust]
locals {
  issuer   = "token.actions.githubusercontent.com"
  provider = "oidc-provider/${local.issuer}"

  # A repository made before 15 July 2026 still sends the subject without ids.
  repository_without_ids = replace(var.github_repository, "/@[0-9]+/", "")

  subjects = [
    for repository in [var.github_repository, local.repository_without_ids] :
    "repo:${repository}:environment:${var.environment}"
  ]
}

resource "aws_iam_role" "deploy" {
  name                 = "${local.purpose}DeployRole"
  description          = "Applies saved plans for ${var.environment}"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = "sts:AssumeRoleWithWebIdentity"
      Principal = {
        Federated = "arn:aws:iam::${local.account}:${local.provider}"
      }
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = local.subjects
        }
      }
    }]
  })
}
# --8<-- [end:trust]

resource "aws_iam_role_policy_attachment" "deploy" {
  for_each = {
    state = aws_iam_policy.state.arn
    build = aws_iam_policy.build.arn
    guard = aws_iam_policy.guard.arn
    look  = "arn:aws:iam::aws:policy/ReadOnlyAccess"
  }

  role       = aws_iam_role.deploy.name
  policy_arn = each.value
}

# --8<-- [start:state]
data "aws_iam_policy_document" "state" {
  statement {
    sid       = "FindsTheState"
    actions   = ["s3:ListBucket"]
    resources = ["arn:aws:s3:::${local.state_bucket}"]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${local.manifest.name}/*"]
    }
  }

  statement {
    sid       = "ReadsAndWritesItsOwnState"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = [local.state, "${local.state}.tflock"]
  }

  statement {
    sid       = "LetsTheLockGo"
    actions   = ["s3:DeleteObject"]
    resources = ["${local.state}.tflock"]
  }
}
# --8<-- [end:state]

locals {
  state_bucket = "platform-data-terraform-${var.environment}-${local.account}"
  state = join("/", [
    "arn:aws:s3:::${local.state_bucket}",
    local.manifest.name,
    "${var.environment}.tfstate",
  ])

  mine = "${local.service}*${var.environment}*"
}

resource "aws_iam_policy" "state" {
  name   = "${local.purpose}DeployStatePolicy"
  policy = data.aws_iam_policy_document.state.json
}

# Named actions on what carries our name, and never on an object or a row.
data "aws_iam_policy_document" "build" {
  statement {
    sid = "BucketsButNoObjects"
    actions = [
      "s3:CreateBucket",
      "s3:PutBucketOwnershipControls",
      "s3:PutBucketNotification",
      "s3:PutBucketPolicy",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketTagging",
      "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration",
      "s3:PutLifecycleConfiguration",
    ]
    resources = [
      for zone in keys(local.zones) : join("-", [
        "arn:aws:s3:::${local.service}-data",
        zone, var.environment, local.account,
      ])
    ]
  }

  statement {
    sid = "CodeQueuesSchedulesAlarms"
    actions = [
      "cloudwatch:DeleteAlarms",
      "cloudwatch:PutMetricAlarm",
      "cloudwatch:TagResource",
      "lambda:CreateFunction",
      "lambda:DeleteFunction",
      "lambda:PutFunctionConcurrency",
      "lambda:PutFunctionEventInvokeConfig",
      "lambda:TagResource",
      "lambda:UpdateFunctionCode",
      "lambda:UpdateFunctionConfiguration",
      "logs:CreateLogGroup",
      "logs:PutRetentionPolicy",
      "logs:TagResource",
      "scheduler:CreateSchedule",
      "scheduler:DeleteSchedule",
      "scheduler:UpdateSchedule",
      "secretsmanager:CreateSecret",
      "secretsmanager:TagResource",
      "sns:CreateTopic",
      "sns:SetTopicAttributes",
      "sns:Subscribe",
      "sns:TagResource",
      "sqs:CreateQueue",
      "sqs:SetQueueAttributes",
      "sqs:TagQueue",
    ]
    resources = [
      for arn in [
        "cloudwatch:${var.region}:${local.account}:alarm:",
        "lambda:${var.region}:${local.account}:function:",
        "logs:${var.region}:${local.account}:log-group:/aws/lambda/",
        "scheduler:${var.region}:${local.account}:schedule/default/",
        "sns:${var.region}:${local.account}:",
        "sqs:${var.region}:${local.account}:",
        "secretsmanager:${var.region}:${local.account}:secret:/",
      ] : "arn:aws:${arn}${local.mine}"
    ]
  }

  statement {
    sid = "Database"
    actions = [
      "rds:AddTagsToResource",
      "rds:CreateDBInstance",
      "rds:CreateDBParameterGroup",
      "rds:CreateDBSubnetGroup",
      "rds:ModifyDBInstance",
      "rds:ModifyDBParameterGroup",
      "rds:ModifyDBSubnetGroup",
      "rds:RebootDBInstance",
    ]
    resources = [
      for kind in ["db", "pg", "subgrp"] :
      "arn:aws:rds:${var.region}:${local.account}:${kind}:${local.mine}"
    ]
  }

  statement {
    sid = "RolesWithOurName"
    actions = [
      "iam:AttachRolePolicy",
      "iam:CreatePolicy",
      "iam:CreatePolicyVersion",
      "iam:CreateRole",
      "iam:DeletePolicyVersion",
      "iam:DetachRolePolicy",
      "iam:PassRole",
      "iam:PutRolePolicy",
      "iam:TagPolicy",
      "iam:TagRole",
      "iam:UpdateAssumeRolePolicy",
    ]
    resources = flatten([
      for kind in ["policy", "role"] : [
        "arn:aws:iam::${local.account}:${kind}/${local.purpose}*",
        "arn:aws:iam::${local.account}:${kind}/${local.service}-*",
      ]
    ])
  }

  # EC2 names what it makes itself: the region and the tag hold it.
  statement {
    sid = "Network"
    actions = [
      "ec2:AllocateAddress",
      "ec2:AssociateRouteTable",
      "ec2:AttachInternetGateway",
      "ec2:AuthorizeSecurityGroupEgress",
      "ec2:AuthorizeSecurityGroupIngress",
      "ec2:CreateInternetGateway",
      "ec2:CreateNatGateway",
      "ec2:CreateRoute",
      "ec2:CreateRouteTable",
      "ec2:CreateSecurityGroup",
      "ec2:CreateSubnet",
      "ec2:CreateTags",
      "ec2:CreateVpc",
      "ec2:CreateVpcEndpoint",
      "ec2:ModifySubnetAttribute",
      "ec2:ModifyVpcAttribute",
      "ec2:RevokeSecurityGroupEgress",
      "ec2:RevokeSecurityGroupIngress",
      "ec2:RunInstances",
    ]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [var.region]
    }
  }

  statement {
    sid = "Key"
    actions = [
      "kms:CreateKey",
      "kms:EnableKeyRotation",
      "kms:PutKeyPolicy",
      "kms:TagResource",
    ]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [var.region]
    }
  }
}

resource "aws_iam_policy" "build" {
  name   = "${local.purpose}DeployBuildPolicy"
  policy = data.aws_iam_policy_document.build.json
}

# --8<-- [start:guard]
# Whatever else is allowed: a pipeline of changes cannot undo the data.
data "aws_iam_policy_document" "guard" {
  statement {
    sid    = "NothingThatCannotBeUndone"
    effect = "Deny"
    actions = [
      "kms:DisableKey",
      "kms:ScheduleKeyDeletion",
      "rds:DeleteDBInstance",
      "rds:DeleteDBInstanceAutomatedBackup",
      "s3:DeleteBucket",
      "s3:DeleteObjectVersion",
    ]
    resources = ["*"]
  }

  statement {
    sid     = "NotItself"
    effect  = "Deny"
    actions = ["iam:*"]
    resources = [
      "arn:aws:iam::${local.account}:role/${local.purpose}DeployRole",
      "arn:aws:iam::${local.account}:policy/${local.purpose}Deploy*",
    ]
  }
}
# --8<-- [end:guard]

resource "aws_iam_policy" "guard" {
  name   = "${local.purpose}DeployGuardPolicy"
  policy = data.aws_iam_policy_document.guard.json
}
