package s3sim

import (
	"context"
	"flag"
	"fmt"
	"io"
	"iter"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"
)

func init() { debug.SetGCPercent(400) } // heap collects by itself

// million yields tiny objects of which a third is restored.
func million(n int) iter.Seq2[string, Object] {
	expiry := time.Now().Add(72 * time.Hour)
	return func(yield func(string, Object) bool) {
		for i := range n {
			o := Object{Size: int64(i % 500), ContentSeed: uint64(i), StorageClass: "GLACIER"}
			if i%3 == 0 {
				o.Restore, o.RestoreExpiry = "restored", expiry
			}
			if !yield(fmt.Sprintf("data/2024/%03d/granule-%07d.hdf", i%1000, i), o) {
				return
			}
		}
	}
}

var scale = flag.Int("scale", 30_000, "objects of TestMillionObjects; TestListingEqualsTheReference lists once for 600 of them")

// TestMillionObjects: a million objects, and the part of it that is the
// default, take at most 210 bytes each and are listed.
func TestMillionObjects(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("takes much memory")
	}
	s := start(t, Config{})
	before := heap()
	begun := time.Now()
	s.Seed("glacier", million(*scale))
	seeded := time.Since(begun)
	grown := heap() - before
	t.Logf("seeded in %v, %d MiB", seeded, grown>>20)
	if most := uint64(*scale) * 200 << 20 / 1_000_000; grown > most {
		t.Errorf("%d objects take %d MiB, more than %d", *scale, grown>>20, most>>20)
	}
	for range 2 {
		cpu := cpuTime()
		begun = time.Now()
		keys := listRaw(t, s, "glacier")
		t.Logf("listed %d keys in %v, %v CPU for both sides", keys, time.Since(begun), cpuTime()-cpu)
		if keys != *scale {
			t.Errorf("listed %d keys", keys)
		}
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// listRaw lists a bucket without decoding more than the token.
func listRaw(t testing.TB, s *Server, bucket string) int {
	keys, token := 0, ""
	for {
		query := "list-type=2&encoding-type=url"
		if token != "" {
			query += "&continuation-token=" + awsEscape(token, false)
		}
		req, err := http.NewRequestWithContext(context.Background(), "GET", s.URL()+"/"+bucket+"?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("x-amz-optional-object-attributes", "RestoreStatus")
		signRequest(s, req, emptySHA256, time.Now())
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(resp.Status, err, string(body[:min(len(body), 300)]))
		}
		text := string(body)
		keys += strings.Count(text, "<Contents>")
		_, rest, ok := strings.Cut(text, "<NextContinuationToken>")
		if !ok {
			return keys
		}
		token, _, _ = strings.Cut(rest, "<")
	}
}

func BenchmarkListPage(b *testing.B) {
	s := start(b, Config{})
	s.Seed("glacier", million(100_000))
	listRaw(b, s, "glacier")
	b.ReportAllocs()
	for b.Loop() {
		listRaw(b, s, "glacier")
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "keys/s")
}

func BenchmarkSeed(b *testing.B) {
	s := start(b, Config{})
	b.ReportAllocs()
	for b.Loop() {
		s.Seed("glacier", million(100_000))
	}
}

func BenchmarkPut(b *testing.B) {
	s := start(b, Config{})
	for i := 0; b.Loop(); i++ {
		s.Put("glacier", fmt.Sprintf("data/granule-%07d.hdf", i), Object{Size: int64(i % 500), ContentSeed: uint64(i)})
	}
}

func BenchmarkPutLarge(b *testing.B) {
	s := start(b, Config{})
	for i := 0; b.Loop(); i++ {
		s.Put("glacier", fmt.Sprintf("data/granule-%07d.hdf", i), Object{Size: 10 << 20, ContentSeed: uint64(i)})
	}
}

func BenchmarkCopyObject(b *testing.B) {
	s := start(b, Config{})
	s.Put("glacier", "k", Object{Size: 1000})
	for b.Loop() {
		req, err := http.NewRequest("PUT", s.URL()+"/archive/k", nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("x-amz-copy-source", "glacier/k")
		signRequest(s, req, emptySHA256, time.Now())
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}
