# A region that nobody checks.

# --8<-- [start:region]
variable "region" {
  description = "Where everything lies."
  type        = string
  default     = "eu-west-2"
}
# --8<-- [end:region]

resource "terraform_data" "place" {
  input = var.region
}
