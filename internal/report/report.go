package report

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"time"

	"reconcile/internal/reconcile"
)

// Rows says which outcomes have a row.
type Rows string

// The choices of --report-rows.
const (
	RowsChanges Rows = "changes" // what was done, and what somebody has to look at; see Status.Changed
	RowsAll     Rows = "all"     // every object listed
)

// Options are what a report has to know before the first outcome.
type Options struct {
	Rows        Rows             // empty: RowsChanges
	TempDir     string           // for spilled rows and for uploads; empty: os.TempDir
	Command     string           // stands in for an empty Run.Command
	MemoryLimit int              // bytes of rows kept in memory; 0: 16 MiB
	Now         func() time.Time // for "expires soon"; nil: time.Now
}

// Report collects outcomes in any order and writes them in key order. Make
// one with New, Add outcomes, Write it, Close it.
type Report struct {
	opt Options

	mu      sync.Mutex
	summary reconcile.Summary
	rows    sorter
	err     error // sticky
	lost    int64 // rows that came after err
	sealed  bool  // Write has begun
}

var errSealed = errors.New("the report is being written: too late for another outcome")

// New returns an empty report. Nothing is on disk yet.
func New(opt Options) *Report {
	if opt.Rows == "" {
		opt.Rows = RowsChanges
	}
	if opt.TempDir == "" {
		opt.TempDir = os.TempDir()
	}
	if opt.MemoryLimit <= 0 {
		opt.MemoryLimit = defaultMemory
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return &Report{opt: opt, rows: sorter{limit: min(opt.MemoryLimit, maxMemory), dir: opt.TempDir}}
}

// Add counts an outcome and keeps its row if its status calls for one. It is
// safe for concurrent use.
//
// The error is that of spilling rows to disk, and stays: every later Add
// returns it too. Such outcomes are still counted, their rows are lost, and
// the report that Write writes then says so and is not complete.
func (r *Report) Add(o reconcile.Outcome) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sealed {
		return errSealed
	}
	r.summary.Add(o, r.opt.Now())
	if r.opt.Rows != RowsAll && !o.Status.Changed() {
		return r.err
	}
	if r.err != nil {
		r.lost++
		return r.err
	}
	row := RowOf(o)
	r.err = r.rows.add(&row)
	return r.err
}

// Summary returns a copy of the counts so far.
func (r *Report) Summary() reconcile.Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.summary
	s.Counts, s.Proofs, s.Requests = maps.Clone(s.Counts), maps.Clone(s.Proofs), maps.Clone(s.Requests)
	return s
}

// Close removes the spilled rows. It may be called at any time, also twice;
// a closed report has no rows left.
func (r *Report) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sealed = true
	return r.rows.close()
}

// seal ends the adding and returns the head of the report.
func (r *Report) seal(run Run, requests map[string]int64, plan *Plan) (head, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sealed = true
	r.rows.sort()
	run.rows = r.opt.Rows
	if run.Command == "" {
		run.Command = r.opt.Command
	}
	if run.FinishedAt.IsZero() {
		run.FinishedAt = r.opt.Now()
	}
	if r.err != nil {
		run.Complete = false
		run.Error = strings.TrimSuffix(fmt.Sprintf("%d rows are missing: %v; %s", r.lost, r.err, run.Error), "; ")
	}
	h := head{run: run, summary: r.summary, plan: plan}
	if requests != nil {
		h.summary.Requests = requests
	}
	return h, r.err
}
