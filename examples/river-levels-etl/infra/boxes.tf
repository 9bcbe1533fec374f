# Boxes to develop on. Code on them may do what the function may.

# --8<-- [start:boxes]
module "box" {
  source   = "./modules/development_box"
  for_each = var.boxes

  name        = "${local.service}-box-${each.key}"
  vpc_id      = aws_vpc.this.id
  subnet_id   = aws_subnet.private["a"].id
  policy_arns = [aws_iam_policy.run.arn]
  tags        = { Owner = local.manifest.owner, Environment = var.environment }
}
# --8<-- [end:boxes]

resource "aws_iam_policy" "run" {
  name        = "${local.purpose}RunPolicy"
  description = "All steps of the pipeline, in one environment"
  policy      = data.aws_iam_policy_document.run.json
}
