package copier

import (
	"container/list"
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
	queue   list.List // of chan struct{}, closed when a place is handed over
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
	return g
}

// enter waits for a place, first come, first served. It fails only when ctx
// has ended.
func (g *gate) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	turn := make(chan struct{})
	g.mu.Lock()
	waiting := g.queue.PushBack(turn)
	g.handOver()
	g.mu.Unlock()
	select {
	case <-turn:
	case <-ctx.Done():
	}
	if ctx.Err() == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-turn: // too late: pass it on
		g.flight--
		g.handOver()
	default:
		g.queue.Remove(waiting)
	}
	return ctx.Err()
}

// handOver gives free places to those who wait; the caller holds the lock.
func (g *gate) handOver() {
	for g.flight < int(g.limit) && g.queue.Len() > 0 {
		g.flight++
		close(g.queue.Remove(g.queue.Front()).(chan struct{}))
	}
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
	g.handOver()
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
