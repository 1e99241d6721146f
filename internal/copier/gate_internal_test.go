package copier

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
)

var slowDown = &reconcile.Error{Kind: reconcile.Throttled, Code: "SlowDown"}

// fill enters until the gate is full and returns how many places there were.
func fill(t *testing.T, g *gate) int {
	t.Helper()
	n := 0
	for g.flight < int(g.limit) {
		if err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// An adaptive gate opens with every success while it is full, up to its ceiling.
func TestGateGrows(t *testing.T) {
	g := newGate(0)
	n := fill(t, g)
	for range 1000 {
		g.leave(nil)
		fill(t, g)
	}
	if n != gateStart || g.flight != gateCeiling {
		t.Errorf("from %d to %d, want %d to %d", n, g.flight, gateStart, gateCeiling)
	}
}

// Unused places are no reason for more.
func TestGateDoesNotGrowIdle(t *testing.T) {
	g := newGate(0)
	for range 100 {
		if err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.leave(nil)
	}
	if g.limit != gateStart {
		t.Errorf("limit %v", g.limit)
	}
}

// Refusals close it by a third, once for each overload, down to its floor;
// after one it grows slowly, and other errors do not move it.
func TestGateShrinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(0)
		fill(t, g)
		g.leave(slowDown)
		g.leave(slowDown)
		if g.limit != gateStart*2.0/3 {
			t.Errorf("limit %v after two refusals of one overload", g.limit)
		}
		time.Sleep(2 * gateCalm)
		before := g.limit
		fill(t, g)
		g.leave(errors.New("broken"))
		fill(t, g)
		g.leave(nil)
		if g.limit <= before || g.limit > before+0.2 {
			t.Errorf("limit %v after one success, from %v", g.limit, before)
		}
		for range 50 {
			time.Sleep(2 * gateCalm)
			fill(t, g)
			g.leave(slowDown)
		}
		if g.limit != gateFloor {
			t.Errorf("limit %v, want the floor", g.limit)
		}
	})
}

// A fixed gate stays as it is.
func TestGateFixed(t *testing.T) {
	g := newGate(3)
	for _, err := range []error{nil, slowDown, nil} {
		if n := fill(t, g); g.flight != 3 {
			t.Errorf("%d in flight after %d entered", g.flight, n)
		}
		g.leave(err)
	}
}

// Places are given in the order of asking; who gives up does not take one.
func TestGateQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		fill(t, g)
		impatient, giveUp := context.WithCancel(t.Context())
		order := make(chan int, 3)
		for i, ctx := range []context.Context{t.Context(), impatient, t.Context()} {
			go func() {
				if err := g.enter(ctx); err == nil {
					order <- i
				} else if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		giveUp()
		synctest.Wait()
		g.leave(nil)
		if i := <-order; i != 0 {
			t.Errorf("%d was first", i)
		}
		g.leave(nil)
		if i := <-order; i != 2 {
			t.Errorf("%d was second", i)
		}
		g.leave(nil)
		if g.flight != 0 || g.queue.Len() != 0 {
			t.Errorf("%d in flight, %d waiting", g.flight, g.queue.Len())
		}
	})
}

// A place that is handed over to somebody whose context ends at that moment is
// not lost.
func TestGateLosesNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		for range 50 {
			fill(t, g)
			ctx, giveUp := context.WithCancel(t.Context())
			go func() {
				if g.enter(ctx) == nil {
					g.leave(nil)
				}
			}()
			synctest.Wait()
			giveUp()
			g.leave(nil)
			synctest.Wait()
			if g.flight != 0 || g.queue.Len() != 0 {
				t.Fatalf("%d in flight, %d waiting", g.flight, g.queue.Len())
			}
		}
	})
}
