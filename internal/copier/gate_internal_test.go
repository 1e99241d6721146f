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

// fill enters until the gate is full and returns the places.
func fill(t *testing.T, g *gate) (places []place) {
	t.Helper()
	for g.flight < g.growth.limit {
		p, err := g.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, p)
	}
	return places
}

// Unused places are no reason for more.
func TestGateDoesNotGrowIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(0, 0, 0)
		for range 1000 {
			p, err := g.enter(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
			g.leave(p, nil)
		}
		if g.growth.limit != gateStart {
			t.Errorf("limit %d", g.growth.limit)
		}
	})
}

// The bounds hold.
func TestGateBounds(t *testing.T) {
	for _, test := range []struct{ fixed, floor, ceiling, start int }{
		{0, 0, 0, gateStart},
		{0, 40, 0, 40},
		{0, 0, 5, 5},
		{0, 9, 3, 9},
		{7, 40, 50, 7},
	} {
		g := newGate(test.fixed, test.floor, test.ceiling)
		if n := len(fill(t, g)); n != test.start || g.ceiling() < n {
			t.Errorf("%+v: starts with %d, ceiling %d", test, n, g.ceiling())
		}
	}
}

// A fixed gate stays as it is.
func TestGateFixed(t *testing.T) {
	g := newGate(3, 0, 0)
	for _, err := range []error{nil, slowDown, slowDown, slowDown, slowDown, nil} {
		fill(t, g)
		if g.flight != 3 {
			t.Errorf("%d in flight", g.flight)
		}
		g.leave(place{}, err)
	}
}

// Places are given in the order of asking; who gives up does not take one.
func TestGateQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 0, 0)
		fill(t, g)
		impatient, giveUp := context.WithCancel(t.Context())
		order := make(chan int, 3)
		for i, ctx := range []context.Context{t.Context(), impatient, t.Context()} {
			go func() {
				if _, err := g.enter(ctx); err == nil {
					order <- i
				} else if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		giveUp()
		synctest.Wait()
		g.leave(place{}, nil)
		if i := <-order; i != 0 {
			t.Errorf("%d was first", i)
		}
		g.leave(place{}, nil)
		if i := <-order; i != 2 {
			t.Errorf("%d was second", i)
		}
		g.leave(place{}, nil)
		if g.flight != 0 || g.queue.Len() != 0 {
			t.Errorf("%d in flight, %d waiting", g.flight, g.queue.Len())
		}
	})
}

// A place that is handed over to somebody whose context ends at that moment is
// not lost.
func TestGateLosesNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 0, 0)
		for range 50 {
			fill(t, g)
			ctx, giveUp := context.WithCancel(t.Context())
			go func() {
				if p, err := g.enter(ctx); err == nil {
					g.leave(p, nil)
				}
			}()
			synctest.Wait()
			giveUp()
			g.leave(place{}, nil)
			synctest.Wait()
			if g.flight != 0 || g.queue.Len() != 0 {
				t.Fatalf("%d in flight, %d waiting", g.flight, g.queue.Len())
			}
		}
	})
}
