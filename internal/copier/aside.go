package copier

import (
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// Two ETags that differ say so only where ETags were seen to be digests; see
// reconcile.Digests. A pair that HEADs have shown before there was such evidence
// is set aside until everything else has been done, and judged then: what is
// found must not depend on the order of the objects.

// asideMemory is how many bytes of pairs wait in memory; the rest is on disk.
const asideMemory = 4 << 20

// aside holds pairs that wait. It is safe for concurrent use.
type aside struct {
	mu   sync.Mutex
	rows *extsort.Sorter
}

// waiting is a pair that waits, and what it has taken so far.
type waiting struct {
	Decision  reconcile.Decision
	Attempts  int64
	Throttled int64
	Elapsed   time.Duration
	// Met says that the target was found when it was to be written: nobody has
	// asked to overwrite that.
	Met bool
}

func newAside(dir string) *aside {
	return &aside{rows: extsort.New(extsort.Options{Dir: dir, Memory: asideMemory, Name: "aside"})}
}

func (a *aside) close() { _ = a.rows.Close() } // what is left is an unnamed file

// add keeps a pair.
func (a *aside) add(w waiting) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rows.Put(&w)
}

// takeUp judges what was set aside, by the evidence there is now.
func (r *running) takeUp() error {
	if r.aside.rows.Len() == 0 {
		return nil
	}
	var g errgroup.Group
	g.SetLimit(r.c.limiter.Max())
	err := r.aside.rows.Each(extsort.As(func(w waiting) error {
		g.Go(func() error { return r.end(r.task(w)) })
		return nil
	}))
	if failed := g.Wait(); failed != nil {
		return failed
	}
	return err
}

// task is a task that goes on with a pair that was set aside.
func (r *running) task(w waiting) *task {
	t := r.c.task(r.contexts, w.Decision)
	t.last, t.met, t.elapsed = true, w.Met, w.Elapsed
	t.attempts.Store(w.Attempts)
	t.throttled.Store(w.Throttled)
	if r.accept.Err() == nil { // else the evidence is not all there
		t.d = t.d.Resolve(r.c.opts.Policy)
	}
	return t
}

// early reports whether the pair, which HEADs have shown and whose decision was
// d, is to be set aside.
func (t *task) early(d reconcile.Decision) bool {
	return !t.last && !t.opts.Endless && d.Need == reconcile.NeedNothing && d.Early(t.opts.Policy)
}

// setAside keeps the pair until the end.
func (t *task) setAside(keep *aside) error {
	t.d.Need = reconcile.NeedLook
	return keep.add(waiting{Decision: t.d, Attempts: t.attempts.Load(), Throttled: t.throttled.Load(), Elapsed: t.elapsed, Met: t.met})
}
