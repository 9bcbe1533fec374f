variable "environment" {
  description = "development, test or production"
  type        = string
}

variable "runbook_url" {
  description = "address of the runbook, without an anchor"
  type        = string
}
