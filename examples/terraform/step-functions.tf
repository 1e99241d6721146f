# The state machine of ../stepfunctions, and the role it acts as.

resource "aws_sfn_state_machine" "backfill" {
  count = var.backfill == null ? 0 : 1

  name     = "${var.name}-backfill"
  role_arn = aws_iam_role.backfill[0].arn
  type     = "STANDARD"
  definition = templatefile("${path.module}/../stepfunctions/backfill.asl.json", {
    plans_bucket        = var.reports_bucket
    function_arn        = aws_lambda_function.this.arn
    cluster_arn         = var.backfill.cluster_arn
    task_definition_arn = var.backfill.task_definition_arn
    subnet_ids          = join(",", var.backfill.subnet_ids)
    security_group_ids  = join(",", var.backfill.security_group_ids)
  })

  # Creating a state machine fails while its role lacks permissions.
  depends_on = [aws_iam_role_policy.backfill]
}

locals {
  # The machine's own ARN stands in its role, which is made first.
  backfill_arn        = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${var.name}-backfill"
  backfill_executions = "arn:${local.partition}:states:${local.region}:${local.account}:execution:${var.name}-backfill"
}

resource "aws_iam_role" "backfill" {
  count = var.backfill == null ? 0 : 1

  name = "${var.name}-backfill"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "backfill" {
  count = var.backfill == null ? 0 : 1

  name = "backfill"
  role = aws_iam_role.backfill[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "StartChildren"
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = local.backfill_arn
      },
      {
        Sid      = "WatchAndStopChildren"
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"]
        Resource = ["${local.backfill_executions}:*", "${local.backfill_executions}/*"]
      },
      {
        Sid      = "InvokeTheFunction"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = [aws_lambda_function.this.arn, "${aws_lambda_function.this.arn}:*"]
      },
      {
        Sid      = "ReadPlansWriteResults"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"]
        Resource = "arn:${local.partition}:s3:::${var.reports_bucket}/backfill/*"
      },
      {
        Sid      = "RunTasks"
        Effect   = "Allow"
        Action   = "ecs:RunTask"
        Resource = var.backfill.task_definition_arn
      },
      {
        Sid       = "WatchAndStopTasks"
        Effect    = "Allow"
        Action    = ["ecs:StopTask", "ecs:DescribeTasks"]
        Resource  = "*"
        Condition = { ArnEquals = { "ecs:cluster" = var.backfill.cluster_arn } }
      },
      {
        Sid       = "GiveTasksTheirRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = var.backfill.task_role_arns
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        # How Step Functions learns that a task has ended.
        Sid      = "HearOfTheEnd"
        Effect   = "Allow"
        Action   = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
        Resource = "arn:${local.partition}:events:${local.region}:${local.account}:rule/StepFunctionsGetEventsForECSTaskRule"
      },
    ]
  })
}

# What the tasks need beyond source, archives and reports: the plan, the results
# of the functions, and the merged report.
resource "aws_iam_policy" "plans" {
  count = var.backfill == null && !var.batch_operations ? 0 : 1

  name        = "${var.name}-plans"
  description = "What reconcile needs: plan --manifest, submit and merge."
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteAndReadPlansAndResults"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
        Resource = "arn:${local.partition}:s3:::${var.reports_bucket}/backfill/*"
      },
      {
        Sid       = "FindResults"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = "arn:${local.partition}:s3:::${var.reports_bucket}"
        Condition = { StringLike = { "s3:prefix" = "backfill/*" } }
      },
    ]
  })
}
