# The role that jobs of S3 Batch Operations act as: reconcile submit --role.

resource "aws_iam_role" "batch_operations" {
  count = var.batch_operations ? 1 : 0

  name = "${var.name}-batch-operations"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "batchoperations.s3.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "batch_operations" {
  count = var.batch_operations ? 1 : 0

  name = "jobs"
  role = aws_iam_role.batch_operations[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "InvokeTheFunction"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = [aws_lambda_function.this.arn, "${aws_lambda_function.this.arn}:*"]
      },
      {
        Sid      = "ReadManifests"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = "arn:${local.partition}:s3:::${var.reports_bucket}/backfill/*"
      },
      {
        Sid      = "WriteCompletionReports"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "arn:${local.partition}:s3:::${var.reports_bucket}/backfill/*"
      },
    ]
  })
}

# For who submits jobs of S3 Batch Operations.
resource "aws_iam_policy" "submit" {
  count = var.batch_operations ? 1 : 0

  name        = "${var.name}-submit"
  description = "What reconcile needs: submit."
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "CreateJobs"
        Effect   = "Allow"
        Action   = ["s3:CreateJob", "s3:DescribeJob", "s3:UpdateJobStatus"]
        Resource = "*"
      },
      {
        Sid       = "GiveJobsTheirRole"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = aws_iam_role.batch_operations[0].arn
        Condition = { StringEquals = { "iam:PassedToService" = "batchoperations.s3.amazonaws.com" } }
      },
    ]
  })
}
