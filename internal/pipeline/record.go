package pipeline

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"reconcile/internal/granule"
	"reconcile/internal/progress"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/selection"
)

// recorder takes outcomes, from several goroutines at a time.
type recorder struct {
	command  string
	now      func() time.Time
	report   *report.Report
	log      *slog.Logger
	meter    *progress.Meter
	also     func(reconcile.Outcome) error // nil: nobody
	reported bool                          // somebody gets the report
	granules *selection.Rollup             // nil: there are none

	routed  routed
	named   atomic.Int64 // objects that the log has named
	several sync.Map     // key of an object that is a file of several granules, to all of them
}

// namedAtMost is how many objects that need attention the log names.
const namedAtMost = 10

// add takes what came of an object that was begun.
func (r *recorder) add(o reconcile.Outcome) error {
	r.meter.End(&o)
	return r.record(o)
}

// settle takes what came of one about which nothing had to be done.
func (r *recorder) settle(o reconcile.Outcome) error {
	r.meter.Found()
	return r.record(o)
}

// record hands an outcome to the report, and names the first few that make the
// run end with exit code 3: not every run has a report that somebody reads.
func (r *recorder) record(o reconcile.Outcome) error {
	r.meter.Compared(&o)
	if o.Evidence != "" && o.VerifiedAt.IsZero() {
		o.VerifiedAt = r.now()
	}
	if o.Status.Breaks(r.command) {
		r.name(o)
	}
	r.routed.count(&o)
	if r.also != nil {
		if err := r.also(o); err != nil {
			return err
		}
	}
	if err := r.rollInto(r.granules, &o); err != nil {
		return err
	}
	return r.report.Add(o)
}

func (r *recorder) name(o reconcile.Outcome) {
	switch n := r.named.Add(1); {
	case n <= namedAtMost:
		attrs := []any{"target", o.Target.String()}
		if o.Source.Key != "" { // an orphan has none
			attrs = append([]any{"source", o.Source.Location.String()}, attrs...)
		}
		if o.ErrorKind != "" {
			attrs = append(attrs, "kind", string(o.ErrorKind))
		}
		r.log.Warn(string(o.Status), append(attrs, "why", o.Message)...)
	case n == namedAtMost+1 && r.reported:
		r.log.Warn("more objects need attention: the report has them all")
	case n == namedAtMost+1:
		r.log.Warn("more objects need attention: --report has them all")
	}
}

// shared notes an object that is a file of several granules: its row has room
// for one.
func (r *recorder) shared(key string, all []granule.ID) {
	r.several.Store(key, all)
}

// rollInto hands an outcome to the granules that it is a file of.
func (r *recorder) rollInto(sums *selection.Rollup, o *reconcile.Outcome) error {
	if sums == nil || o.GranuleID == "" {
		return nil
	}
	ids := []granule.ID{{Collection: o.CollectionID, Granule: o.GranuleID}}
	if all, ok := r.several.Load(o.Source.Key); ok {
		ids = all.([]granule.ID)
	}
	return sums.Add(ids, o)
}

// routed counts the objects that belong into each archive bucket. The zero value
// counts nothing. It is safe for concurrent use.
type routed struct {
	router *reconcile.Router
	by     map[string]*atomic.Int64 // bucket
}

func newRouted(router *reconcile.Router) routed {
	r := routed{router, map[string]*atomic.Int64{}}
	for _, bucket := range router.Buckets() {
		r.by[bucket] = &atomic.Int64{}
	}
	return r
}

func (r routed) count(o *reconcile.Outcome) {
	bucket := o.Target.Bucket
	if r.router != nil && bucket == "" && o.Status != reconcile.Excluded {
		bucket = r.router.Route(o.Source.Key).Cursor.Bucket
	}
	if n := r.by[bucket]; n != nil {
		n.Add(1)
	}
}

func (r routed) counts() map[string]int64 {
	all := map[string]int64{}
	for bucket, n := range r.by {
		all[bucket] = n.Load()
	}
	return all
}
