package bench

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
)

// copyLatency is how long one small CopyObject takes.
const copyLatency = 60 * time.Millisecond

// The service of BenchmarkCopiesUnderARate.
const (
	copiesPerSecond = 300
	copyBurst       = 50
)

// BenchmarkCopiesUnderARate copies 6,000 small objects where the service takes
// 300 copies a second and refuses what comes faster.
func BenchmarkCopiesUnderARate(b *testing.B) {
	const n = 6000
	floor := float64(n-copyBurst) / copiesPerSecond
	for range b.N {
		w := newWorld(b)
		w.small(n)
		w.SetLatency("CopyObject", copyLatency)
		w.SetRate("CopyObject", copiesPerSecond, copyBurst)
		m := measure(w, options(), w.missing())
		b.ReportMetric(m.took.Seconds()/floor, "wall/floor")
		m.report(b, w)
	}
}

// BenchmarkCopiesUnlimited copies small objects as fast as client and server
// can on this machine. The first is the ceiling of the others: the same
// requests, signed beforehand and sent by net/http with nothing around it.
func BenchmarkCopiesUnlimited(b *testing.B) {
	const n = 20_000
	b.Run("plain-http-256", func(b *testing.B) {
		for range b.N {
			w := newWorld(b)
			w.small(n)
			w.SetLatency("CopyObject", copyLatency)
			requests := w.signedCopies()
			used := cpu(b)
			took := sendAll(b, requests, 256)
			m := measured{n: n, took: took, cpu: cpu(b) - used}
			m.report(b, w)
		}
	})
	for _, o := range []struct {
		name string
		copier.Options
	}{
		{"adaptive", copier.Options{}},
		{"fixed-128", copier.Options{Concurrency: 128}},
		{"fixed-256", copier.Options{Concurrency: 256}},
	} {
		b.Run(o.name, func(b *testing.B) {
			for range b.N {
				w := newWorld(b)
				w.small(n)
				w.SetLatency("CopyObject", copyLatency)
				all := options()
				all.Concurrency = o.Concurrency
				m := measure(w, all, w.missing())
				m.report(b, w)
			}
		})
	}
}

// measured is what carrying decisions out came to.
type measured struct {
	n        int
	took     time.Duration
	cpu      time.Duration // of this process: client and server
	inFlight int64         // the most copies and parts that the client had under way at a time
	busy     time.Duration // what they took, together
}

// measure carries decisions out.
func measure(w *world, o copier.Options, decisions []reconcile.Decision) measured {
	w.tb.Helper()
	store := &counting{Store: w.store()}
	used := cpu(w.tb)
	took := copyAll(w.tb, store, o, decisions)
	return measured{len(decisions), took, cpu(w.tb) - used, store.highest.Load(), time.Duration(store.busy.Load())}
}

func (m measured) report(b *testing.B, w *world) {
	b.Helper()
	var requests, refused int64
	for _, count := range w.Requests() {
		requests += count
	}
	for _, count := range w.Refused() {
		refused += count
	}
	b.ReportMetric(0, "ns/op") // the seeding is in it
	b.ReportMetric(m.took.Seconds(), "wall-s")
	b.ReportMetric(m.cpu.Seconds(), "cpu-s")
	b.ReportMetric(float64(m.n)/m.took.Seconds(), "copies/s")
	b.ReportMetric(float64(refused), "refused")
	b.ReportMetric(float64(requests-refused)/float64(m.n), "requests/object")
	b.ReportMetric(float64(w.Connections()), "connections")
	if m.inFlight > 0 {
		b.ReportMetric(float64(m.inFlight), "in-flight-max")
	}
}

// counting counts the copies and parts that a client has under way.
type counting struct {
	copier.Store
	now, highest, busy atomic.Int64
}

func (c *counting) begin() (end func()) {
	n := c.now.Add(1)
	for high := c.highest.Load(); n > high && !c.highest.CompareAndSwap(high, n); {
		high = c.highest.Load()
	}
	began := time.Now()
	return func() {
		c.now.Add(-1)
		c.busy.Add(int64(time.Since(began)))
	}
}

func (c *counting) Copy(ctx context.Context, r reconcile.CopyRequest) (reconcile.Written, error) {
	defer c.begin()()
	return c.Store.Copy(ctx, r)
}

func (c *counting) CopyPart(ctx context.Context, r reconcile.PartRequest) (reconcile.Part, error) {
	defer c.begin()()
	return c.Store.CopyPart(ctx, r)
}
