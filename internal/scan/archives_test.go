package scan

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
)

// lists is a bucket for each name, each with the keys of its own.
type lists struct {
	buckets map[string]*paged
	mu      sync.Mutex
	sent    int
}

type paged struct{ keys []string }

func (l *lists) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	l.mu.Lock()
	l.sent++
	l.mu.Unlock()
	time.Sleep(40 * time.Millisecond)
	all, after := l.buckets[req.Bucket].keys, req.StartAfter
	if req.Token != "" {
		after = req.Token
	}
	all = all[sort.Search(len(all), func(i int) bool { return all[i] > after }):]
	page := reconcile.Page{Objects: make([]reconcile.Object, 0, min(1000, len(all)))}
	for _, key := range all[:cap(page.Objects)] {
		page.Objects = append(page.Objects, restored(key))
	}
	if len(all) > 1000 {
		page.Next = all[999]
	}
	return page, ctx.Err()
}

// However many archives there are, dividing the work costs what it may cost:
// each of them has a last page that reaches over the end of a key range.
func TestCutsOfManyArchivesArePaidFor(t *testing.T) {
	t.Parallel()
	for _, archives := range []int{1, 2, 4, 8} {
		for _, n := range []int{amount(16_000, 20_000), amount(20_000, 100_000)} {
			l := &lists{buckets: map[string]*paged{"source": {}}}
			byExtension := map[string]string{}
			for i := range archives {
				bucket := fmt.Sprint("archive", i)
				byExtension[fmt.Sprint("e", i)], l.buckets[bucket] = bucket, &paged{}
			}
			floor := (n + 999) / 1000
			for i := range n {
				key := fmt.Sprintf("MOD09GQ/%03d/granule.%07d.e%d", i/1000, i, i%archives)
				l.buckets["source"].keys = append(l.buckets["source"].keys, key)
				b := l.buckets[fmt.Sprint("archive", i%archives)]
				b.keys = append(b.keys, key)
			}
			for i := range archives {
				floor += (len(l.buckets[fmt.Sprint("archive", i)].keys) + 999) / 1000
			}
			heads, decided := 0, 0
			synctest.Test(t, func(t *testing.T) {
				o := options(t)
				o.Streams = 16
				var err error
				if o.Router, err = reconcile.NewRouter(nil, reconcile.Archives{Map: byExtension}); err != nil {
					t.Fatal(err)
				}
				var mu sync.Mutex
				err = New(once(l), o).Run(t.Context(), func(d reconcile.Decision) error {
					mu.Lock()
					defer mu.Unlock()
					decided++
					if d.Unseen {
						heads++
					}
					return nil
				})
				if err != nil || decided != n {
					t.Fatal(decided, err)
				}
			})
			t.Logf("%d archives, %d keys: %d LISTs and %d HEADs, floor %d", archives, n, l.sent, heads, floor)
			if extra, most := l.sent-floor, float64(8+3*archives)+wasteFor(l.sent)*5/4; float64(extra)+float64(heads)/12.5 > most {
				t.Errorf("%d archives, %d keys: %d LISTs beyond the floor of %d and %d HEADs; what may be wasted are %.0f", archives, n, extra, floor, heads, most)
			}
		}
	}
}
