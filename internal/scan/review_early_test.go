package scan

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
)

type early struct {
	paged
	sent atomic.Int64
	cost time.Duration // after the word
}

func (e *early) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	e.sent.Add(1)
	page, err := e.paged.List(context.Background(), req)
	time.Sleep(30 * time.Millisecond)
	if page.Next != "" && req.Early != nil {
		req.Early(page.Next)
	}
	select {
	case <-time.After(e.cost):
	case <-ctx.Done():
		return reconcile.Page{}, ctx.Err()
	}
	return page, err
}

func TestReviewEarlyWaste(t *testing.T) {
	for _, space := range spaces {
		for _, n := range []int{20_000, 100_000, 1_000_000} {
			if n > 100_000 && testing.Short() {
				continue
			}
			var ks []string
			for i := range n {
				ks = append(ks, space.key(i))
			}
			sort.Strings(ks)
			ks = slices.Compact(ks)
			for _, both := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					e := &early{paged: paged{ks, 1000}, cost: 20 * time.Millisecond}
					o := options(t)
					o.Streams = 16
					if both {
						o.Policy.IncludeOnline = true
					}
					var sum atomic.Int64
					if err := New(e, o).Run(t.Context(), func(reconcile.Decision) error { sum.Add(1); return nil }); err != nil || int(sum.Load()) != len(ks) {
						t.Error(err)
					}
					floor := (len(ks) + 999) / 1000
					if both {
						floor *= 2
					}
					extra := float64(int(e.sent.Load()) - floor)
					bound := 2 + wasteFor(int(e.sent.Load()))*5/4
					mark := ""
					if extra > bound {
						mark = "  <<<<"
					}
					fmt.Printf("%s/%d both %v: %d sent, floor %d, extra %.0f, bound %.1f%s\n", space.name, n, both, e.sent.Load(), floor, extra, bound, mark)
				})
			}
		}
	}
}
