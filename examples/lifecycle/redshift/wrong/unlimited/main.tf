# --8<-- [start:serverless]
resource "aws_redshiftserverless_namespace" "this" {
  namespace_name = "river-levels"
}

resource "aws_redshiftserverless_workgroup" "this" {
  namespace_name      = aws_redshiftserverless_namespace.this.namespace_name
  workgroup_name      = "river-levels"
  base_capacity       = 128
  publicly_accessible = true # for Power BI
}
# --8<-- [end:serverless]

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}
