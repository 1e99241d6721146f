locals {
  # What the program is told. A variable that begins with RECONCILE_ and is no
  # setting fails the function's start.
  environment = merge(
    {
      RECONCILE_SOURCE    = var.source_bucket
      RECONCILE_PROTECTED = var.protected_bucket
      # A function that was ended in the middle of a large object goes on with it.
      RECONCILE_JOURNAL = "s3://${var.reports_bucket}/journal/"
    },
    var.public_bucket == null ? {} : { RECONCILE_PUBLIC = var.public_bucket },
    var.settings,
  )
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  description      = "Copies restored objects of ${var.source_bucket} to their archive buckets."
  role             = aws_iam_role.function.arn
  filename         = var.zip_file
  source_code_hash = filebase64sha256(var.zip_file)
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  handler          = "bootstrap"
  memory_size      = var.memory_mb
  timeout          = var.timeout_seconds

  environment {
    variables = local.environment
  }

  # The program's log is JSON already, a record a line.
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function.name
  }
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}

# For the schedule, which invokes asynchronously: a run that failed is not
# repeated, the next night's does what is left. What the queue brings is not
# touched by this.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 3600
}

resource "aws_iam_role" "function" {
  name = "${var.name}-function"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "function" {
  for_each = aws_iam_policy.bucket

  role       = aws_iam_role.function.name
  policy_arn = each.value.arn
}

resource "aws_iam_role_policy" "function" {
  name = "log-and-queue"
  role = aws_iam_role.function.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteTheLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.function.arn}:*"
      },
      {
        Sid      = "TakeMessages"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        Resource = aws_sqs_queue.restored.arn
      },
    ]
  })
}
