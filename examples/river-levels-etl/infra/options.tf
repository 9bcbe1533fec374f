# What no emulator holds, and what not every pipeline needs: modules of their
# own, tested against a mock.

module "budget" {
  source = "./modules/budget"
  count  = var.budget_usd == null ? 0 : 1

  service     = local.manifest.name
  environment = var.environment
  usd         = var.budget_usd
  topic_arn   = aws_sns_topic.alarms.arn
}

module "warehouse" {
  source = "./modules/warehouse"
  count  = var.warehouse == null ? 0 : 1

  name            = "${local.service}-${var.environment}"
  kms_key_arn     = aws_kms_key.data.arn
  vpc_id          = aws_vpc.this.id
  subnet_ids      = [for subnet in aws_subnet.private : subnet.id]
  base_rpu        = var.warehouse.base_rpu
  rpu_hours_a_day = var.warehouse.rpu_hours_a_day
}
