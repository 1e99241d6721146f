# The policies are those of ../iam, with names of buckets put in. They are
# managed ones, so that other roles (a task of ECS, a job of AWS Batch, a pod)
# can have them too.

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.region

  # In two steps: the name of one bucket may begin with the example's of another.
  # No name of a bucket has a < in it.
  templates = {
    for role in ["source", "archives", "reports", "kms"] : role => replace(replace(replace(replace(replace(replace(
      file("${path.module}/../iam/${role}.json"),
      "arn:aws:", "arn:${local.partition}:"),
      ":::my-glacier", ":::<source>"),
      ":::my-protected", ":::<protected>"),
      ":::my-public", ":::<public>"),
      ":::my-reports", ":::<reports>"),
    "us-west-2:111122223333:key/", "<key>")
  }

  # Without a public bucket the protected one is named twice, which does no harm.
  policies = {
    source   = replace(local.templates.source, "<source>", var.source_bucket)
    archives = replace(replace(local.templates.archives, "<protected>", var.protected_bucket), "<public>", coalesce(var.public_bucket, var.protected_bucket))
    reports  = replace(local.templates.reports, "<reports>", var.reports_bucket)
  }

  kms_policies = var.kms == null ? {} : {
    kms = replace(replace(local.templates.kms,
      "arn:${local.partition}:kms:<key>KEY-OF-THE-SOURCE", var.kms.source_key),
    "arn:${local.partition}:kms:<key>KEY-OF-THE-ARCHIVE", var.kms.archive_key)
  }
}

resource "aws_iam_policy" "bucket" {
  for_each = merge(local.policies, local.kms_policies)

  name        = "${var.name}-${each.key}"
  description = "What reconcile needs: ${each.key}."
  policy      = each.value
}
