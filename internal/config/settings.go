// Package config turns flags, environment variables and the config file into
// one checked Settings value. Everything a setting can be wrong about is found
// here, before anything is touched.
package config

import (
	"time"

	"reconcile/internal/audit"
	"reconcile/internal/batch"
	"reconcile/internal/copier"
	"reconcile/internal/notify"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/restore"
	"reconcile/internal/retry"
	"reconcile/internal/s3store"
	"reconcile/internal/scan"
)

// Settings is all a job needs to know, checked and resolved: defaults are filled
// in, and nothing in it contradicts anything else. Most of it is what the
// packages that carry the job out take as their options; the job adds what only
// a run has. Nobody changes a Settings after it was loaded.
type Settings struct {
	Command string // run, plan, …
	PlanOf  string // of plan: the command that is planned
	Version string // the program's

	Scan   scan.Options   // Bucket, Prefix, Router, Mode, Prefer
	Copy   copier.Options // Concurrency to PartSize, ExtendDays, RemoveUnproved
	Retry  retry.Options
	Report report.Options   // Rows
	Policy reconcile.Policy // of scan and copier

	Restore   restore.Options // of restore and recover
	TierGiven bool            // Restore.Tier is no default
	Via       string          // ViaDirect, ViaBatch or ViaAuto: how they are asked for
	MaxOut    int64           // bytes that may be restored and not copied; 0: as many as can be copied in time
	Poll      time.Duration   // between two looks at what is restored, or at jobs; 0: by the tier, or more and more
	GiveUp    time.Duration   // after which what has not arrived is given up; 0: never
	Events    string          // of recover: address of the queue that restore events come to; empty: none
	// ReportEvery is the time between two reports of how far a recovery is; 0:
	// none.
	ReportEvery time.Duration
	Prices      string             // a readable local file; empty: the program's own table
	Yes         bool               // the cost has been agreed to
	Show        bool               // restore: where everything is, with nothing asked for
	From        string             // a report, some of whose rows alone are looked at; empty: none
	Rows        []reconcile.Status // of From

	Audit      audit.Options // of audit: Verify, Fraction
	WarnExpiry time.Duration // of audit: what lapses within it is a risk
	Catalog    string        // of audit: what should be there: a file, s3://bucket/key or -; empty: nobody says
	Risks      bool          // of audit: look for the other risks too
	Proofs     string        // of audit: where what is proved is kept: a folder, or s3://bucket/prefix; empty: nowhere
	Earlier    []string      // of audit: reports of earlier ones: files, or s3://bucket/key

	ComputeChecksum string        // of audit: algorithm by which jobs prove what is not; empty: no jobs
	ChecksumReports []string      // of audit: reports of such jobs: files, or s3://bucket/key
	Batch           batch.Options // of the jobs

	// Store has an entry, with the defaults merged in, for the source, for
	// every archive bucket and for every bucket the config file describes.
	Store s3store.Config

	Archives    reconcile.Archives   // of which, with the rules, Scan.Router is made
	Rules       []reconcile.Rule     // of the config file
	Shard       Shard                // of the source; zero: all of it
	ShardMap    reconcile.Location   // zero: none
	Inventories []reconcile.Location // of manifests
	ExcludeKeys string               // a readable local file, or s3://bucket/key; empty: none
	Keys        string               // list of the keys that alone are looked at: a file, s3://bucket/key or -; empty: none
	Granules    string               // documents of the granules that alone are looked at, likewise

	Deadline   time.Duration        // after the start; 0: none
	Lock       reconcile.Location   // zero: none
	JournalDir string               // empty: none, or in a bucket
	JournalAt  reconcile.Location   // Key is a prefix; zero: none, or in a folder
	Reports    []report.Destination // each has been checked
	Manifest   string               // of a plan: a folder, or s3://bucket/prefix; empty: none

	SignKey     string          // private key of OpenSSH that manifests are signed with; empty: none
	MetricsFile string          // of node_exporter's textfile collector; empty: none
	Notify      notify.Notifier // Targets, On

	LogFormat string // text, json
	Quiet     bool
	// ProgressEvery is the time between two records of progress in the log, where
	// there is no terminal; 0: none.
	ProgressEvery time.Duration
	Warnings      []string // for the log: allowed, but perhaps not meant
}
