locals {
  alarms = {
    dead-letters = {
      description = "Restored objects were given up, or the schedule could not invoke: look into ${aws_sqs_queue.dead.name}."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = aws_sqs_queue.dead.name }
      statistic   = "Maximum"
      threshold   = 0
      periods     = 1
    }
    # Batches with failed messages are no errors: those come again, and end as
    # dead letters. Errors are runs that failed, and functions that cannot start.
    errors = {
      description = "An invocation failed: see the function's log."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = { FunctionName = aws_lambda_function.this.function_name }
      statistic   = "Sum"
      threshold   = 0
      periods     = 1
    }
    throttles = {
      description = "Lambda has refused invocations for a quarter of an hour: the account's concurrency is used up."
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      dimensions  = { FunctionName = aws_lambda_function.this.function_name }
      statistic   = "Sum"
      threshold   = 0
      periods     = 3
    }
    oldest-message = {
      description = "A restored object waits for too long: its readable copy expires."
      namespace   = "AWS/SQS"
      metric      = "ApproximateAgeOfOldestMessage"
      dimensions  = { QueueName = aws_sqs_queue.restored.name }
      statistic   = "Maximum"
      threshold   = var.oldest_message_seconds
      periods     = 1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  period              = 300

  # No invocations, no messages: nothing is wrong.
  treat_missing_data = "notBreaching"
  alarm_actions      = var.alarm_actions
}
