package scan

import (
	"context"
	"fmt"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"testing"

	"reconcile/internal/reconcile"
)

// generated lists n keys per bucket that exist nowhere: they are made when a
// page is asked for.
type generated struct{ n int }

func generatedKey(i int) string { return fmt.Sprintf("key/%09d", i) }

func (g generated) List(_ context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	next, err := strconv.Atoi(req.Token)
	if err != nil {
		next = sort.Search(g.n, func(i int) bool { return generatedKey(i) > req.StartAfter })
	}
	page := reconcile.Page{Objects: make([]reconcile.Object, 0, min(1000, g.n-next))}
	for ; next < g.n && len(page.Objects) < 1000; next++ {
		o := restored(generatedKey(next))
		o.Bucket = req.Bucket
		page.Objects = append(page.Objects, o)
	}
	if next < g.n {
		page.Next = strconv.Itoa(next)
	}
	return page, nil
}

// Memory does not grow with the number of keys: the heap in use while many
// objects go through on both sides (two million with -scan.long) stays within a few
// pages for each of the key ranges.
func TestMemoryDoesNotGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("lists many keys")
	}
	g := generated{amount(150_000, 2_000_000)}
	if raceEnabled {
		g.n = 50_000
	}
	const most = 48 << 20
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	base, peak, n := heap(), uint64(0), 0
	var mu sync.Mutex
	o := options(t)
	o.Streams = 16
	err := New(once(g), o).Run(t.Context(), func(d reconcile.Decision) error {
		mu.Lock()
		defer mu.Unlock()
		if n++; n%(g.n/10) == 0 {
			peak = max(peak, heap())
		}
		if d.Status != reconcile.Present {
			t.Fatalf("%s: need %d, %q", d.Source.Key, d.Need, d.Status)
		}
		return nil
	})
	if err != nil || n != g.n {
		t.Fatalf("%d decisions, %v", n, err)
	}
	if peak > base+most {
		t.Errorf("%d keys: the heap grew by %d KiB", n, (peak-base)>>10)
	}
	t.Logf("%d keys: the heap grew by %d KiB", n, (int64(peak)-int64(base))>>10)
}
