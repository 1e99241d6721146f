// Package progress says how far a run is: in a live area at the bottom of a
// terminal, or as records of the log. It is a package of its own because every
// command that does a job shows it, and neither the pipeline nor the job has to
// know what a terminal is. Terminal, clock and log are passed in.
package progress

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"reconcile/internal/reconcile"
)

// Options say where progress is shown.
type Options struct {
	Command  string
	Terminal *Terminal     // nil: none, and the log is written to instead
	Every    time.Duration // between two records of the log; 0: none
	Log      *slog.Logger
	Now      func() time.Time
	// Expected is how many objects there will probably be; 0: nobody knows.
	Expected   int64
	ExpectedBy string // says of what that is: "as in the last report"
}

// Meter counts what a run does. All methods but Watch are safe for concurrent
// use, and may be called on nil.
type Meter struct {
	opts   Options
	listed atomic.Bool // to the end

	found                  atomic.Int64 // objects that the listings settled
	began, ended           atomic.Int64 // those that they did not
	beganBytes, endedBytes atomic.Int64
	compared, comparedSize atomic.Int64 // objects of which both sides were looked at, and their bytes

	mu      sync.Mutex
	expires map[time.Time]int64 // restored copies that are to be copied, by when they lapse
	awaited Awaited
}

// Awaited are restores that are under way.
type Awaited struct {
	Objects int64
	Next    time.Time // when they are looked for again
	By      time.Time // when all of them are expected; zero: nobody knows
}

// maxExpiries bounds the memory of expires. S3 rounds them to midnight UTC.
const maxExpiries = 4096

// New returns a meter.
func New(o Options) *Meter { return &Meter{opts: o, expires: map[time.Time]int64{}} }

// Begin counts an object about which something is to be done.
func (m *Meter) Begin(o *reconcile.Object) {
	if m == nil {
		return
	}
	m.began.Add(1)
	m.beganBytes.Add(o.Size)
	if at := o.Restore.Expiry; !at.IsZero() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.expires[at] > 0 || len(m.expires) < maxExpiries {
			m.expires[at]++
		}
	}
}

// End counts that it was done, whatever came of it.
func (m *Meter) End(o *reconcile.Outcome) {
	if m == nil {
		return
	}
	m.ended.Add(1)
	m.endedBytes.Add(o.Source.Size)
	if at := o.Source.Restore.Expiry; !at.IsZero() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.expires[at]--; m.expires[at] <= 0 {
			delete(m.expires, at)
		}
	}
}

// Found counts an object about which nothing had to be done.
func (m *Meter) Found() {
	if m != nil {
		m.found.Add(1)
	}
}

// Compared counts an outcome that rests on a comparison.
func (m *Meter) Compared(o *reconcile.Outcome) {
	if m == nil {
		return
	}
	switch o.Status {
	case reconcile.Copied, reconcile.Present, reconcile.Differs:
		m.compared.Add(1)
		m.comparedSize.Add(o.Source.Size)
	}
}

// Await says which restores are waited for from now on; the zero value: none.
func (m *Meter) Await(a Awaited) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.awaited = a
}

// Listed says that the listings have come to their end.
func (m *Meter) Listed() {
	if m != nil {
		m.listed.Store(true)
	}
}

// soonest needs the lock. It is when the first of the restored copies lapses that are to be copied;
// zero: none does.
func (m *Meter) soonest() (first time.Time) {
	for at := range m.expires {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// Pause takes the live area off the terminal until resume is called: somebody is
// asked something.
func (m *Meter) Pause() (resume func()) {
	if m == nil || m.opts.Terminal == nil {
		return func() {}
	}
	return m.opts.Terminal.pause()
}
