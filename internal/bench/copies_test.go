package bench

import (
	"testing"
	"time"

	"reconcile/internal/copier"
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
		b.StopTimer()
		w := newWorld(b)
		w.small(n)
		decisions := w.missing()
		w.SetLatency("CopyObject", copyLatency)
		w.SetRate("CopyObject", copiesPerSecond, copyBurst)
		b.StartTimer()
		took := copyAll(b, w.store(), options(), decisions)
		b.StopTimer()
		b.ReportMetric(took.Seconds()/floor, "wall/floor")
		w.reportCopies(b, n, took)
	}
}

// reportCopies reports what copying n objects came to.
func (w *world) reportCopies(b *testing.B, n int, took time.Duration) {
	var requests int64
	for _, count := range w.Requests() {
		requests += count
	}
	refused := w.Refused()["CopyObject"]
	b.ReportMetric(took.Seconds(), "wall-s")
	b.ReportMetric(float64(n)/took.Seconds(), "copies/s")
	b.ReportMetric(float64(refused), "refused")
	b.ReportMetric(float64(requests-refused)/float64(n), "requests/object")
	b.ReportMetric(float64(w.MaxInFlight()["CopyObject"]), "in-flight-max")
	b.ReportMetric(float64(w.Connections()), "connections")
}

// BenchmarkCopiesUnlimited copies small objects as fast as client and server
// can on this machine.
func BenchmarkCopiesUnlimited(b *testing.B) {
	for name, concurrency := range map[string]int{"adaptive": 0, "fixed-128": 128, "fixed-256": 256} {
		b.Run(name, func(b *testing.B) {
			o := options()
			o.Concurrency = concurrency
			for range b.N {
				unlimited(b, o)
			}
		})
	}
}

func unlimited(b *testing.B, o copier.Options) {
	const n = 20_000
	b.StopTimer()
	w := newWorld(b)
	w.small(n)
	decisions := w.missing()
	w.SetLatency("CopyObject", copyLatency)
	used := cpu(b)
	b.StartTimer()
	took := copyAll(b, w.store(), o, decisions)
	b.StopTimer()
	b.ReportMetric((cpu(b) - used).Seconds(), "cpu-s")
	w.reportCopies(b, n, took)
}
