# --8<-- [start:tags]
locals {
  manifest = yamldecode(file("${path.module}/${var.manifest}"))
  service  = trimsuffix(local.manifest.name, "-etl")

  tags = {
    Service            = local.manifest.name
    Environment        = var.environment
    Owner              = local.manifest.owner
    CostCentre         = var.cost_centre
    LGSL               = tostring(local.manifest.lgsl_id)
    DataClassification = local.manifest.classification
    PersonalData       = local.manifest.personal_data
    Source             = join(" ", local.manifest.sources[*].name)
    ManagedBy          = "terraform"
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { for key, value in local.tags : key => value if value != null }
  }
}

output "tags" {
  description = "What every resource carries."
  value       = local.tags

  precondition {
    condition     = local.manifest.owner != null
    error_message = "pipeline.yml: name the owner before you create anything."
  }
}
# --8<-- [end:tags]

data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  # river-levels-development → RiverLevelsDevelopment, for names of roles
  purpose = replace(title(replace(
    "${local.service}-${var.environment}", "-", " "
  )), " ", "")
}

# --8<-- [start:schedule]
# cron has five fields, AWS has six, and one of the two days has to be "?".
# Days of the week differ in number, so the manifest may not name any.
locals {
  cron = split(" ", local.manifest.schedule.cron)
  schedule = format(
    "cron(%s %s %s %s ? *)",
    local.cron[0], local.cron[1], local.cron[2], local.cron[3]
  )
}

output "schedule" {
  description = "When the function runs, as AWS writes it."
  value       = local.schedule

  precondition {
    condition     = local.cron[4] == "*"
    error_message = "schedule: AWS numbers weekdays from 1; write it by hand."
  }
}
# --8<-- [end:schedule]
