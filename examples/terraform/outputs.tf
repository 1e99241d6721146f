output "function_arn" {
  description = "The function: for reconcile submit, and to invoke it by hand."
  value       = aws_lambda_function.this.arn
}

output "function_role_arn" {
  description = "The role of the function, for policies of buckets and keys in other accounts."
  value       = aws_iam_role.function.arn
}

output "queue_url" {
  description = "The queue of restored objects."
  value       = aws_sqs_queue.restored.id
}

output "dead_letter_queue_url" {
  description = "What could not be copied; redrive it once the reason is gone."
  value       = aws_sqs_queue.dead.id
}

output "policy_arns" {
  description = "The managed policies, for roles of tasks, jobs and pods that run the program."
  value       = concat([for p in aws_iam_policy.bucket : p.arn], aws_iam_policy.plans[*].arn, aws_iam_policy.submit[*].arn)
}

output "batch_operations_role_arn" {
  description = "For reconcile submit; null where there is none."
  value       = one(aws_iam_role.batch_operations[*].arn)
}

output "state_machine_arn" {
  description = "The backfill's state machine; null where there is none."
  value       = one(aws_sfn_state_machine.backfill[*].arn)
}
