package config

import (
	"slices"
	"sync"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/scan"
)

// The categories, in the order of the help.
const (
	categoryWhat      = "What and where to"
	categorySelection = "Selection and comparison"
	categoryRestores  = "Restores"
	categoryJobs      = "Jobs of S3 Batch Operations"
	categoryCopies    = "How copies are written"
	categoryRequests  = "Requests"
	categoryService   = "Service and accounts"
	categoryReport    = "Report and logs"
)

var Categories = []string{
	categoryWhat, categorySelection, categoryRestores, categoryJobs, categoryCopies, categoryRequests, categoryService, categoryReport,
}

// ParametersOf are the settings that a command has as flags. It knows the
// variables and the keys of the others, and passes them over.
func ParametersOf(command string) []*Parameter {
	return slices.DeleteFunc(Parameters(), func(p *Parameter) bool {
		return p.Only != nil && !slices.Contains(p.Only, command)
	})
}

// Parameters is the one table of settings. Its lines are everybody's: whoever
// wants one changed makes another.
func Parameters() []*Parameter { return slices.Clone(table()) }

// table is made once: every command has a part of it.
var table = sync.OnceValue(func() []*Parameter {
	var all []*Parameter
	for _, part := range [][]Parameter{
		whatParameters(), selectionParameters(), restoreParameters(), copyParameters(),
		auditParameters(), jobParameters(), requestParameters(), serviceParameters(), reportParameters(),
	} {
		for i := range part {
			all = append(all, &part[i])
		}
	}
	return all
})

func whatParameters() []Parameter {
	return []Parameter{
		{Name: "config", Usual: true, Placeholder: "FILE", Category: categoryWhat, Files: true, NotInFile: true,
			Usage: "YAML file with settings; flags and environment variables win over it. Routing rules and settings of single buckets can only be given there.",
			set:   filled(func(r *reading) *string { return &r.config })},
		{Name: "command", Usual: true, Category: categoryWhat, Kind: Choice, Choices: []string{"run", "restore", "recover", "audit"}, Default: "run", NotInFile: true, Only: planning,
			Usage: "The command that is planned: run; restore or recover, whose restores have their price and their arrival by every tier; or audit, with the price of every way to verify.",
			set:   oneOf(func(r *reading) *string { return &r.PlanOf })},
		{Name: "source", Usual: true, Placeholder: "BUCKET", Category: categoryWhat, Aliases: []string{"glacier_bucket"},
			Usage: "The glacier bucket, whose restored objects are looked at.",
			set:   bucketName(func(r *reading) *string { return &r.Scan.Bucket })},
		{Name: "prefix", Usual: true, Placeholder: "PREFIX", Category: categoryWhat,
			Usage: "Look only at keys of the source that begin with this.",
			set:   anyText(func(r *reading) *string { return &r.Scan.Prefix })},
		{Name: "shard", Placeholder: "I/N", Category: categoryWhat, Default: autoShard,
			Usage: "Look only at part I, from 0, of N parts of the source, whose others are for other processes. auto takes both from an array job of AWS Batch, auto/N takes I from it or from an indexed job of Kubernetes, none looks at everything.",
			set:   setShard},
		{Name: "shard-map", Placeholder: "s3://BUCKET/KEY", Category: categoryWhat,
			Usage: "Document by which the shards agree on their parts: the first one writes it. Without it they find the same parts only if the source does not change while they start.",
			set:   objectAt(func(r *reading) *reconcile.Location { return &r.ShardMap })},
		{Name: "inventory", Placeholder: "s3://…/manifest.json", Category: categoryWhat, Kind: List,
			Usage: "S3 Inventory of the source or of an archive bucket, read in place of listing that bucket; repeatable. Of the source, what is in its archive already is present; anything else is looked for in the source itself.",
			set:   setInventories},
		{Name: "protected", Usual: true, Placeholder: "BUCKET", Category: categoryWhat, Aliases: []string{"protected_bucket"},
			Usage: "Archive bucket for data files, and for every file not known to be something else.",
			set:   bucketName(func(r *reading) *string { return &r.Archives.Protected })},
		{Name: "public", Usual: true, Placeholder: "BUCKET", Category: categoryWhat, Aliases: []string{"public_bucket"},
			Usage: "Archive bucket for files known to be no data: .txt, .xml, .jpg and the like.",
			set:   bucketName(func(r *reading) *string { return &r.Archives.Public })},
		{Name: "bucket-map", Placeholder: "JSON", Category: categoryWhat, Kind: Mapping, Aliases: []string{"BUCKET_MAP", "bucket_map"},
			Usage: `Extension to archive bucket, as in {".hdf":"data","other":"rest"}; wins over --protected and --public.`,
			set:   setBucketMap},
	}
}

func selectionParameters() []Parameter {
	return []Parameter{
		{Name: "include-online", Usual: true, Category: categorySelection, Kind: Boolean,
			Usage: "Copy objects whose storage class needs no restore, too.",
			set:   flagValue(func(r *reading) *bool { return &r.Policy.IncludeOnline })},
		{Name: "exclude-keys", Usual: true, Placeholder: "FILE|s3://…", Category: categorySelection, Files: true,
			Usage: "Keys withdrawn on purpose, which are never brought back.",
			set:   filled(func(r *reading) *string { return &r.ExcludeKeys })},
		{Name: "keys", Placeholder: "FILE|s3://…|-", Category: categorySelection, Files: true, NotInFile: true,
			Usage: "Look only at the keys of this list: text, CSV or JSON Lines; - is stdin. Each has a row, and one that is not there has failed.",
			set:   filled(func(r *reading) *string { return &r.Keys })},
		{Name: "granules", Placeholder: "FILE|s3://…|-", Category: categorySelection, Files: true, NotInFile: true,
			Usage: "Look only at the files of these granules: requests with glacierBucket or of ORCA, or granule records of Cumulus; - is stdin.",
			set:   filled(func(r *reading) *string { return &r.Granules })},
		{Name: "restore-status", Category: categorySelection, Kind: Choice, Choices: []string{"auto", "list", "head"}, Default: "auto",
			Usage: "How it is learnt what is restored: list, from the listing; head, by a HEAD for each archived key; auto, from the listing, and by HEAD where the server does not answer it there.",
			set:   oneOf(func(r *reading) *scan.RestoreMode { return &r.Scan.Mode })},
		{Name: "prefer", Category: categorySelection, Kind: Choice, Choices: []string{"cost", "requests"}, Default: "cost",
			Usage: "What is spared in looking at the archive buckets, where a LIST costs as much as 12.5 HEADs and is one request: cost, HEADs where few keys are wanted; requests, the fewest of both.",
			set:   oneOf(func(r *reading) *scan.Prefer { return &r.Scan.Prefer })},
		{Name: "on-differ", Usual: true, Category: categorySelection, Kind: Choice, Choices: []string{"report", "overwrite"}, Default: "report",
			Usage: "What to do about an archived object whose content provably differs.",
			set:   isWord("overwrite", func(r *reading) *bool { return &r.Policy.Overwrite })},
		{Name: "proof", Category: categorySelection, Kind: Choice, Choices: []string{"any", "checksum", "listing"}, Default: "any",
			Usage: "What proves that an object is there and right: any, the strongest of checksum, ETag and size that there is, by HEADs where they settle what the listings do not; checksum, nothing less; listing, no HEADs: where the listings settle nothing the size is believed.",
			set:   setProof},
		{Name: "compare-all", Category: categorySelection, Kind: Boolean,
			Usage: "Look whether objects that are left alone (not_restored, restoring, online) are in their archive, too; otherwise only where that costs no request.",
			set:   flagValue(func(r *reading) *bool { return &r.Policy.CompareAll })},
		{Name: "archive-class", Placeholder: "NAME", Category: categorySelection, Kind: List,
			Usage: "Storage class whose objects need a restore, besides GLACIER and DEEP_ARCHIVE; repeatable.",
			set:   classes(func(c *reconcile.Classes) *[]string { return &c.Archive })},
		{Name: "online-class", Placeholder: "NAME", Category: categorySelection, Kind: List,
			Usage: "Storage class whose objects need none, besides Amazon's; repeatable.",
			set:   classes(func(c *reconcile.Classes) *[]string { return &c.Online })},
		{Name: "remove-unproved", Category: categorySelection, Kind: Boolean,
			Usage: "Remove a copy of this run that provably does not match its source; otherwise it is left in place and named.",
			set:   flagValue(func(r *reading) *bool { return &r.Copy.RemoveUnproved })},
	}
}

func copyParameters() []Parameter {
	return []Parameter{
		{Name: "storage-class", Usual: true, Placeholder: "CLASS", Category: categoryCopies, Default: "STANDARD", Choices: storageClasses,
			Usage: "Storage class of the copies.", set: targetField("storage_class")},
		{Name: "sse", Category: categoryCopies, Kind: Choice, Choices: encryptions,
			Usage: "Encrypt the copies, and the run's own objects (reports, manifest, lock, journal, shard map), in this way; otherwise as --kms-key-id says, else as the bucket does by default.",
			set:   targetField("sse")},
		{Name: "kms-key-id", Usual: true, Placeholder: "KEY", Category: categoryCopies,
			Usage: "Encrypt the copies with this KMS key (SSE-KMS), with --sse aws:kms or aws:kms:dsse the run's own objects too; otherwise as the bucket does by default.",
			set:   targetField("kms_key_id")},
		{Name: "annotations", Category: categoryCopies, Kind: Choice, Choices: []string{"copy", "exclude"}, Default: "copy",
			Usage: "Whether copies within Amazon's S3 take the source's annotations along.",
			set:   parsed(func(r *reading) *string { return &r.Store.Annotations }, upper)},
		{Name: "acl", Placeholder: "ACL", Category: categoryCopies, Choices: cannedACLs,
			Usage: "Canned ACL of the copies. One that lets strangers read is accepted for single buckets only, in the config file.", set: targetACL},
		{Name: "layout", Category: categoryCopies, Kind: Choice, Choices: []string{"auto", "preserve", "fast"}, Default: "auto",
			Usage: "Part boundaries of large copies: preserve keeps the source's, so that ETags agree; fast takes the quickest; auto keeps them where they serve as proof.",
			set:   oneOf(func(r *reading) *copier.Layout { return &r.Copy.Layout })},
		{Name: "multipart-threshold", Placeholder: "SIZE", Category: categoryCopies, Kind: Size, Default: "automatic",
			Usage: "Above this size objects are copied by parts, where the layout allows it: bytes, or 256MiB, 1GB; 5MiB to 5GiB.",
			set:   byteSize(func(r *reading) *int64 { return &r.Copy.Threshold })},
		{Name: "part-size", Placeholder: "SIZE", Category: categoryCopies, Kind: Size, Default: "automatic",
			Usage: "Size of a part, where the source's part boundaries are not kept; 5MiB to 5GiB.",
			set:   byteSize(func(r *reading) *int64 { return &r.Copy.PartSize })},
	}
}

func requestParameters() []Parameter {
	return []Parameter{
		{Name: "attempts", Placeholder: "N", Category: categoryRequests, Kind: Number, Default: "3", Aliases: []string{"copy_retries", "COPY_RETRIES", "restore_request_retries"},
			Usage: "How often a request is sent before it has failed; at least 1.",
			set:   between(1, 1000, func(r *reading) *int { return &r.Retry.Attempts })},
		{Name: "retry-delay", Placeholder: "DURATION", Category: categoryRequests, Kind: Duration, Default: "500ms", Aliases: []string{"copy_retry_sleep_secs", "COPY_RETRY_SLEEP_SECS", "restore_retry_sleep_secs"},
			Usage: "First delay of the exponential backoff between attempts; a plain number is seconds.",
			set:   seconds(func(r *reading) *time.Duration { return &r.Retry.Delay })},
		{Name: "throttle-patience", Placeholder: "DURATION", Category: categoryRequests, Kind: Duration, Default: "10m",
			Usage: "How long a service that only throttles is borne. Throttled answers are no attempts.",
			set:   span(func(r *reading) *time.Duration { return &r.Retry.Patience })},
		{Name: "concurrency", Usual: true, Placeholder: "N", Category: categoryRequests, Kind: Number, Default: "0",
			Usage: "Requests in flight; 0 adapts to what the service takes.",
			set:   between(0, 10000, func(r *reading) *int { return &r.Copy.Concurrency })},
		{Name: "min-concurrency", Placeholder: "N", Category: categoryRequests, Kind: Number, Default: "1",
			Usage: "Requests in flight that an adapting run does not go below.",
			set:   between(1, 10000, func(r *reading) *int { return &r.Copy.Floor })},
		{Name: "max-concurrency", Placeholder: "N", Category: categoryRequests, Kind: Number, Default: "256",
			Usage: "Requests in flight that an adapting run does not go above.",
			set:   between(1, 10000, func(r *reading) *int { return &r.Copy.Ceiling })},
		{Name: "extend-days", Placeholder: "N", Category: categoryRequests, Kind: Number, Default: "0",
			Usage: "Extend the restore of an object that may expire before it can plausibly be copied by so many days; 0 only warns.",
			set:   between(0, 10000, func(r *reading) *int { return &r.Copy.ExtendDays })},
		{Name: "deadline", Usual: true, Placeholder: "DURATION", Category: categoryRequests, Kind: Duration,
			Usage: "End within this time: nothing new is begun when it nears, what was not reached is canceled, and the report is complete before it passes.",
			set:   span(func(r *reading) *time.Duration { return &r.Deadline })},
		{Name: "journal", Usual: true, Placeholder: "DIR|s3://BUCKET/PREFIX", Category: categoryRequests, Files: true,
			Usage: "Remembers open multipart uploads, so that a run that was killed or interrupted is gone on with by the next, part by part.",
			set:   setJournal},
		{Name: "lock", Usual: true, Placeholder: "s3://BUCKET/KEY", Category: categoryRequests,
			Usage: "Object that keeps two runs from overlapping: a lease by conditional writes, renewed while the run lasts.",
			set:   objectAt(func(r *reading) *reconcile.Location { return &r.Lock })},
	}
}

func serviceParameters() []Parameter {
	return []Parameter{
		{Name: "endpoint-url", Usual: true, Placeholder: "URL", Category: categoryService, Aliases: []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"},
			Usage: "S3 endpoint, addressed path-style; otherwise Amazon's.", set: defaultField("endpoint_url")},
		{Name: "region", Usual: true, Placeholder: "REGION", Category: categoryService,
			Usage: "Region; otherwise that of the AWS environment and profile.", set: defaultField("region")},
		{Name: "profile", Placeholder: "NAME", Category: categoryService,
			Usage: "Profile of the shared AWS config and credentials files.", set: defaultField("profile")},
		{Name: "expected-bucket-owner", Placeholder: "ACCOUNT", Category: categoryService,
			Usage: "Account that must own the archive buckets.", set: targetField("expected_bucket_owner")},
		{Name: "source-expected-bucket-owner", Placeholder: "ACCOUNT", Category: categoryService,
			Usage: "Account that must own the source.", set: sourceField("expected_bucket_owner")},
		{Name: "request-payer", Category: categoryService, Kind: Choice, Choices: requestPayers, Default: "none",
			Usage: "Who agrees to pay in buckets where the requester pays.", set: defaultField("request_payer")},
	}
}

func reportParameters() []Parameter {
	return []Parameter{
		{Name: "report", Usual: true, Placeholder: "PATH", Category: categoryReport, Kind: List, Files: true,
			Usage: "Where the report goes; repeatable. The extension tells the format, .json, .csv, .html or .premis.xml; a local path or s3://bucket/key; - is stdout as JSON; {run} in a path stands for the id of the run. Separated by commas in the environment variable, a list in the config file.",
			set:   setReports},
		{Name: "job-id", Placeholder: "ID", Category: categoryReport, NotInFile: true,
			Usage: "Name of the job that this run belongs to, in every row and log line; otherwise the asyncOperationId of --granules.",
			set:   filled(func(r *reading) *string { return &r.Report.JobID })},
		{Name: "report-rows", Usual: true, Category: categoryReport, Kind: Choice, Choices: []string{"changes", "all"}, Default: "changes",
			Usage: "Rows for what was done or needs attention, or for every object.",
			set:   oneOf(func(r *reading) *report.Rows { return &r.Report.Rows })},
		{Name: "manifest", Usual: true, Placeholder: "DIR|s3://BUCKET/PREFIX", Category: categoryReport, Files: true,
			Usage: "plan only: where plan.json and the lists of what is to be copied go, for workers that share the work; {run} stands for the id of the run.",
			set:   filled(func(r *reading) *string { return &r.Manifest })},
		{Name: "sign-key", Placeholder: "FILE", Category: categoryReport, Files: true,
			Usage: "Private key of OpenSSH, Ed25519 and without passphrase, that the manifest of each report is signed with.",
			set:   filled(func(r *reading) *string { return &r.SignKey })},
		{Name: "metrics-file", Placeholder: "FILE", Category: categoryReport, Files: true,
			Usage: "Text file for the textfile collector of node_exporter, written when the job has ended: counts by status, requests, the last success.",
			set:   filled(func(r *reading) *string { return &r.MetricsFile })},
		{Name: "notify", Placeholder: "URL", Category: categoryReport, Kind: List,
			Usage: "Who is told of the run, one notice each; repeatable: https://… gets JSON by POST, slack:https://…, healthchecks:https://…, sns:arn:…. A notice that is not delivered is a warning.",
			set:   setNotify},
		{Name: "notify-on", Placeholder: "EVENT", Category: categoryReport, Kind: List, Choices: []string{"start", "end", "problem"},
			Usage: "When: start, end, problem (an exit code other than 0); repeatable. Without it at the end.",
			set:   setNotifyOn},
		{Name: "log-format", Category: categoryReport, Kind: Choice, Choices: []string{"text", "json"}, Default: "text",
			Usage: "Format of the log on stderr.",
			set:   oneOf(func(r *reading) *string { return &r.LogFormat })},
		{Name: "progress-every", Placeholder: "DURATION", Category: categoryReport, Kind: Duration, Default: "30s",
			Usage: "Time between two records of progress in the log, where stderr is no terminal; 0: none. On a terminal progress stands below the log all the time.",
			set:   span(func(r *reading) *time.Duration { return &r.ProgressEvery })},
		{Name: "quiet", Usual: true, Category: categoryReport, Kind: Boolean,
			Usage: "Only errors on stderr.",
			set:   flagValue(func(r *reading) *bool { return &r.Quiet })},
	}
}
