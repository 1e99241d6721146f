// Package job carries out one job: it takes what the job needs for itself
// (journal, lock), has the work done, delivers the report whatever has happened,
// gives back what it took, and says what the job came to. Commands, events and
// the Lambda function differ in the work alone.
package job

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"log/slog"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/copier"
	"reconcile/internal/progress"
	"reconcile/internal/report"
	"reconcile/internal/retry"
	"reconcile/internal/s3store"
)

// Job is one job to be carried out. Make one with New; Do it once.
type Job struct {
	config.Settings
	ID             string               // of the run
	Deadline       time.Duration        // after the start; 0: none. That of the settings, or an earlier one
	Reports        []report.Destination // with the run's id in their paths
	Store          *s3store.Store
	Log            *slog.Logger
	Stdout, Stderr io.Writer
	Terminal       *progress.Terminal // that Stderr is, with a live area; nil: there is none
	Stdin          io.Reader          // of lists that are named -; nil: there is none
	Again          string             // the command line that does this job, for a shell; empty: it is not known

	// Learned is what earlier jobs of this process have learned of the servers;
	// nil: nothing.
	Learned *copier.Learned
	// JournalOnDemand opens a journal in a bucket when an object is to be copied
	// by parts, and not before.
	JournalOnDemand bool
	// EmbeddedMetrics writes a line of metrics in CloudWatch's embedded format.
	EmbeddedMetrics bool

	tempDir string
	sent    requests
	again   s3store.Repeating            // for what the job does for itself
	signed  func([]byte) ([]byte, error) // of manifests; nil: they are not signed
}

// New returns a job with an id of its own.
func New(s config.Settings, store *s3store.Store, log *slog.Logger, stdout, stderr io.Writer) *Job {
	id := newID(time.Now())
	if s.Report.JobID != "" {
		log = log.With("job_id", s.Report.JobID)
	}
	return &Job{
		Settings: s, ID: id, Store: store, Log: log, Stdout: stdout, Stderr: stderr, sent: requests{store, store.RequestsByBucket()},
		Deadline: s.Deadline, Reports: config.ReportsOf(s.Reports, id),
		again: s3store.Repeating{Store: store, Retrier: retry.New(s.Retry)},
	}
}

// newID names a run: when it began, and something to tell two of a second
// apart.
func newID(started time.Time) string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return started.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

// prepare makes ready what every job needs for itself. What is wrong about it is
// found before anything is touched.
func (j *Job) prepare() (err error) {
	if j.signed, err = signing(j.SignKey); err != nil {
		return err
	}
	return j.findTemp()
}

func (j *Job) files() files { return files{j.again, j.Stdin} }
