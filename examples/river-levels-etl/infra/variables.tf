variable "environment" {
  description = "Which of the three this is; part of every name."
  type        = string
  nullable    = false

  validation {
    condition = contains(
      ["development", "test", "production"], var.environment
    )
    error_message = "environment: development, test or production."
  }
}

# --8<-- [start:region]
variable "region" {
  description = "Where everything lies."
  type        = string
  default     = "eu-west-2"
  nullable    = false

  validation {
    condition     = var.region == "eu-west-2"
    error_message = "region: eu-west-2; council data stay in London."
  }
}
# --8<-- [end:region]

variable "manifest" {
  description = "The pipeline's manifest, as seen from this folder."
  type        = string
  default     = "../pipeline.yml"
  nullable    = false
}

variable "cost_centre" {
  description = "Who pays, as your finance team writes it."
  type        = string
  default     = "unset"
  nullable    = false
}

variable "vpc_cidr" {
  description = "Addresses of the network; ask your network team for a /24."
  type        = string
  nullable    = false

  validation {
    condition = (
      can(cidrhost(var.vpc_cidr, 0)) && endswith(var.vpc_cidr, "/24")
    )
    error_message = "vpc_cidr: a /24, such as 10.20.0.0/24."
  }
}

variable "database_class" {
  description = "Instance class of PostgreSQL."
  type        = string
  nullable    = false
}

variable "database_storage_gib" {
  description = "Disk of PostgreSQL in GiB; it grows to four times that."
  type        = number
  default     = 20
  nullable    = false
}

variable "database_multi_az" {
  description = "Whether a second zone holds a copy that takes over."
  type        = bool
  default     = false
  nullable    = false
}

variable "database_backups_days" {
  description = "How far back a restore reaches, in days."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition = (
      var.database_backups_days >= 7 && var.database_backups_days <= 35 &&
      (var.environment != "production" || var.database_backups_days == 35)
    )
    error_message = "database_backups_days: 7 to 35, and 35 in production."
  }
}

variable "package" {
  description = "The zip of the function, built once and promoted."
  type        = string
  default     = "../build/river-levels.zip"
  nullable    = false
}

variable "contact" {
  description = "Address that the source finds in our User-Agent."
  type        = string
  default     = null
}

variable "alarm_emails" {
  description = "Who is told of alarms; each address has to confirm."
  type        = set(string)
  nullable    = false
}

variable "boxes" {
  description = "A development box for each of these names."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.boxes) == 0 || var.environment == "development"
    error_message = "boxes: in development only."
  }
}

variable "warehouse" {
  description = "Redshift Serverless, if a decision record asks for it."
  type        = object({ base_rpu = number, rpu_hours_a_day = number })
  default     = null
}

variable "budget_usd" {
  description = "What a month may cost in US dollars, before VAT."
  type        = number
  default     = null
}

# --8<-- [start:repository]
variable "github_repository" {
  description = "The one repository that deploys: owner@ID/name@ID."
  type        = string
  nullable    = false

  validation {
    condition = can(regex(
      "^[A-Za-z0-9-]+@[0-9]+/[A-Za-z0-9._-]+@[0-9]+$",
      var.github_repository
    ))
    error_message = "github_repository: owner@1/name@2, without wildcards."
  }
}
# --8<-- [end:repository]
