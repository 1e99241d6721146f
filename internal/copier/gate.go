package copier

import (
	"container/list"
	"context"
	"sync"
	"time"

	"reconcile/internal/reconcile"
)

// gate bounds the requests of a run, over small copies, parts and HEADs
// together: how many are in flight, by growth, and how many begin in a second,
// by pace. The two answer different questions. More in flight does good while
// it raises throughput; a service that refuses does not care how many are in
// flight, only how many come. A fixed gate does neither: it holds its number.
type gate struct {
	fixed bool

	mu     sync.Mutex
	queue  list.List // of *waiter
	flight int
	growth growth
	pace   pace
	wake   *time.Timer // hands over when the pace allows the next request
	armed  bool
}

// waiter is a request that waits for its turn.
type waiter struct {
	turn  chan struct{} // closed when the place is handed over
	place place         // valid from then on
}

// place is the right to one request, from enter to leave.
type place struct {
	began time.Time
	step  int // of the growth
	round int // of the pace
}

// newGate returns a gate with a fixed number of places, or an adaptive one
// between floor and ceiling for 0.
func newGate(fixed, floor, ceiling int) *gate {
	if fixed > 0 {
		return &gate{fixed: true, growth: newGrowth(fixed, fixed)}
	}
	return &gate{growth: newGrowth(floor, ceiling)}
}

// ceiling is how many requests can ever be in flight.
func (g *gate) ceiling() int { return g.growth.ceiling }

// enter waits for a place, first come, first served. It fails only when ctx
// has ended.
func (g *gate) enter(ctx context.Context) (place, error) {
	if err := ctx.Err(); err != nil {
		return place{}, err
	}
	w := &waiter{turn: make(chan struct{})}
	g.mu.Lock()
	waiting := g.queue.PushBack(w)
	g.handOver()
	g.mu.Unlock()
	select {
	case <-w.turn:
	case <-ctx.Done():
	}
	if ctx.Err() == nil {
		return w.place, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-w.turn: // too late: pass it on
		g.giveBack()
	default:
		g.queue.Remove(waiting)
	}
	return place{}, ctx.Err()
}

// handOver gives free places to those who wait, as fast as the pace allows;
// the caller holds the lock.
func (g *gate) handOver() {
	now := time.Now()
	for g.flight < g.growth.limit && g.queue.Len() > 0 {
		if wait := g.pace.wait(now); wait > 0 {
			g.handOverIn(wait)
			return
		}
		g.flight++
		g.pace.admit(now)
		w := g.queue.Remove(g.queue.Front()).(*waiter)
		w.place = place{began: now, step: g.growth.step, round: g.pace.round}
		close(w.turn)
	}
}

// unused gives a place back that no request was sent with.
func (g *gate) unused() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.giveBack()
}

// giveBack is unused for those who hold the lock.
func (g *gate) giveBack() {
	g.flight--
	g.pace.unused()
	g.handOver()
}

func (g *gate) handOverIn(wait time.Duration) {
	if g.armed {
		return
	}
	g.armed = true
	if g.wake != nil {
		g.wake.Reset(wait)
		return
	}
	g.wake = time.AfterFunc(wait, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.armed = false
		g.handOver()
	})
}

// leave gives the place back and learns from how the request ended.
func (g *gate) leave(p place, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	full := g.flight >= g.growth.limit
	g.flight--
	if !g.fixed {
		g.learn(p, err, full)
	}
	g.handOver()
}

func (g *gate) learn(p place, err error, full bool) {
	now := time.Now()
	switch {
	case reconcile.KindOf(err) == reconcile.Throttled:
		if g.pace.refuse(p.round, now) {
			g.growth.rest(now)
		}
	case err == nil && full: // an unused place is no evidence that more would do good
		g.growth.served(p, now)
	}
}
