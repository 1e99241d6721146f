package main

import "time"

// The categories, in the order of the help.
const (
	categoryWhat      = "What and where to"
	categorySelection = "Selection and comparison"
	categoryCopies    = "How copies are written"
	categoryRequests  = "Requests"
	categoryService   = "Service and accounts"
	categoryReport    = "Report and logs"
)

var categories = []string{
	categoryWhat, categorySelection, categoryCopies, categoryRequests, categoryService, categoryReport,
}

// parameters is the one table of settings.
func parameters() []parameter {
	var all []parameter
	for _, part := range [][]parameter{
		whatParameters(), selectionParameters(), copyParameters(),
		requestParameters(), serviceParameters(), reportParameters(),
	} {
		all = append(all, part...)
	}
	return all
}

func whatParameters() []parameter {
	return []parameter{
		{name: "config", placeholder: "FILE", category: categoryWhat, files: true, notInFile: true,
			usage: "YAML file with settings; flags and environment variables win over it. Routing rules and settings of single buckets can only be given there.",
			set:   filled(func(d *draft) *string { return &d.config })},
		{name: "source", placeholder: "BUCKET", category: categoryWhat, aliases: []string{"glacier_bucket"},
			usage: "The glacier bucket, whose restored objects are looked at.",
			set:   bucketName(func(d *draft) *string { return &d.source })},
		{name: "prefix", placeholder: "PREFIX", category: categoryWhat,
			usage: "Look only at keys of the source that begin with this.",
			set:   anyText(func(d *draft) *string { return &d.prefix })},
		{name: "shard", placeholder: "I/N", category: categoryWhat, def: autoShard,
			usage: "Look only at part I, from 0, of N parts of the source, whose others are for other processes. auto takes both from an array job of AWS Batch, auto/N takes I from it or from an indexed job of Kubernetes, none looks at everything.",
			set:   setShard},
		{name: "shard-map", placeholder: "s3://BUCKET/KEY", category: categoryWhat,
			usage: "Document by which the shards agree on their parts: the first one writes it. Without it they find the same parts only if the source does not change while they start.",
			set:   filled(func(d *draft) *string { return &d.shardMap })},
		{name: "inventory", placeholder: "s3://…/manifest.json", category: categoryWhat, kind: list,
			usage: "S3 Inventory of the source or of an archive bucket, read in place of listing that bucket; repeatable. Of the source, what is in its archive already is present; anything else is looked for in the source itself.",
			set:   setInventories},
		{name: "protected", placeholder: "BUCKET", category: categoryWhat, aliases: []string{"protected_bucket"},
			usage: "Archive bucket for data files, and for every file not known to be something else.",
			set:   bucketName(func(d *draft) *string { return &d.archives.Protected })},
		{name: "public", placeholder: "BUCKET", category: categoryWhat, aliases: []string{"public_bucket"},
			usage: "Archive bucket for files known to be no data: .txt, .xml, .jpg and the like.",
			set:   bucketName(func(d *draft) *string { return &d.archives.Public })},
		{name: "bucket-map", placeholder: "JSON", category: categoryWhat, kind: mapping, aliases: []string{"BUCKET_MAP", "bucket_map"},
			usage: `Extension to archive bucket, as in {".hdf":"data","other":"rest"}; wins over --protected and --public.`,
			set:   setBucketMap},
	}
}

func selectionParameters() []parameter {
	return []parameter{
		{name: "include-online", category: categorySelection, kind: boolean,
			usage: "Copy objects whose storage class needs no restore, too.",
			set:   flagValue(func(d *draft) *bool { return &d.includeOnline })},
		{name: "exclude-keys", placeholder: "FILE|s3://…", category: categorySelection, files: true,
			usage: "Keys withdrawn on purpose, which are never brought back.",
			set:   filled(func(d *draft) *string { return &d.excludeKeys })},
		{name: "restore-status", category: categorySelection, kind: choice, choices: []string{"auto", "list", "head"}, def: "auto",
			usage: "How it is learnt what is restored: list, from the listing; head, by a HEAD for each archived key; auto, from the listing, and by HEAD where the server does not answer it there.",
			set:   oneOf(func(d *draft) *string { return &d.restoreStatus })},
		{name: "prefer", category: categorySelection, kind: choice, choices: []string{"cost", "requests"}, def: "cost",
			usage: "What is spared in looking at the archive buckets, where a LIST costs as much as 12.5 HEADs and is one request: cost, HEADs where few keys are wanted; requests, the fewest of both.",
			set:   oneOf(func(d *draft) *string { return &d.prefer })},
		{name: "on-differ", category: categorySelection, kind: choice, choices: []string{"report", "overwrite"}, def: "report",
			usage: "What to do about an archived object whose content provably differs.",
			set:   oneOf(func(d *draft) *string { return &d.onDiffer })},
		{name: "proof", category: categorySelection, kind: choice, choices: []string{"any", "checksum"}, def: "any",
			usage: "What proves that a copy is right: any, the strongest of checksum, ETag and size that there is; checksum, nothing less.",
			set:   oneOf(func(d *draft) *string { return &d.proof })},
		{name: "remove-unproved", category: categorySelection, kind: boolean,
			usage: "Remove a copy of this run that provably does not match its source; otherwise it is left in place and named.",
			set:   flagValue(func(d *draft) *bool { return &d.removeUnproved })},
	}
}

func copyParameters() []parameter {
	return []parameter{
		{name: "storage-class", placeholder: "CLASS", category: categoryCopies, def: "STANDARD", choices: storageClasses,
			usage: "Storage class of the copies.", set: targetField("storage_class")},
		{name: "kms-key-id", placeholder: "KEY", category: categoryCopies,
			usage: "Encrypt the copies with this KMS key (SSE-KMS); otherwise as the bucket does by default.", set: targetField("kms_key_id")},
		{name: "acl", placeholder: "ACL", category: categoryCopies, choices: cannedACLs,
			usage: "Canned ACL of the copies. One that lets strangers read is accepted for single buckets only, in the config file.", set: targetACL},
		{name: "layout", category: categoryCopies, kind: choice, choices: []string{"auto", "preserve", "fast"}, def: "auto",
			usage: "Part boundaries of large copies: preserve keeps the source's, so that ETags agree; fast takes the quickest; auto keeps them where they serve as proof.",
			set:   oneOf(func(d *draft) *string { return &d.layout })},
		{name: "multipart-threshold", placeholder: "SIZE", category: categoryCopies, kind: size, def: "automatic",
			usage: "Above this size objects are copied by parts, where the layout allows it: bytes, or 256MiB, 1GB; 5MiB to 5GiB.",
			set:   byteSize(func(d *draft) *int64 { return &d.multipartThreshold })},
		{name: "part-size", placeholder: "SIZE", category: categoryCopies, kind: size, def: "automatic",
			usage: "Size of a part, where the source's part boundaries are not kept; 5MiB to 5GiB.",
			set:   byteSize(func(d *draft) *int64 { return &d.partSize })},
	}
}

func requestParameters() []parameter {
	return []parameter{
		{name: "attempts", placeholder: "N", category: categoryRequests, kind: number, def: "3", aliases: []string{"copy_retries", "COPY_RETRIES"},
			usage: "How often a request is sent before it has failed; at least 1.",
			set:   between(1, 1000, func(d *draft) *int { return &d.attempts })},
		{name: "retry-delay", placeholder: "DURATION", category: categoryRequests, kind: duration, def: "500ms", aliases: []string{"copy_retry_sleep_secs", "COPY_RETRY_SLEEP_SECS"},
			usage: "First delay of the exponential backoff between attempts; a plain number is seconds.",
			set:   span(func(d *draft) *time.Duration { return &d.retryDelay })},
		{name: "throttle-patience", placeholder: "DURATION", category: categoryRequests, kind: duration, def: "10m",
			usage: "How long a service that only throttles is borne. Throttled answers are no attempts.",
			set:   span(func(d *draft) *time.Duration { return &d.throttlePatience })},
		{name: "concurrency", placeholder: "N", category: categoryRequests, kind: number, def: "0",
			usage: "Requests in flight; 0 adapts to what the service takes.",
			set:   between(0, 10000, func(d *draft) *int { return &d.concurrency })},
		{name: "min-concurrency", placeholder: "N", category: categoryRequests, kind: number, def: "1",
			usage: "Requests in flight that an adapting run does not go below.",
			set:   between(1, 10000, func(d *draft) *int { return &d.minConcurrency })},
		{name: "max-concurrency", placeholder: "N", category: categoryRequests, kind: number, def: "256",
			usage: "Requests in flight that an adapting run does not go above.",
			set:   between(1, 10000, func(d *draft) *int { return &d.maxConcurrency })},
		{name: "extend-days", placeholder: "N", category: categoryRequests, kind: number, def: "0",
			usage: "Extend the restore of an object that may expire before it can plausibly be copied by so many days; 0 only warns.",
			set:   between(0, 10000, func(d *draft) *int { return &d.extendDays })},
		{name: "deadline", placeholder: "DURATION", category: categoryRequests, kind: duration,
			usage: "End within this time: nothing new is begun when it nears, what was not reached is canceled, and the report is complete before it passes.",
			set:   span(func(d *draft) *time.Duration { return &d.deadline })},
		{name: "journal", placeholder: "DIR|s3://BUCKET/PREFIX", category: categoryRequests, files: true,
			usage: "Remembers open multipart uploads, so that a run that was killed or interrupted is gone on with by the next, part by part.",
			set:   filled(func(d *draft) *string { return &d.journal })},
		{name: "lock", placeholder: "s3://BUCKET/KEY", category: categoryRequests,
			usage: "Object that keeps two runs from overlapping: a lease by conditional writes, renewed while the run lasts.",
			set:   filled(func(d *draft) *string { return &d.lock })},
	}
}

func serviceParameters() []parameter {
	return []parameter{
		{name: "endpoint-url", placeholder: "URL", category: categoryService, aliases: []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"},
			usage: "S3 endpoint, addressed path-style; otherwise Amazon's.", set: defaultField("endpoint_url")},
		{name: "region", placeholder: "REGION", category: categoryService,
			usage: "Region; otherwise that of the AWS environment and profile.", set: defaultField("region")},
		{name: "profile", placeholder: "NAME", category: categoryService,
			usage: "Profile of the shared AWS config and credentials files.", set: defaultField("profile")},
		{name: "expected-bucket-owner", placeholder: "ACCOUNT", category: categoryService,
			usage: "Account that must own the archive buckets.", set: targetField("expected_bucket_owner")},
		{name: "source-expected-bucket-owner", placeholder: "ACCOUNT", category: categoryService,
			usage: "Account that must own the source.", set: sourceField("expected_bucket_owner")},
		{name: "request-payer", category: categoryService, kind: choice, choices: requestPayers, def: "none",
			usage: "Who agrees to pay in buckets where the requester pays.", set: defaultField("request_payer")},
	}
}

func reportParameters() []parameter {
	return []parameter{
		{name: "report", placeholder: "PATH", category: categoryReport, kind: list, files: true,
			usage: "Where the report goes; repeatable. The extension tells the format, .json or .csv; a local path or s3://bucket/key; - is stdout as JSON; {run} in a path stands for the id of the run. Separated by commas in the environment variable, a list in the config file.",
			set:   setReports},
		{name: "report-rows", category: categoryReport, kind: choice, choices: []string{"changes", "all"}, def: "changes",
			usage: "Rows for what was done or needs attention, or for every object.",
			set:   oneOf(func(d *draft) *string { return &d.reportRows })},
		{name: "manifest", placeholder: "DIR|s3://BUCKET/PREFIX", category: categoryReport, files: true,
			usage: "plan only: where plan.json and the lists of what is to be copied go, for workers that share the work; {run} stands for the id of the run.",
			set:   filled(func(d *draft) *string { return &d.manifest })},
		{name: "log-format", category: categoryReport, kind: choice, choices: []string{"text", "json"}, def: "text",
			usage: "Format of the log on stderr.",
			set:   oneOf(func(d *draft) *string { return &d.logFormat })},
		{name: "quiet", category: categoryReport, kind: boolean,
			usage: "Only errors on stderr.",
			set:   flagValue(func(d *draft) *bool { return &d.quiet })},
	}
}
