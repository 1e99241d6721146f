package scan

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// chaotic answers rightly in the end, but late, in pieces, after failures and
// with words that it does not keep.
type chaotic struct {
	*store
	mu   sync.Mutex
	rng  *rand.Rand
	sent atomic.Int64
	open atomic.Int64
	wait bool
}

func (c *chaotic) n(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rng.IntN(n)
}

func (c *chaotic) sleep(ctx context.Context) {
	if c.wait {
		time.Sleep(time.Duration(c.n(50)) * time.Millisecond)
	}
}

func (c *chaotic) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	c.open.Add(1)
	defer c.open.Add(-1)
	c.sent.Add(1)
	c.sleep(ctx)
	// a token may carry an empty page before it
	page, err := c.store.List(ctx, req)
	if err != nil {
		return page, err
	}
	if len(page.Objects) > 1 && c.n(4) == 0 { // fewer
		k := c.n(len(page.Objects))
		if k == 0 { // none
			after := req.StartAfter
			if req.Token != "" {
				after = req.Token[len("after "):]
			}
			if after != "" && c.n(2) == 0 && req.Token == "" {
				page = reconcile.Page{Next: "after " + after}
			}
		} else {
			page = reconcile.Page{Objects: page.Objects[:k], Next: "after " + page.Objects[k-1].Key}
		}
	}
	if req.Early != nil && page.Next != "" && c.n(3) > 0 {
		switch c.n(4) {
		case 0:
			req.Early("after a") // wrong
		default:
			req.Early(page.Next)
		}
	}
	c.sleep(ctx)
	switch c.n(8) {
	case 0:
		return reconcile.Page{}, &reconcile.Error{Kind: reconcile.Network}
	case 1:
		return reconcile.Page{}, &reconcile.Error{Kind: reconcile.Throttled}
	}
	return page, ctx.Err()
}

// Whatever a server does that is still right, late answers, short and empty
// pages, failures that pass, early words that it does not keep, in any number
// of key ranges, each object has exactly its decision and nothing is left under
// way.
func TestChaos(t *testing.T) {
	t.Parallel()
	rounds := rounds(120, 1500)
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 1))
	completes, stops, refusals := 0, 0, 0
	for round := range rounds {
		synctest.Test(t, func(t *testing.T) {
			w := randomWorld(t, rng)
			c := &chaotic{store: w.store, rng: rand.New(rand.NewPCG(rng.Uint64(), 2)), wait: rng.IntN(2) == 0}
			again := retry.New(retry.Options{Attempts: 100, Delay: time.Millisecond * time.Duration(rng.IntN(30)), Patience: time.Hour})
			w.opts.Streams = 1 + rng.IntN(12)
			heard, want := false, map[string]reconcile.Decision{}
			listed := w.store.page(reconcile.ListRequest{Bucket: "source", Prefix: w.opts.Prefix, Restore: true})
			for listed.Next != "" {
				more := w.store.page(reconcile.ListRequest{Bucket: "source", Prefix: w.opts.Prefix, Restore: true, Token: listed.Next})
				listed.Objects, listed.Next = append(listed.Objects, more.Objects...), more.Next
			}
			for _, o := range listed.Objects {
				heard = heard || o.Restore.Phase >= reconcile.Restoring
			}
			for _, o := range listed.Objects {
				want[o.Key] = w.expected(o, heard)
			}
			mode := rng.IntN(4)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if mode == 1 {
				defer time.AfterFunc(time.Duration(rng.IntN(3000))*time.Millisecond, cancel).Stop()
			}
			at := 1 + rng.IntN(60)
			refused := errors.New("no more")
			var mu sync.Mutex
			var got []reconcile.Decision
			n, after := 0, 0
			scanner := New(retry.Lister{Store: c, Retrier: again}, w.opts)
			if rng.IntN(3) > 0 {
				scanner.scheduler.allow, scanner.scheduler.least = func(int) float64 { return math.Inf(1) }, 0
			}
			err := scanner.Run(ctx, func(d reconcile.Decision) error {
				mu.Lock()
				defer mu.Unlock()
				n++
				if mode == 2 && n == at {
					cancel()
				}
				if mode == 3 && n >= at {
					after++
					return refused
				}
				got = append(got, d)
				return nil
			})
			cancel()
			if c.open.Load() != 0 {
				t.Errorf("seed %d round %d: %d open", seed, round, c.open.Load())
			}
			sortDecisions(got)
			checkOnce(t, got)
			switch {
			case err == nil:
				completes++
				if len(got) != len(want) {
					t.Errorf("seed %d round %d: complete with %d of %d", seed, round, len(got), len(want))
				}
			case errors.Is(err, refused):
				refusals++
			case errors.Is(err, context.Canceled):
				stops++
			default:
				t.Errorf("seed %d round %d: %v", seed, round, err)
			}
			for _, d := range got {
				if d.Status == reconcile.Canceled {
					if err == nil {
						t.Errorf("canceled in a complete scan")
					}
					continue
				}
				if d.Unseen {
					d = w.store.head(d, w.opts.Policy)
				}
				d = w.checkArchive(t, w.store.alone(d, w.opts.Policy))
				d.Alone = false // how it was found out is not compared
				e, ok := want[d.Source.Key]
				delete(want, d.Source.Key)
				e.Kind, e.Reason = d.Kind, d.Reason
				if !ok || !reflect.DeepEqual(d, e) {
					t.Errorf("seed %d round %d: got, want\n%+v\n%+v", seed, round, d, e)
				}
			}
		})
		if t.Failed() {
			return
		}
	}
	t.Log(completes, "complete", stops, "stopped", refusals, "refused")
}
