variable "database_password" {
  type      = string
  sensitive = true
}

resource "aws_db_instance" "this" {
  identifier          = "river-levels-development"
  engine              = "postgres"
  instance_class      = "db.t4g.small"
  allocated_storage   = 20
  username            = "postgres"
  password            = var.database_password
  skip_final_snapshot = true
}
