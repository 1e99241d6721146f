package limiter

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
)

var slowDown = &reconcile.Error{Kind: reconcile.Throttled, Code: "SlowDown"}

// fill enters until the limiter is full and returns the permits.
func fill(t *testing.T, g *Limiter) (permits []Permit) {
	t.Helper()
	for g.flight < g.window.limit {
		p, err := g.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		permits = append(permits, p)
	}
	return permits
}

// Unused permits are no reason for more.
func TestDoesNotGrowIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(0, 0, 0)
		for range 1000 {
			p, err := g.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
			g.Release(p, nil)
		}
		if g.window.limit != startWindow {
			t.Errorf("limit %d", g.window.limit)
		}
	})
}

// The bounds hold.
func TestBounds(t *testing.T) {
	for _, test := range []struct{ fixed, floor, ceiling, start int }{
		{0, 0, 0, startWindow},
		{0, 40, 0, 40},
		{0, 0, 5, 5},
		{0, 9, 3, 9},
		{7, 40, 50, 7},
	} {
		g := New(test.fixed, test.floor, test.ceiling)
		if n := len(fill(t, g)); n != test.start || g.Max() < n {
			t.Errorf("%+v: starts with %d, ceiling %d", test, n, g.Max())
		}
	}
}

// A fixed limiter stays as it is.
func TestFixed(t *testing.T) {
	g := New(3, 0, 0)
	for _, err := range []error{nil, slowDown, slowDown, slowDown, slowDown, nil} {
		fill(t, g)
		if g.flight != 3 {
			t.Errorf("%d in flight", g.flight)
		}
		g.Release(Permit{}, err)
	}
}

// Permits are given in the order of asking; who gives up does not take one.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(1, 0, 0)
		fill(t, g)
		impatient, giveUp := context.WithCancel(t.Context())
		order := make(chan int, 3)
		for i, ctx := range []context.Context{t.Context(), impatient, t.Context()} {
			go func() {
				if _, err := g.Acquire(ctx); err == nil {
					order <- i
				} else if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		giveUp()
		synctest.Wait()
		g.Release(Permit{}, nil)
		if i := <-order; i != 0 {
			t.Errorf("%d was first", i)
		}
		g.Release(Permit{}, nil)
		if i := <-order; i != 2 {
			t.Errorf("%d was second", i)
		}
		g.Release(Permit{}, nil)
		if g.flight != 0 || g.queue.Len() != 0 {
			t.Errorf("%d in flight, %d waiting", g.flight, g.queue.Len())
		}
	})
}

// A permit that is handed over to somebody whose context ends at that moment is
// not lost.
func TestLosesNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(1, 0, 0)
		for range 50 {
			fill(t, g)
			ctx, giveUp := context.WithCancel(t.Context())
			go func() {
				if p, err := g.Acquire(ctx); err == nil {
					g.Release(p, nil)
				}
			}()
			synctest.Wait()
			giveUp()
			g.Release(Permit{}, nil)
			synctest.Wait()
			if g.flight != 0 || g.queue.Len() != 0 {
				t.Fatalf("%d in flight, %d waiting", g.flight, g.queue.Len())
			}
		}
	})
}
