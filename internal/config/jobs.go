package config

import (
	"errors"
	"fmt"
	"strings"

	"reconcile/internal/batch"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
	"reconcile/internal/storage"
)

// jobbing are the commands that submit jobs by the table's settings. submit has
// flags of its own by the same names.
var jobbing = []string{"audit", "restore", "recover", "plan"}

func jobParameters() []Parameter {
	return []Parameter{
		{Name: "compute-checksum", Usual: true, Placeholder: "ALGORITHM", Category: categoryJobs, Kind: Choice, Choices: s3store.ChecksumAlgorithms(), NotInFile: true, Only: auditing,
			Usage: "Prove what listings and HEADs do not prove by checksums that S3 computes where the objects lie, restored or not: one job for each bucket. Given again, the command reads what the jobs have found.",
			set:   oneOf(func(r *reading) *string { return &r.ComputeChecksum })},
		{Name: "checksum-report", Placeholder: "FILE|s3://…", Category: categoryJobs, Kind: List, Files: true, NotInFile: true, Only: auditing,
			Usage: "Completion report of a Compute checksum job that was run elsewhere: a CSV file of it, or its manifest.json; repeatable.",
			set:   setChecksumReports},
		{Name: "account", Usual: true, Placeholder: "ID", Category: categoryJobs, Only: jobbing,
			Usage: "Account that the jobs belong to, twelve digits.",
			set:   matching(IsAccount, "twelve digits", func(r *reading) *string { return &r.Batch.Account })},
		{Name: "role", Usual: true, Placeholder: "ARN", Category: categoryJobs, Only: jobbing,
			Usage: "Role that the jobs act as; S3 Batch Operations must be allowed to assume it.",
			set:   matching(IsRole, "the ARN of a role", func(r *reading) *string { return &r.Batch.Role })},
		{Name: "results", Usual: true, Placeholder: "s3://BUCKET/PREFIX", Category: categoryJobs, Only: jobbing,
			Usage: "Where the jobs' manifests, their records and their reports go. The jobs of one audit, and those of the restores of one bucket, are known by it: another one gets another prefix.",
			set:   parsed(func(r *reading) *reconcile.Location { return &r.Batch.Results }, parseResults)},
		{Name: "wait", Usual: true, Category: categoryJobs, Kind: Boolean, NotInFile: true, Only: []string{"audit", "restore"},
			Usage: "Wait until the jobs have ended, and go on.",
			set:   flagValue(func(r *reading) *bool { return &r.Batch.Wait })},
	}
}

// matching takes text of a form.
func matching(form func(string) bool, want string, field func(*reading) *string) func(*reading, given) error {
	return parsed(field, func(s string) (string, error) {
		if !form(s) {
			return "", fmt.Errorf("%q: want %s", s, want)
		}
		return s, nil
	})
}

func parseResults(s string) (reconcile.Location, error) {
	at, err := storage.ParseURL(s)
	if err == nil {
		_, err = parseBucket(at.Bucket)
	}
	return at, err
}

// setChecksumReports takes files that can be read, and addresses.
func setChecksumReports(r *reading, g given) error {
	for _, name := range g.texts {
		if err := CheckInput(name, true); err != nil {
			return g.wrong(err)
		}
	}
	r.ChecksumReports = g.texts
	return nil
}

// checkJobs wants all that a job needs, where there is to be one, and keeps the
// jobs' files out of the source.
func (r *reading) checkJobs() error {
	b := r.Batch
	switch r.Command {
	case "restore", "recover", "plan":
		return r.checkVia()
	case "audit":
	default:
		return nil
	}
	if r.ComputeChecksum == "" {
		if b.Wait {
			return r.wrong("wait", errors.New("there are no jobs to wait for: give --compute-checksum"))
		}
		return nil
	}
	if b.Wait && (r.Keys == "-" || r.Granules == "-") {
		return r.wrong("wait", errors.New("what is looked at is read again when the jobs have ended, and stdin can be read once: give a file"))
	}
	return r.checkResults()
}

// checkResults wants all that a job needs.
func (r *reading) checkResults() error {
	b := r.Batch
	for _, needed := range []struct{ flag, value string }{{"account", b.Account}, {"role", b.Role}, {"results", b.Results.Bucket}} {
		if needed.value == "" {
			return mistake(fmt.Errorf("no --%s", needed.flag), "jobs of S3 Batch Operations need --account, --role and --results")
		}
	}
	if b.Results.Bucket == r.Scan.Bucket {
		return r.wrong("results", fmt.Errorf("%s: %w", b.Results, errSourceWritten))
	}
	if n := len(b.Results.Key) - 1; n > maxReportPrefix {
		return r.wrong("results", fmt.Errorf("the prefix has %d characters, and S3 takes %d of them for reports: %s…", n, maxReportPrefix, strings.TrimSpace(b.Results.Key[:40])))
	}
	return nil
}

// How restores are asked for.
const (
	ViaDirect = "direct" // one by one, by this program
	ViaBatch  = "batch"  // by jobs of S3 Batch Operations
	ViaAuto   = "auto"
)

// CanBatch reports whether all is there that a job needs.
func CanBatch(b batch.Options) bool { return b.Account != "" && b.Role != "" && b.Results.Bucket != "" }

// checkVia wants what the restores' jobs need, where there are to be any for
// sure.
func (r *reading) checkVia() error {
	b := r.Batch
	switch {
	case r.Via == ViaDirect && b.Wait:
		return r.wrong("wait", errors.New("there are no jobs to wait for: give --via batch"))
	case r.Via == ViaBatch && r.Restore.Tier == reconcile.TierExpedited:
		return r.wrong("via", errors.New("S3 Batch Operations offers Standard and Bulk, and no Expedited"))
	case r.Command == "plan", r.Via == ViaDirect, r.Via == ViaAuto && !CanBatch(b):
		return nil
	}
	return r.checkResults()
}

// maxReportPrefix is how long the prefix of a report may be.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_JobReport.html
const maxReportPrefix = 512
