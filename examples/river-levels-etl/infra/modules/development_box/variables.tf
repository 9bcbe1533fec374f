variable "name" {
  description = "Name of the box, its role and its group, such as river-levels-box-sam."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,48}$", var.name))
    error_message = "name: 3 to 49 lower-case letters, digits and hyphens."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
  nullable    = false
}

variable "subnet_id" {
  description = <<-EOT
    A private subnet of it, whose traffic gets out on port 443: by NAT, or by the
    interface endpoints of Systems Manager and a gateway for S3.
  EOT
  type        = string
  nullable    = false
}

# --8<-- [start:policies]
variable "policy_arns" {
  description = "What code on the box may do: managed policies, by ARN."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for arn in var.policy_arns :
      !can(regex("(FullAccess|AdministratorAccess|PowerUserAccess)$", arn))
    ])
    error_message = <<-EOT
      policy_arns: a policy that allows everything is everybody's who gets
      onto the box. Name the actions and the prefixes.
    EOT
  }
}
# --8<-- [end:policies]

variable "instance_type" {
  description = "VS Code's server alone wants 2 GiB of memory: t3.medium has 4."
  type        = string
  default     = "t3.medium"
  nullable    = false
}

variable "disk_gib" {
  description = "Size of the disk in GiB. Nothing lives only there."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.disk_gib >= 8 && var.disk_gib <= 200
    error_message = "disk_gib: 8 to 200; data live in S3."
  }
}

variable "tags" {
  description = "Tags besides Name and AutoStop: Owner and Environment, at least."
  type        = map(string)
  default     = {}
  nullable    = false
}
