package report

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report/breakdown"
	"reconcile/internal/strictjson"
)

// SchemaVersion is the version of the JSON report's shape. Fields may be added
// to a version, none changes its meaning or goes.
const SchemaVersion = 1

// Run says which run the report is of.
type Run struct {
	ID         string
	Command    string // run, plan, audit …
	Version    string // the program's
	StartedAt  time.Time
	FinishedAt time.Time // zero: when the report is written
	Complete   bool      // every object was listed and has its outcome
	Error      string    // why the run is not complete; empty when it is
	Source     string    // bucket
	Prefix     string    // of the source keys looked at; empty: the whole bucket
	Targets    []string  // buckets
	Notes      []string  // what a reader should know: that the server has no conditional writes, say
	Shard      *Shard    // nil: the whole of the source was looked at
	// Inventories were read in place of listing a bucket.
	Inventories []Inventory

	ExitCode     *int           // nil: not known when the report was written
	Identity     string         // ARN of the caller; empty: not known
	Host         string         // that the program ran on; empty: not known
	Settings     map[string]any // that decide what a run does; nil: not told
	GranulesFrom string         // the file or request that named the granules; empty: none
	JobID        string         // that somebody gave the run; empty: none
	Cost         *Cost          // nil: no prices are known
	BatchJobs    []BatchJob     // of S3 Batch Operations, that the run has made or gone on with

	rows Rows // which outcomes have a row; Options.Rows
}

// Cost is what a run has cost, by a table of prices.
type Cost struct {
	Currency string   `json:"currency"`
	Total    float64  `json:"total"`
	Requests float64  `json:"requests"` // all but those that asked for restores
	Restores float64  `json:"restores"` // requests, retrieval, and the temporary copies
	Region   string   `json:"region"`
	Date     string   `json:"prices_date"`
	Notes    []string `json:"notes"` // what is not in it, and why
}

// BatchJob is a job of S3 Batch Operations, as it stood when the run last asked.
type BatchJob struct {
	ID        string `json:"job_id"`    // empty: it could not be created yet
	Bucket    string `json:"bucket"`    // whose objects
	Operation string `json:"operation"` // S3InitiateRestoreObject or S3ComputeObjectChecksum
	Status    string `json:"status"`    // S3's word; empty: it has not been created
	Objects   int64  `json:"objects"`   // of its manifest
	Done      int64  `json:"done"`      // tasks that have succeeded
	Failed    int64  `json:"failed"`    // tasks that have failed
	Error     string `json:"error"`     // why it has failed as a whole; empty: it has not
}

// Shard is the part of the source that a run looked at: the keys after After, up
// to and including Until; empty: from the first, to the last. The shards of one
// scale-out together hold every key exactly once where each begins at the end of
// another.
type Shard struct {
	Index int    `json:"index"` // from 0
	Count int    `json:"count"`
	After string `json:"after"`
	Until string `json:"until"`
}

// Inventory is an S3 Inventory that was read in place of listing a bucket. What
// the report says of that bucket is of the time when the inventory was made.
type Inventory struct {
	Bucket     string    `json:"bucket"`
	Manifest   string    `json:"manifest"` // s3:// address
	CreatedAt  time.Time `json:"created_at"`
	AgeSeconds int64     `json:"age_s"` // when it was read
	Format     string    `json:"format"`
	Objects    int64     `json:"objects"`
	Skipped    int64     `json:"skipped"` // old versions and delete markers
}

// Plan is what a command would do.
type Plan struct {
	Command  string           `json:"command"`       // that is planned: run, restore …
	Via      string           `json:"via,omitempty"` // direct or batch: how restores are asked for; empty: there are none
	Objects  int64            `json:"objects"`       // missing
	Bytes    int64            `json:"bytes"`         // missing
	Requests map[string]int64 `json:"requests"`
	// ByBucket are the requests by bucket and operation, with those that were
	// sent before the plan was made: the command sends them, too.
	ByBucket map[string]map[string]int64 `json:"requests_by_bucket,omitempty"`
	Copies   *Copies                     `json:"copies,omitempty"` // nil: not estimated
	Proofs   []ProofHeads                `json:"proofs,omitempty"` // what each --proof takes; nil: not a plan's of run
	Verify   []VerifyCost                `json:"verify,omitempty"` // what each --verify takes; nil: not a plan's of audit
	Cost     any                         `json:"cost,omitempty"`   // see docs/reference/report.md; nil: nobody has reckoned it
	// Planned and Actual stand side by side in the reports of restore and
	// recover; nil elsewhere.
	Planned *Asked `json:"planned,omitempty"`
	Actual  *Asked `json:"actual,omitempty"`
}

// VerifyCost is what one way to verify takes in an audit: its HEADs, and where it
// has checksums computed, at most these jobs.
type VerifyCost struct {
	Verify     string   `json:"verify"` // listing, head, checksum, compute_checksum
	Heads      int64    `json:"heads"`
	Jobs       int64    `json:"jobs"`
	JobObjects int64    `json:"job_objects"`
	JobBytes   int64    `json:"job_bytes"`
	Amount     *float64 `json:"amount"` // with the listings, in plan.cost's currency; null: no prices are known
}

// ProofHeads is what one choice of --proof takes: the HEADs of a whole run.
type ProofHeads struct {
	Proof  string   `json:"proof"` // listing, any, checksum
	Heads  int64    `json:"heads"`
	Amount *float64 `json:"amount"` // in plan.cost's currency; null: no prices are known
}

// UnmarshalJSON keeps the cost as it is written, whatever it holds.
func (p *Plan) UnmarshalJSON(b []byte) error {
	type plain Plan
	var cost struct{ Cost json.RawMessage }
	if err := errors.Join(json.Unmarshal(b, (*plain)(p)), json.Unmarshal(b, &cost)); err != nil {
		return err
	}
	if p.Cost != nil {
		p.Cost = cost.Cost
	}
	return nil
}

// Asked is what is asked for, and what comes of it.
type Asked struct {
	Objects int64    `json:"objects"`
	Bytes   int64    `json:"bytes"`
	Cost    *float64 `json:"cost"`              // of the restores, in plan.cost's currency; null: no prices are known
	Again   int64    `json:"again,omitempty"`   // of the objects, that had been asked for before
	Lapsed  int64    `json:"lapsed,omitempty"`  // readable copies that were gone before they could be copied
	Arrived int64    `json:"arrived,omitempty"` // restores that were seen to be there
	Copied  int64    `json:"copied,omitempty"`
}

// Copies is how long the copies of a plan are expected to take, at a rate that
// is an assumption.
type Copies struct {
	Seconds          int64 `json:"seconds"`
	ObjectsPerSecond int64 `json:"objects_per_second"`
	BytesPerSecond   int64 `json:"bytes_per_second"`
}

// head is all of a report but its rows.
type head struct {
	run     Run
	summary reconcile.Summary
	plan    *Plan
	parts   *breakdown.Breakdown // nil: the report is older than these
	drawn   bool                 // parts is for charts alone, and not of the report
	files   []FileDigest         // written before this one

	granules func(write func([]byte) error) error // nil: none
}

// counted is the report's "summary".
func (h *head) counted() object {
	return summaryJSON(h.summary, h.summary.Headline(h.run.Command, h.incomplete()))
}

// timeLayout is RFC 3339 to the millisecond, for times in UTC.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// MarshalJSON writes the report's "run".
func (r Run) MarshalJSON() ([]byte, error) {
	digest, err := settingsDigest(r.Settings)
	if err != nil {
		return nil, err
	}
	return strictjson.Marshal(runJSON{
		ID: r.ID, Command: r.Command, Version: r.Version,
		StartedAt:  r.StartedAt.UTC().Format(timeLayout),
		FinishedAt: r.FinishedAt.UTC().Format(timeLayout),
		ElapsedMS:  max(r.FinishedAt.Truncate(time.Millisecond).Sub(r.StartedAt.Truncate(time.Millisecond)).Milliseconds(), 0), // of the times as they stand
		Complete:   r.Complete, Error: r.Error,
		Source: r.Source, Prefix: r.Prefix,
		Targets: list(r.Targets), Rows: r.rows, Notes: list(r.Notes), Shard: r.Shard, Inventories: list(r.Inventories),
		ExitCode: r.ExitCode, Identity: Text(r.Identity), Host: Text(r.Host), JobID: Text(r.JobID),
		GranulesFrom: Text(r.GranulesFrom), Settings: r.Settings, SettingsSHA256: digest, Cost: r.Cost, BatchJobs: list(r.BatchJobs),
	})
}

// runJSON is a Run as it stands in the report.
type runJSON struct {
	ID          string      `json:"id"`
	Command     string      `json:"command"`
	Version     string      `json:"version"`
	StartedAt   string      `json:"started_at"`
	FinishedAt  string      `json:"finished_at"`
	ElapsedMS   int64       `json:"elapsed_ms"`
	Complete    bool        `json:"complete"`
	Error       string      `json:"error"`
	Source      string      `json:"source"`
	Prefix      string      `json:"prefix"`
	Targets     []string    `json:"targets"`
	Rows        Rows        `json:"rows"`
	Notes       []string    `json:"notes"`
	Shard       *Shard      `json:"shard"`
	Inventories []Inventory `json:"inventories"`

	ExitCode       *int           `json:"exit_code"`
	Identity       Text           `json:"identity"`
	Host           Text           `json:"host"`
	JobID          Text           `json:"job_id"`
	GranulesFrom   Text           `json:"granules_from"`
	Settings       map[string]any `json:"settings"`
	SettingsSHA256 Text           `json:"settings_sha256"`
	Cost           *Cost          `json:"cost"`
	BatchJobs      []BatchJob     `json:"batch_jobs"`
}

// settingsDigest is the SHA-256, in hexadecimal, of the settings as compact
// JSON with sorted names: equal digests mean equal settings.
func settingsDigest(settings map[string]any) (Text, error) {
	if settings == nil {
		return "", nil
	}
	text, err := strictjson.Marshal(settings)
	if err != nil {
		return "", fmt.Errorf("settings of the run: %w", err)
	}
	return Text(fmt.Sprintf("%x", sha256.Sum256(text))), nil
}

// list keeps an empty list from being null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// counts does so for a map.
func counts[K ~string](m map[K]int64) map[K]int64 {
	if m == nil {
		return map[K]int64{}
	}
	return m
}
