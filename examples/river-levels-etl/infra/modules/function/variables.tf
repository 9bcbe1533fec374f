variable "name" {
  description = "Name of the function, such as river-levels-run-development."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,45}$", var.name))
    error_message = "Write name in lower case with hyphens, 3 to 46 characters."
  }
}

variable "package" {
  description = "Path of the zip file, made by `python -m river_levels.package`."
  type        = string
}

variable "package_hash" {
  description = "SHA-256 of the zip, in base64: a new one deploys new code."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9+/]{43}=$", var.package_hash))
    error_message = "package_hash is base64 of a SHA-256: filebase64sha256(…)."
  }
}

variable "handler" {
  description = "Module and function, such as river_levels.handler.handler."
  type        = string
}

variable "environment" {
  description = "Settings. Secrets go by the name of their entry, not by value."
  type        = map(string)
  default     = {}

  validation {
    condition = alltrue([
      for key, value in var.environment :
      !can(regex("://[^/@:]+:[^/@]+@", value)) &&
      (!can(regex("(?i)(password|token|api_?key|secret)$", key)) || can(regex("^(/|arn:)", value)))
    ])
    error_message = "A setting holds a secret: pass the id of its entry in Secrets Manager."
  }
}

variable "event" {
  description = "What each event says beside the moment that it was scheduled for."
  type        = map(any)
  default     = {}
}

variable "policy_json" {
  description = "What the function's own code may do."
  type        = string

  validation {
    condition = alltrue([
      for statement in jsondecode(var.policy_json).Statement :
      statement.Effect == "Deny" || !contains(flatten([statement.Action]), "*")
    ])
    error_message = "policy_json allows every action: name those that the code calls."
  }
}

variable "schedule_expression" {
  description = "When it runs, such as cron(7 * * * ? *)."
  type        = string
}

variable "schedule_timezone" {
  description = "Zone that the schedule is read in: UTC, or Europe/London."
  type        = string
  default     = "UTC"
}

variable "flexible_minutes" {
  description = "It may start so many minutes late, so that not all do at once; null: none."
  type        = number
  default     = null

  validation {
    condition     = try(var.flexible_minutes >= 1 && var.flexible_minutes <= 1440, true)
    error_message = "flexible_minutes is from 1 to 1440 (a day), or null."
  }
}

variable "timeout_s" {
  description = "Seconds after which a run is killed; at most 900."
  type        = number

  validation {
    condition     = var.timeout_s >= 30 && var.timeout_s <= 900
    error_message = "timeout_s is from 30 to 900: what takes longer is no function."
  }
}

variable "memory_mb" {
  description = "Memory in MiB; CPU comes in proportion."
  type        = number
  default     = 512
}

variable "reserved_concurrency" {
  description = "How many may run at once; null is as many as the account has."
  type        = number
  default     = 1
}

variable "vpc" {
  description = "Where it reaches the database from; null: outside any network of ours."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
}

variable "log_retention_days" {
  description = "Days that the log is kept."
  type        = number
  default     = 30
}

variable "silent_hours" {
  description = "Alarm after so many hours, one after another, without a success."
  type        = number
  default     = 3

  validation {
    condition     = var.silent_hours >= 1 && var.silent_hours <= 168
    error_message = "silent_hours is from 1 to 168 (a week)."
  }
}

variable "alarm_topic_arn" {
  description = "SNS topic that tells people."
  type        = string
}
