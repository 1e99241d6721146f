variable "name" {
  description = "Name of the function; everything else is named after it."
  type        = string
  default     = "reconcile"

  validation {
    condition     = can(regex("^[a-zA-Z0-9-]{1,32}$", var.name))
    error_message = "The name has 1 to 32 letters, digits and hyphens: the names of roles made of it are limited to 64."
  }
}

variable "zip_file" {
  description = "The zip file that make lambda writes for arm64: dist/reconcile-lambda-arm64.zip."
  type        = string

  validation {
    condition     = endswith(var.zip_file, "-arm64.zip")
    error_message = "The function is created for arm64, and wants reconcile-lambda-arm64.zip."
  }
}

variable "source_bucket" {
  description = "The glacier bucket, whose restored objects are copied."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.source_bucket))
    error_message = "This is no name of a bucket. ARNs of access points are not supported."
  }
}

variable "protected_bucket" {
  description = "Archive bucket for data files, and for every file not known to be something else."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.protected_bucket))
    error_message = "This is no name of a bucket. ARNs of access points are not supported."
  }
}

variable "public_bucket" {
  description = "Archive bucket for files known to be no data; null: there is none, and they are unrouted."
  type        = string
  default     = null

  validation {
    condition     = var.public_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", coalesce(var.public_bucket, "-")))
    error_message = "This is no name of a bucket. ARNs of access points are not supported."
  }
}

variable "reports_bucket" {
  description = "Bucket for reports (reconcile/), journal (journal/), lock (reconcile.lock) and plans (backfill/). It must be none of the others."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.reports_bucket))
    error_message = "This is no name of a bucket. ARNs of access points are not supported."
  }
}

variable "kms" {
  description = "ARNs of the keys that source and archives are encrypted with under SSE-KMS; null: S3's own encryption."
  type = object({
    source_key  = string
    archive_key = string
  })
  default = null
}

variable "settings" {
  description = "Further settings of the program, as environment variables: RECONCILE_STORAGE_CLASS and so on."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : startswith(name, "RECONCILE_")])
    error_message = "The names of settings begin with RECONCILE_."
  }

  validation {
    condition     = !contains(keys(var.settings), "RECONCILE_LOCK")
    error_message = "A lock would keep the batches of the queue apart; that of the nightly run is set already."
  }
}

variable "memory_mb" {
  description = "Memory of the function in MiB. Nothing is downloaded: more buys more processor, not larger objects."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_mb >= 256 && var.memory_mb <= 10240
    error_message = "The function wants 256 to 10240 MiB."
  }
}

variable "timeout_seconds" {
  description = "Time limit of an invocation. Large objects are copied by parts and may need all of it."
  type        = number
  default     = 900

  validation {
    condition     = var.timeout_seconds >= 30 && var.timeout_seconds <= 900
    error_message = "The function wants at least 30 seconds, and Lambda gives at most 900."
  }
}

variable "batch_size" {
  description = "Messages handed to one invocation; each is one restored object."
  type        = number
  default     = 10

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 100
    error_message = "Between 1 and 100: an invocation must be through with all of them in time."
  }
}

variable "batching_window_seconds" {
  description = "How long a batch is waited for. Above batch_size 10 Lambda wants at least 1."
  type        = number
  default     = 5

  validation {
    condition     = var.batching_window_seconds >= 1 && var.batching_window_seconds <= 300
    error_message = "Between 1 and 300."
  }
}

variable "maximum_concurrency" {
  description = "Invocations that the queue may have under way at a time."
  type        = number
  default     = 10

  validation {
    condition     = var.maximum_concurrency >= 2 && var.maximum_concurrency <= 1000
    error_message = "Between 2 and 1000, as Lambda has it."
  }
}

variable "maximum_receives" {
  description = "How often a message comes before it goes to the dead-letter queue."
  type        = number
  default     = 5

  validation {
    condition     = var.maximum_receives >= 5
    error_message = "At least 5: Lambda's throttling uses them up too."
  }
}

variable "notify_source" {
  description = "Turn on the source bucket's notifications to EventBridge. This replaces all notifications that the bucket has; false where they are configured elsewhere."
  type        = bool
  default     = false
}

variable "schedule" {
  description = "When the whole source is looked at, in the words of EventBridge Scheduler; null: never."
  type        = string
  default     = "cron(17 3 * * ? *)"

  validation {
    condition     = var.schedule == null || can(regex("^(cron|rate)\\(.+\\)$", coalesce(var.schedule, "-")))
    error_message = "Want cron(…) or rate(…)."
  }
}

variable "schedule_timezone" {
  description = "Time zone of the schedule."
  type        = string
  default     = "UTC"
}

variable "run_options" {
  description = "Options of the nightly run beside its report and lock, named as in the config file: { prefix = \"2026/\" }."
  type        = map(string)
  default     = {}
}

variable "log_retention_days" {
  description = "How long the function's log is kept."
  type        = number
  default     = 90

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch Logs takes certain numbers only, such as 30, 90 and 365."
  }
}

variable "alarm_actions" {
  description = "ARNs of what is told of an alarm, such as a topic of SNS."
  type        = list(string)
  default     = []
}

variable "oldest_message_seconds" {
  description = "Age of the oldest waiting message that raises the alarm. Restored copies expire in days."
  type        = number
  default     = 21600

  validation {
    condition     = var.oldest_message_seconds >= 300
    error_message = "At least 300."
  }
}

variable "abort_uploads_in" {
  description = "Archive buckets whose incomplete multipart uploads are aborted after 7 days. This replaces all lifecycle rules that a bucket has."
  type        = set(string)
  default     = []
}

variable "batch_operations" {
  description = "Create the role that jobs of S3 Batch Operations act as, for reconcile submit."
  type        = bool
  default     = false
}

variable "backfill" {
  description = "Create the state machine of ../stepfunctions and its role. It plans and merges in a task of ECS; null: none."
  type = object({
    cluster_arn         = string
    task_definition_arn = string
    task_role_arns      = list(string)
    subnet_ids          = list(string)
    security_group_ids  = list(string)
  })
  default = null
}
