package copier

import (
	"context"
	"sync"
	"time"

	"reconcile/internal/reconcile"
)

const (
	gateStart   = 16  // requests in flight to begin with
	gateFloor   = 1   // never fewer
	gateCeiling = 128 // never more, unless a fixed number is asked for
	// gateCalm is how long after a cut further refusals are taken to be echoes
	// of the same overload.
	gateCalm = 250 * time.Millisecond
)

// gate bounds how many requests are in flight, over small copies and parts
// together. Adaptive, it opens with every success until the service says slow
// down, then closes by a third and opens slowly.
type gate struct {
	ceiling int
	fixed   bool

	mu      sync.Mutex
	free    sync.Cond
	limit   float64
	flight  int
	refused bool // was throttled before: growth is slow now
	cut     time.Time
}

func newGate(fixed int) *gate {
	g := &gate{ceiling: gateCeiling, limit: gateStart}
	if fixed > 0 {
		g.ceiling, g.limit, g.fixed = fixed, float64(fixed), true
	}
	g.free.L = &g.mu
	return g
}

// enter waits for a place. It fails only when ctx has ended.
func (g *gate) enter(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.free.Broadcast()
	})
	defer stop()
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.flight >= int(g.limit) && ctx.Err() == nil {
		g.free.Wait()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	g.flight++
	return nil
}

// leave gives the place back and learns from how the request ended.
func (g *gate) leave(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	full := g.flight >= int(g.limit)
	g.flight--
	if !g.fixed {
		g.adapt(err, full)
	}
	g.free.Broadcast()
}

func (g *gate) adapt(err error, full bool) {
	switch {
	case reconcile.KindOf(err) == reconcile.Throttled:
		if now := time.Now(); now.Sub(g.cut) > gateCalm {
			g.limit, g.refused, g.cut = max(g.limit*2/3, gateFloor), true, now
		}
	case err != nil || !full:
		// an unused place is no evidence that more would do good
	case g.refused:
		g.limit = min(g.limit+1/g.limit, float64(g.ceiling))
	default:
		g.limit = min(g.limit+1, float64(g.ceiling))
	}
}
