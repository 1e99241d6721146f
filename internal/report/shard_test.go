package report

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"reconcile/internal/reconcile"
)

// TestAddWhileWriting: an outcome is either refused or in the report, whoever
// adds while it is written.
func TestAddWhileWriting(t *testing.T) {
	for range 20 {
		r := newReport(t, Options{Rows: RowsChanges})
		var taken atomic.Int64
		var group sync.WaitGroup
		begun := make(chan struct{}, 8)
		for range cap(begun) {
			group.Go(func() {
				o := outcome("k", reconcile.Present)
				for i := 0; r.Add(o) == nil; i++ {
					taken.Add(1)
					if i == 10 {
						begun <- struct{}{}
					}
				}
			})
		}
		for range cap(begun) {
			<-begun
		}
		var out strings.Builder
		err := r.Write(context.Background(), testRun, nil, nil, []Destination{{Path: "-", Format: JSON}}, Sinks{Stdout: &out})
		if err != nil {
			t.Fatal(err)
		}
		group.Wait()
		head, _ := decode(t, out.String())
		if got := head["summary"].(map[string]any)["present"]; got != float64(taken.Load()) {
			t.Fatalf("%v in the report, %d taken", got, taken.Load())
		}
	}
}

// TestSpillFailsForAll: after a row was lost, outcomes without a row are
// counted, and their callers hear of it too.
func TestSpillFailsForAll(t *testing.T) {
	r := newReport(t, Options{Rows: RowsChanges, TempDir: filepath.Join(t.TempDir(), "none"), MemoryLimit: 1 << 10})
	var failed error
	var n int64
	for ; failed == nil && n < 1000; n++ {
		failed = r.Add(outcome("k", reconcile.Copied))
	}
	for range 100 {
		if err := r.Add(outcome("k", reconcile.Present)); err != failed || err == nil {
			t.Fatalf("%v, then %v", failed, err)
		}
	}
	if s := r.Summary(); s.Scanned != n+100 || s.Counts[reconcile.Present] != 100 {
		t.Errorf("%d added: %+v", n+100, s)
	}
}

// BenchmarkAddWithoutRow is what nearly every object of a run costs.
func BenchmarkAddWithoutRow(b *testing.B) {
	r := newReport(b, Options{Rows: RowsChanges})
	o := outcome("granules/2026/11/23/scene.hdf", reconcile.Present)
	b.ReportAllocs()
	b.SetParallelism(max(1, 16/runtime.GOMAXPROCS(0))) // as many as a scan has
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := r.Add(o); err != nil {
				b.Fatal(err)
			}
		}
	})
}
