package report

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// heapWriter takes the report and looks at the heap every 16 MiB.
type heapWriter struct {
	written int64
	looked  int64
	peak    uint64
}

func (w *heapWriter) Write(p []byte) (int, error) {
	w.written += int64(len(p))
	if w.written-w.looked >= 16<<20 {
		w.looked = w.written
		w.look()
	}
	return len(p), nil
}

func (w *heapWriter) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	w.peak = max(w.peak, m.HeapAlloc)
}

var (
	memoryRows = flag.Int("memory.rows", 40_000, "rows of TestMemory")
	long       = flag.Int("long", 1, "how many times as many random rounds there are")
)

// TestMemory: a million rows, 380 MiB of records and 1 GiB of JSON, and what of
// it is the default, take no more than a few times the memory limit.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("many rows")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	runtime.GC() // of other tests' garbage
	rows, limit := *memoryRows, 8<<20
	r := newReport(t, Options{MemoryLimit: limit})
	w := &heapWriter{}
	start := time.Now()
	for i := range rows {
		o := outcome(fmt.Sprintf("granules/%08x/scene.hdf", uint32(i)*2654435761), reconcile.Copied)
		add(t, r, o)
		if i%100_000 == 0 {
			w.look()
		}
	}
	added := time.Since(start)
	err := r.Write(t.Context(), testRun, nil, nil, []Destination{{"-", JSON}}, Sinks{Stdout: w})
	if err != nil {
		t.Fatal(err)
	}
	runs, spilled := r.rows.Spilled()
	t.Logf("%d runs, spilled %d MiB, written %d MiB; heap up to %d MiB; added in %s, written in %s",
		runs, spilled>>20, w.written>>20, w.peak>>20, added, time.Since(start)-added)
	if w.peak > uint64(6*limit) {
		t.Errorf("heap of %d MiB under a limit of %d MiB", w.peak>>20, limit>>20)
	}
}

func BenchmarkAdd(b *testing.B) {
	r := newReport(b, Options{})
	o := outcome("granules/2026/11/23/scene.hdf", reconcile.Copied)
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Add(o); err != nil {
			b.Fatal(err)
		}
	}
}
