package inventory

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"flag"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// bigFile is a CSV file of n rows in no order, of smallSchema.
func bigFile(n, of, files int) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	for i := of; i < n; i += files {
		key := fmt.Sprintf("granules/2026/%08x/scene-%07d.hdf", uint32(i)*2654435761, i)
		etag := fmt.Sprintf("%x", md5.Sum([]byte(key)))
		io.WriteString(w, line(key, "true", "false", fmt.Sprint(i), "2026-11-24T01:02:03.004Z", etag, "DEEP_ARCHIVE")+"\n")
	}
	w.Close()
	return b.Bytes()
}

// bigInventory has n rows in eight files.
func bigInventory(n int) *objects {
	var files [][]byte
	for i := range 8 {
		files = append(files, bigFile(n, i, 8))
	}
	return made("CSV", smallSchema, files, nil)
}

// heapPeak looks at the heap until stop is closed, and then sends its peak in
// bytes.
func heapPeak(stop chan struct{}) chan uint64 {
	peak := make(chan uint64)
	go func() {
		var most uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return peak
}

var memoryRows = flag.Int("memory.rows", 30_000, "rows of TestMemory")

var long = flag.Int("long", 1, "how many times as many bytes are flipped and requests sent")

// TestMemory: a million rows take no more memory than the package says, and
// nothing of it stays afterwards but the first keys of the blocks.
func TestMemory(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("many rows")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	rows := *memoryRows
	s := bigInventory(rows)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	stop := make(chan struct{})
	peak := heapPeak(stop)
	start := time.Now()
	l := loaded(t, options(t, s))
	took := time.Since(start)
	close(stop)
	most := <-peak - before.HeapAlloc
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	perBlock := int64(0)
	for _, b := range l.blocks {
		perBlock += int64(len(b.first)) + 32
	}
	t.Logf("loaded in %v; heap up to %d MiB, then %d KiB; %d blocks of %d MiB, %d KiB of index",
		took, most>>20, kept>>10, len(l.blocks), l.file.size>>20, perBlock>>10)
	if most > min(100, 40+uint64(rows)/12_500)<<20 {
		t.Errorf("heap of %d MiB", most>>20)
	}
	if kept > 2<<20 {
		t.Errorf("%d KiB stay for %d blocks", kept>>10, len(l.blocks))
	}
	n := 0
	for req := (reconcile.ListRequest{Bucket: theBucket}); ; {
		page, err := l.List(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Objects)
		if req.Token = page.Next; req.Token == "" {
			break
		}
	}
	if n != rows {
		t.Errorf("%d objects", n)
	}
}

func BenchmarkLoadCSV(b *testing.B) { benchmarkLoad(b, bigInventory(200_000), 200_000) }

func BenchmarkLoadParquet(b *testing.B) {
	f := tempOf(b, readFixture(b, "parquet-1.parquet"))
	n := 0
	for b.Loop() {
		if err := decodeParquet(b.Context(), f, nil, func(*row) error { n++; return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}

func benchmarkLoad(b *testing.B, s *objects, rows int) {
	b.ReportAllocs()
	for b.Loop() {
		l, err := Load(b.Context(), options(b, s))
		if err != nil {
			b.Fatal(err)
		}
		l.Close()
	}
	b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkList(b *testing.B) {
	l := loaded(b, options(b, bigInventory(200_000)))
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n += len(listAll(b, l, reconcile.ListRequest{Bucket: theBucket}))
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "objects/s")
}
