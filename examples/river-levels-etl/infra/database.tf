# --8<-- [start:database]
resource "aws_db_instance" "this" {
  identifier     = "${local.service}-${var.environment}"
  engine         = "postgres"
  engine_version = module.postgresql_parameters.major_version
  instance_class = var.database_class
  db_name        = replace(local.service, "-", "_")
  username       = "postgres"

  # RDS makes the password, keeps it in Secrets Manager and changes it each
  # week. Terraform never sees it. Nobody but a restore needs it.
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = aws_kms_key.data.arn
  iam_database_authentication_enabled = true

  publicly_accessible    = false
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.database.id]
  parameter_group_name   = module.postgresql_parameters.name # TLS is forced
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  storage_type          = "gp3"
  allocated_storage     = var.database_storage_gib
  max_allocated_storage = var.database_storage_gib * 4
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.data.arn

  multi_az                  = var.database_multi_az
  backup_retention_period   = var.database_backups_days
  copy_tags_to_snapshot     = true
  deletion_protection       = true
  skip_final_snapshot       = false
  final_snapshot_identifier = "${local.service}-${var.environment}-final"

  auto_minor_version_upgrade = true
  engine_lifecycle_support   = "open-source-rds-extended-support-disabled"
  maintenance_window         = "tue:02:00-tue:03:00"
  backup_window              = "01:00-01:30"

  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]

  lifecycle {
    prevent_destroy = true
  }
}
# --8<-- [end:database]

module "postgresql_parameters" {
  source = "./modules/parameters"

  name = "${local.service}-${var.environment}"
}

resource "aws_db_subnet_group" "this" {
  name       = "${local.service}-${var.environment}"
  subnet_ids = [for subnet in aws_subnet.private : subnet.id]
}

# --8<-- [start:group]
resource "aws_security_group" "database" {
  name        = "${local.service}-${var.environment}-database"
  description = "PostgreSQL, for groups that are named and nobody else"
  vpc_id      = aws_vpc.this.id
}

locals {
  clients = merge(
    { function = aws_security_group.function.id },
    { for name, box in module.box : "box-${name}" => box.security_group_id },
  )
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  for_each = local.clients

  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "to_database" {
  for_each = local.clients

  security_group_id            = each.value
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}
# --8<-- [end:group]
