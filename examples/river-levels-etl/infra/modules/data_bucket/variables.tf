# --8<-- [start:name]
variable "name" {
  description = <<-EOT
    service-type-purpose-environment-account, such as
    river-levels-data-raw-development-000000000000.
  EOT
  type        = string
  nullable    = false

  validation {
    condition = can(regex(
      join("-", [
        "^[a-z0-9]+(-[a-z0-9]+)*",
        "(data|assets|logs|exports|imports|archive)",
        "[a-z0-9]+(-[a-z0-9]+)*",
        "(development|test|production)",
        "[0-9]{12}$",
      ]),
      var.name
    )) && length(var.name) <= 63
    error_message = <<-EOT
      name: service-type-purpose-environment-account in lower case, 63
      characters at most, such as
      river-levels-data-raw-development-000000000000.
    EOT
  }
}
# --8<-- [end:name]

variable "kms_key_arn" {
  description = <<-EOT
    The KMS key that encrypts the objects; S3's own key if null. A role then
    needs kms:Decrypt as well, so the key is a second lock.
  EOT
  type        = string
  default     = null

  validation {
    condition = var.kms_key_arn == null || can(regex(
      "^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn
    ))
    error_message = "kms_key_arn: the ARN of a key, not of an alias."
  }
}

variable "organization_id" {
  description = <<-EOT
    Only principals of this AWS organisation, and AWS services, get in,
    whatever another policy says. No such limit if null.
  EOT
  type        = string
  default     = null

  validation {
    condition = var.organization_id == null || can(regex(
      "^o-[a-z0-9]{10,32}$", var.organization_id
    ))
    error_message = "organization_id: such as o-a1b2c3d4e5."
  }
}

# --8<-- [start:days]
variable "ia_after_days" {
  description = <<-EOT
    Days until an object moves to Standard-IA, which is cheap to keep and dear
    to read; never if null.
  EOT
  type        = number
  default     = 90

  validation {
    condition     = var.ia_after_days == null || try(var.ia_after_days >= 30, false)
    error_message = "ia_after_days: S3 wants 30 at least."
  }
}

variable "noncurrent_days" {
  description = "Days in which a deleted or replaced version can be restored."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.noncurrent_days >= 30 && var.noncurrent_days <= 90
    error_message = "noncurrent_days: 30 to 90."
  }
}

variable "expire_after_days" {
  description = <<-EOT
    Days until an object expires; never if null. Its bytes go noncurrent_days
    later, and S3 rounds up to midnight twice. So for a retention of N days:
    N - noncurrent_days - 2.
  EOT
  type        = number
  default     = null

  validation {
    condition = var.expire_after_days == null || try(
      var.expire_after_days > coalesce(var.ia_after_days, 0), false
    )
    error_message = "expire_after_days: more than ia_after_days."
  }
}
# --8<-- [end:days]

variable "notify_eventbridge" {
  description = "Whether EventBridge learns of each object that comes or goes."
  type        = bool
  default     = true
  nullable    = false
}
