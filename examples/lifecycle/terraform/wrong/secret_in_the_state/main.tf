# A key of a supplier goes into Secrets Manager, and into the state.
terraform {
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = "eu-west-2"
}

# --8<-- [start:secret]
variable "supplier_key" {
  description = "The key, from the person who got it: TF_VAR_supplier_key."
  type        = string
  sensitive   = true # hides it on the screen, and only there
}

resource "aws_secretsmanager_secret" "supplier" {
  name = "/river-levels/supplier/api-key"
}

resource "aws_secretsmanager_secret_version" "supplier" {
  secret_id     = aws_secretsmanager_secret.supplier.id
  secret_string = var.supplier_key
}
# --8<-- [end:secret]
