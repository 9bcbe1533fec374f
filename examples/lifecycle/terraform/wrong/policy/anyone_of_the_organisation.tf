locals {
  issuer = "token.actions.githubusercontent.com"
}

resource "aws_iam_role" "deploy" {
  name = "RiverLevelsDeployRole"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = "sts:AssumeRoleWithWebIdentity"
      Principal = {
        Federated = "arn:aws:iam::111122223333:oidc-provider/${local.issuer}"
      }
      Condition = {
        StringLike = { "${local.issuer}:sub" = "repo:example-council/*" }
      }
    }]
  })
}
