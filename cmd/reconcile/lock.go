package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"reconcile/internal/lease"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
	"reconcile/internal/s3store"
)

// lockTTL is how long the lock of a run that died keeps others out. Only tests
// change it.
var lockTTL = 2 * time.Minute

// locked runs what is to run while it holds the lock, and gives the lock back.
func (e *execution) locked(ctx context.Context, at reconcile.Location, run func(context.Context) error) error {
	held, l, err := e.take(ctx, at)
	var other *lease.HeldError
	switch {
	case errors.As(err, &other):
		return &exitError{code: exitLocked, err: err, hint: "if that run is dead, its lock expires by itself " + other.TTL.String() + " after the last renewal"}
	case err != nil:
		return e.notBegun(ctx, fmt.Errorf("lock %s: %w", at, err))
	}
	defer e.release(ctx, at, l)
	return run(held)
}

// take takes a lock. The context ends when it is lost.
func (e *execution) take(ctx context.Context, at reconcile.Location) (context.Context, *lease.Lease, error) {
	host, _ := os.Hostname()
	return lease.Take(ctx, &documents{e.store, e.retrier()}, lease.Options{
		At: at, TTL: lockTTL, Now: time.Now,
		Holder: lease.Holder{Run: e.id, Host: host, PID: os.Getpid(), Command: e.Command, Source: e.Source},
	})
}

// documents is the lock's way to S3: what passes must not keep a run from its
// lock, or take it away. A write whose answer was lost is refused when it is
// sent again, and then told apart by reading.
type documents struct {
	store *s3store.Store
	again *retry.Retrier
}

func (d *documents) ReadDocument(ctx context.Context, at reconcile.Location) (doc reconcile.Document, err error) {
	_, err = d.again.Do(ctx, at.Bucket, func() (err error) {
		doc, err = d.store.ReadDocument(ctx, at)
		return err
	})
	return doc, err
}

func (d *documents) WriteDocument(ctx context.Context, at reconcile.Location, body []byte, g reconcile.Precondition) (etag string, err error) {
	_, err = d.again.Do(ctx, at.Bucket, func() (err error) {
		etag, err = d.store.WriteDocument(ctx, at, body, g)
		return err
	})
	return etag, err
}

// releaseTimeout bounds giving the lock back: it expires by itself otherwise.
const releaseTimeout = 2 * time.Second

func (e *execution) release(ctx context.Context, at reconcile.Location, l *lease.Lease) {
	ctx, cancel := e.late(ctx, releaseTimeout)
	defer cancel()
	if err := l.Release(ctx); err != nil {
		e.log.Warn("the lock was not given back, and will expire", "lock", at.String(), "err", err)
	}
}
