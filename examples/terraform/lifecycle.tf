# Uploads that nobody goes on with cost storage. The journal's are gone on with
# within days; other programs' uploads in these buckets are aborted too.

resource "aws_s3_bucket_lifecycle_configuration" "uploads" {
  for_each = var.abort_uploads_in

  bucket = each.value

  rule {
    id     = "abort-abandoned-multipart-uploads"
    status = "Enabled"

    filter {
      prefix = ""
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}
