output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "function_arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "role_name" {
  description = "Role of the function, to which more policies can be attached."
  value       = aws_iam_role.this.name
}

output "failure_queue_arn" {
  description = "Queue in which events end that failed for good."
  value       = aws_sqs_queue.failed.arn
}
