# --8<-- [start:versions]
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}
# --8<-- [end:versions]
