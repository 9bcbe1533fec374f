output "instance_id" {
  description = "What Session Manager calls it: i-…"
  value       = aws_instance.this.id
}

output "role_name" {
  description = "The role of code on the box."
  value       = aws_iam_role.this.name
}

output "security_group_id" {
  description = "For the database's group: let this one in, and this one out to it."
  value       = aws_security_group.this.id
}
