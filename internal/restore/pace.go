package restore

import (
	"context"
	"sync"
	"time"
)

// pace spreads requests over the seconds. The limiter finds out what a service
// takes; this is what it may be asked at all.
type pace struct {
	every time.Duration
	mu    sync.Mutex
	next  time.Time
}

func newPace(rate float64) *pace {
	if rate <= 0 {
		rate = MaxRate
	}
	return &pace{every: time.Duration(float64(time.Second) / rate)}
}

// wait returns when the next request may be sent, or with ctx's error.
func (p *pace) wait(ctx context.Context) error {
	now := time.Now()
	p.mu.Lock()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(p.every)
	p.mu.Unlock()
	if at.Sub(now) < time.Millisecond { // the timer is no finer
		return ctx.Err()
	}
	timer := time.NewTimer(at.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
