package report

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
	"reconcile/internal/report/breakdown"
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
	Command     string           // stands in for an empty Run.Command; says what is looked for
	JobID       string           // of every row that Add makes
	Catalog     bool             // an audit has a catalog
	MemoryLimit int              // bytes of rows kept in memory; 0: 16 MiB
	Now         func() time.Time // for "expires soon", called concurrently; nil: time.Now
}

// Report collects outcomes in any order and writes them in key order. Make
// one with New, Add outcomes, Write it, Close it.
type Report struct {
	opt Options

	counts counters

	mu     sync.Mutex // of the rows
	rows   *extsort.Sorter
	record []byte            // of the last row, to be used again
	err    error             // sticky
	lost   int64             // rows that came after err
	sealed bool              // Write has begun
	unseen reconcile.Summary // AddCounts'

	granules func(write func([]byte) error) error // writes them as a JSON array; nil: none were named
	clock    *breakdown.Clock                     // nil: nobody looked
	before   *breakdown.Counter                   // of the report that this one is a snapshot of; nil: it is none
	course   *breakdown.Timeline                  // of that one

	kept *Head // Keep's; nil: the head is this report's own
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
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return &Report{opt: opt, rows: extsort.New(extsort.Options{
		Dir: opt.TempDir, Memory: opt.MemoryLimit, Name: "rows",
	})}
}

// Add counts an outcome and keeps its row if it calls for one. It is
// safe for concurrent use; where no row is kept, callers do not wait for one
// another.
//
// The error is that of spilling rows to disk, and stays: every later Add
// returns it too. Such outcomes are still counted, their rows are lost, and
// the report that Write writes then says so and is not complete.
func (r *Report) Add(o reconcile.Outcome) error {
	sized := o.Source.Key != "" || o.TargetSeen
	if r.opt.Rows != RowsAll && !o.Changed() {
		return r.counts.add(&o, sized, r.opt.Now)
	}
	row := rowOf(&o)
	row.JobID = Text(r.opt.JobID)
	return r.keepRow(&o, &row, sized)
}

// AddRow is Add for a row of another report, which is kept as it is. The error
// may also be that it is no row.
func (r *Report) AddRow(row Row) error {
	o, err := row.Outcome()
	if err != nil {
		return err
	}
	sized := row.SizeBytes != nil || row.SourceKey == "" && row.TargetSizeBytes != nil
	if r.opt.Rows != RowsAll && !o.Changed() {
		return r.counts.add(&o, sized, r.opt.Now)
	}
	return r.keepRow(&o, &row, sized)
}

// AddCounts counts outcomes that have no row anywhere: another report has left
// them out. Its Requests are not looked at; its NotLookedFor, where there is
// one, takes the place of what the command says.
func (r *Report) AddCounts(s reconcile.Summary) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unseen.AddCounts(s)
	if s.NotLookedFor != nil {
		r.unseen.NotLookedFor = s.NotLookedFor
	}
}

// Keep makes the report one of another run: its head, which is written as it
// was read, whatever run, requests and plan Write is called with.
func (r *Report) Keep(head Head) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = &head
}

// keepRow counts an outcome and keeps its row.
func (r *Report) keepRow(o *reconcile.Outcome, row *Row, sized bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sealed {
		return errSealed
	}
	if err := r.counts.add(o, sized, r.opt.Now); err != nil {
		r.lost++
		return err
	}
	r.record = row.AppendRecord(r.record[:0])
	if r.err = r.rows.Add(r.record); r.err != nil {
		r.lost++
		r.counts.fail(r.err)
	}
	return r.err
}

// SetGranules has the JSON report end in "granules": write is given an array of
// what became of each granule that was named, a part at a time, once for each
// JSON report.
func (r *Report) SetGranules(each func(write func([]byte) error) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.granules = each
}

// Snapshot returns a report of its own, to be closed, of what this one has so
// far. More can be added to both.
func (r *Report) Snapshot() (*Report, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := New(r.opt)
	s.unseen = r.sum()
	s.before, s.course = r.parts(), r.timeline()
	if err := r.rows.SoFar(s.rows.Add); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Summary returns the counts so far.
func (r *Report) Summary() reconcile.Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sum()
}

// sum needs the lock.
func (r *Report) sum() reconcile.Summary {
	s := r.counts.sum()
	s.AddCounts(r.unseen)
	s.NotLookedFor = r.notLookedFor()
	return s
}

// notLookedFor needs the lock.
func (r *Report) notLookedFor() map[reconcile.Status]bool {
	if r.unseen.NotLookedFor != nil {
		return r.unseen.NotLookedFor
	}
	return reconcile.NotLookedFor(r.opt.Command, r.opt.Catalog)
}

// Close removes the spilled rows. It may be called at any time, also twice;
// a closed report has no rows left.
func (r *Report) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop()
	return r.rows.Close()
}

// stop ends the adding.
func (r *Report) stop() {
	r.sealed = true
	r.counts.seal()
}

// seal ends the adding and returns the head of the report.
func (r *Report) seal(run Run, requests map[string]int64, plan *Plan) (head, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop()
	r.rows.Sort()
	if r.kept != nil {
		h := head{run: r.kept.Run, summary: r.kept.Summary, plan: r.kept.Plan, parts: r.kept.Breakdown}
		if granules := r.kept.Granules; granules != nil {
			h.granules = func(write func([]byte) error) error { return write(granules) }
		}
		if h.parts == nil && r.kept.Rows == RowsAll { // of an older version: what can be counted is drawn
			h.parts, h.drawn = r.counts.parts().Breakdown(), true
			h.parts.Granules = granuleStates(h.granules)
		}
		return h, r.err
	}
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
	h := head{run: run, summary: r.sum(), plan: plan, granules: r.granules, parts: r.breakdown()}
	if requests != nil {
		h.summary.Requests = requests
	}
	return h, r.err
}
