// Package limiter bounds the requests of a run: how many are in flight, and
// how many begin in a second. It learns both from how requests end. It is a
// package of its own because whatever sends many requests needs it: copies
// today, restore requests next.
package limiter

import (
	"container/list"
	"context"
	"sync"
	"time"

	"reconcile/internal/reconcile"
)

// Limiter gives permits to requests of every kind together: copies, parts and
// HEADs. The window says how many may be in flight, the rate how many may
// begin in a second. Those are two questions: more in flight is better while
// it raises throughput; a service that refuses does not care how many are in
// flight, only how many arrive. It is safe for concurrent use.
type Limiter struct {
	fixed bool // the window stays as it is, and there is no rate

	mu     sync.Mutex
	queue  list.List // of *waiter
	flight int
	window window
	rate   rate
	wake   *time.Timer // grants when the rate allows the next request
	armed  bool
}

// waiter is a request that waits for its permit.
type waiter struct {
	granted chan struct{} // closed when the permit is there
	permit  Permit        // valid from then on
}

// Permit allows one request, from Acquire to Release.
type Permit struct {
	began time.Time
	step  int // of the window
	round int // of the rate
}

// New returns a limiter with a fixed number of permits, or for fixed = 0 an
// adaptive one that has between floor and ceiling of them in flight; 0 is
// DefaultFloor and DefaultCeiling.
func New(fixed, floor, ceiling int) *Limiter {
	if fixed > 0 {
		return &Limiter{fixed: true, window: newWindow(fixed, fixed)}
	}
	return &Limiter{window: newWindow(floor, ceiling)}
}

// Max is how many requests can ever be in flight.
func (l *Limiter) Max() int { return l.window.ceiling }

// InFlight is how many requests are in flight now.
func (l *Limiter) InFlight() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.flight
}

// Acquire waits for a permit, first come, first served. It fails only when ctx
// has ended, with ctx.Err().
func (l *Limiter) Acquire(ctx context.Context) (Permit, error) {
	if err := ctx.Err(); err != nil {
		return Permit{}, err
	}
	w := &waiter{granted: make(chan struct{})}
	l.mu.Lock()
	waiting := l.queue.PushBack(w)
	l.grant()
	l.mu.Unlock()
	select {
	case <-w.granted:
	case <-ctx.Done():
	}
	if ctx.Err() == nil {
		return w.permit, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-w.granted: // too late: the next one gets it
		l.giveBack()
	default:
		l.queue.Remove(waiting)
	}
	return Permit{}, ctx.Err()
}

// grant gives free permits to those who wait, as fast as the rate allows; the
// caller holds the lock.
func (l *Limiter) grant() {
	now := time.Now()
	for l.flight < l.window.limit && l.queue.Len() > 0 {
		if wait := l.rate.wait(now); wait > 0 {
			l.grantIn(wait)
			return
		}
		l.flight++
		l.rate.admit(now)
		w := l.queue.Remove(l.queue.Front()).(*waiter)
		w.permit = Permit{began: now, step: l.window.step, round: l.rate.round}
		close(w.granted)
	}
}

// Unused gives back a permit with which no request was sent.
func (l *Limiter) Unused() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.giveBack()
}

// giveBack is Unused for those who hold the lock.
func (l *Limiter) giveBack() {
	l.flight--
	l.rate.unused()
	l.grant()
}

func (l *Limiter) grantIn(wait time.Duration) {
	if l.armed {
		return
	}
	l.armed = true
	if l.wake != nil {
		l.wake.Reset(wait)
		return
	}
	l.wake = time.AfterFunc(wait, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.armed = false
		l.grant()
	})
}

// Release gives the permit back and learns from how the request ended.
func (l *Limiter) Release(p Permit, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	full := l.flight >= l.window.limit
	l.flight--
	if !l.fixed {
		l.learn(p, err, full)
	}
	l.grant()
}

func (l *Limiter) learn(p Permit, err error, full bool) {
	now := time.Now()
	switch {
	case reconcile.KindOf(err) == reconcile.Throttled:
		if l.rate.refuse(p.round, now) {
			l.window.rest(now)
		}
	case err == nil && full: // an unused permit is no evidence that more would raise throughput
		l.window.served(p, now)
	}
}
