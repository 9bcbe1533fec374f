output "buckets" {
  description = "The bucket of each zone; RIVER_LEVELS_BUCKET is that of raw."
  value       = { for name, zone in module.zone : name => zone.bucket }
}

output "database_address" {
  description = "For DATABASE_URL, with sslmode=verify-full."
  value       = aws_db_instance.this.address
}

output "deploy_role_arn" {
  description = "For the variable DEPLOY_ROLE of the GitHub environment."
  value       = aws_iam_role.deploy.arn
}

output "function_name" {
  description = "What the schedule calls."
  value       = module.function.function_name
}
