# Object Restore Completed -> queue -> function. The queue is what keeps a
# restored object from being forgotten: it waits there while the function is
# throttled or broken, and goes to the dead-letter queue, with an alarm, when it
# cannot be copied.

resource "aws_s3_bucket_notification" "source" {
  count = var.notify_source ? 1 : 0

  bucket      = var.source_bucket
  eventbridge = true
}

resource "aws_cloudwatch_event_rule" "restored" {
  name        = "${var.name}-restored"
  description = "Objects of ${var.source_bucket} whose restore is done."
  event_pattern = jsonencode({
    source      = ["aws.s3"]
    detail-type = ["Object Restore Completed"]
    detail      = { bucket = { name = [var.source_bucket] } }
  })
}

resource "aws_cloudwatch_event_target" "restored" {
  rule = aws_cloudwatch_event_rule.restored.name
  arn  = aws_sqs_queue.restored.arn

  # What cannot be put into the queue.
  dead_letter_config {
    arn = aws_sqs_queue.dead.arn
  }
}

resource "aws_sqs_queue" "restored" {
  name = "${var.name}-restored"

  # Six times the function's time limit, and the time a batch is waited for:
  # Amazon's advice, so that no message comes again while it is being handled.
  visibility_timeout_seconds = 6 * var.timeout_seconds + var.batching_window_seconds
  message_retention_seconds  = 1209600
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = var.maximum_receives
  })
}

resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-dead"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.restored.arn]
  })
}

resource "aws_sqs_queue_policy" "events" {
  for_each = {
    restored = aws_sqs_queue.restored
    dead     = aws_sqs_queue.dead
  }

  queue_url = each.value.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "EventsOfTheRuleOnly"
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Resource  = each.value.arn
      Principal = { Service = "events.amazonaws.com" }
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.restored.arn } }
    }]
  })
}

resource "aws_lambda_event_source_mapping" "restored" {
  event_source_arn                   = aws_sqs_queue.restored.arn
  function_name                      = aws_lambda_function.this.arn
  batch_size                         = var.batch_size
  maximum_batching_window_in_seconds = var.batching_window_seconds

  # Without it every message of a batch is deleted, those that failed too.
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.maximum_concurrency
  }

  # The role must be able to read the queue before the mapping is made.
  depends_on = [aws_iam_role_policy.function]
}
