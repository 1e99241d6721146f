package bench

import (
	"testing"

	"reconcile/internal/s3sim"
)

const (
	mib = 1 << 20
	gib = 1 << 30
)

// BenchmarkParts copies a synthetic object of 100 GiB by parts. S3 is said to
// copy 32 MiB a second in one stream; the simulator is given 16 times that, so
// that a benchmark takes seconds: what is measured is how much of the time the
// streams stand idle, and that grows with the rate.
func BenchmarkParts(b *testing.B) {
	const (
		size = 100 * gib
		rate = 16 * 32 * mib
	)
	for _, concurrency := range []int{0, 16, 64} {
		name := map[int]string{0: "adaptive", 16: "fixed-16", 64: "fixed-64"}[concurrency]
		b.Run(name, func(b *testing.B) {
			for range b.N {
				w := newWorld(b)
				w.Seed(glacier, func(yield func(string, s3sim.Object) bool) { yield("large.hdf", restored(size, 1)) })
				w.SetBandwidth(rate)
				o := options()
				o.Concurrency = concurrency
				m := measure(w, o, w.missing())
				mean := m.busy.Seconds() / m.took.Seconds()
				perSecond := size / m.took.Seconds()
				b.ReportMetric(mean, "in-flight-mean")
				b.ReportMetric(perSecond/(mean*rate), "of-mean*rate")
				b.ReportMetric(perSecond/(float64(m.inFlight)*rate), "of-max*rate")
				b.ReportMetric(float64(w.Requests()["UploadPartCopy"]), "parts")
				b.ReportMetric(size/gib/m.took.Seconds(), "GiB/s")
				m.report(b, w)
			}
		})
	}
}
