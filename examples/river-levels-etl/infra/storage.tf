# --8<-- [start:key]
resource "aws_kms_key" "data" {
  description             = "Data of ${local.manifest.name}, ${var.environment}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json

  lifecycle {
    prevent_destroy = true # without the key, the data are noise
  }
}

resource "aws_kms_alias" "data" {
  name          = "alias/${local.service}-${var.environment}"
  target_key_id = aws_kms_key.data.key_id
}
# --8<-- [end:key]

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "TheAccountDecidesByItsRoles"
    actions   = ["kms:*"]
    resources = ["*"] # of a key's policy: this key

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "AlarmsReachTheEncryptedTopic"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

# --8<-- [start:zones]
locals {
  kept_days = local.manifest.retention.raw_objects_days

  # In days; null is never.
  zones = {
    landing = { ia_after = null, expire_after = 30 }
    raw     = { ia_after = 90, expire_after = local.kept_days }
    refined = { ia_after = 90, expire_after = null }
    trusted = { ia_after = null, expire_after = null }
  }
}

module "zone" {
  source   = "./modules/data_bucket"
  for_each = local.zones

  name = join("-", [
    local.service, "data", each.key, var.environment, local.account
  ])
  kms_key_arn       = aws_kms_key.data.arn
  ia_after_days     = each.value.ia_after
  expire_after_days = each.value.expire_after
  noncurrent_days   = 30
}
# --8<-- [end:zones]
