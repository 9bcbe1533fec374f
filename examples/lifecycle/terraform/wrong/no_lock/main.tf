# --8<-- [start:backend]
terraform {
  backend "s3" {
    region  = "eu-west-2"
    encrypt = true
  }
}
# --8<-- [end:backend]
