package scan

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

func TestReviewShardsScale(t *testing.T) {
	g := generated{1_000_000_000}
	for _, n := range []int{16, 64, 128, 256} {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		o := options(t)
		s := sampler{ctx: t.Context(), lister: g, opts: o}
		if err := s.sample(samplesPerShard * n); err != nil {
			t.Fatal(err)
		}
		ranges := s.divide(n)
		took := time.Since(began)
		runtime.GC()
		runtime.ReadMemStats(&after)
		fmt.Println(n, "shards", took, (after.HeapAlloc-before.HeapAlloc)>>20, "MiB", len(ranges), len(s.regions))
		runtime.KeepAlive(&s)
	}
}

func TestReviewCheckShardsEmpty(t *testing.T) {
	if err := CheckShards([]Range{{"z", "z"}, {"z", "a"}}); err == nil {
		t.Error("ranges that hold no key at all are said to hold every key")
	}
}
