package main

import (
	"context"
	"errors"
	"os"
	"time"

	"reconcile/internal/lease"
	"reconcile/internal/reconcile"
)

// lockTTL is how long the lock of a run that died keeps others out.
const lockTTL = 2 * time.Minute

// locked runs what is to run while it holds the lock, and gives the lock back.
func (e *execution) locked(ctx context.Context, at reconcile.Location, run func(context.Context) error) error {
	host, _ := os.Hostname()
	held, l, err := lease.Take(ctx, e.store, lease.Options{
		At: at, TTL: lockTTL, Now: time.Now,
		Holder: lease.Holder{Run: e.id, Host: host, PID: os.Getpid(), Command: e.Command, Source: e.Source},
	})
	var other *lease.HeldError
	switch {
	case errors.As(err, &other):
		return &exitError{code: exitLocked, err: err, hint: "if that run is dead, its lock expires by itself " + other.TTL.String() + " after the last renewal"}
	case err != nil:
		return &exitError{code: exitIncomplete, err: err}
	}
	defer e.release(ctx, at, l)
	return run(held)
}

// releaseTimeout bounds giving the lock back: it expires by itself otherwise.
const releaseTimeout = 2 * time.Second

func (e *execution) release(ctx context.Context, at reconcile.Location, l *lease.Lease) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := l.Release(ctx); err != nil {
		e.log.Warn("the lock was not given back, and will expire", "lock", at.String(), "err", err)
	}
}
