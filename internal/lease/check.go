package lease

import (
	"context"
	"errors"

	"reconcile/internal/reconcile"
)

// What is wrong with a server on which nothing can be locked.
var (
	errIgnoresNoneMatch = errors.New("the server ignores conditional writes (If-None-Match), so a lock on it would keep nobody out")
	errIgnoresMatch     = errors.New("the server ignores conditional writes (If-Match), so a lock on it would keep nobody out")
	errRefusesNoneMatch = errors.New("the server refuses If-None-Match although nothing is there, so that no lock can be taken on it")
	errNoConditions     = errors.New("the server takes no conditional writes, so a lock on it would keep nobody out")
	errRefusesMatch     = errors.New("the server refuses If-Match with the object's own ETag, so a lock on it could neither be renewed nor taken over from a dead run")
)

// check sees both conditions at work on the lease that was just written, each
// refused where it is not met, and met where it is. A server that fails would
// let two runs have the lease, or nobody ever again. The condition that is met
// comes first: how its server wants it is found out by that.
func (l *Lease) check(ctx context.Context) error {
	if err := l.refuses(ctx, reconcile.Precondition{}, errIgnoresNoneMatch); err != nil {
		return err
	}
	if err := l.renewable(ctx); err != nil {
		return err
	}
	return l.refuses(ctx, reconcile.Precondition{IfMatch: anotherETag}, errIgnoresMatch)
}

// refuses wants a condition that is not met to be refused.
func (l *Lease) refuses(ctx context.Context, unmet reconcile.Precondition, ignored error) error {
	switch err := l.probe(ctx, unmet); {
	case err == nil:
		return ignored
	case !reconcile.PreconditionFailed(err):
		return err
	}
	return nil
}

// renewable wants one that is met to be taken.
func (l *Lease) renewable(ctx context.Context) error {
	err := l.renew(ctx, l.opts.TTL/3)
	if !reconcile.PreconditionFailed(err) {
		return err
	}
	if now, doc, readErr := l.read(ctx); readErr == nil && !l.isOurs(now) {
		if l.alive(now, doc) {
			return l.heldBy(now, doc)
		}
		return err
	}
	return errRefusesMatch
}

// anotherETag is of no object that is a lease.
const anotherETag = "00000000000000000000000000000000"

// probe sends a write whose condition is not met. Should it be carried out, it
// says that nobody holds the lease.
func (l *Lease) probe(ctx context.Context, unmet reconcile.Precondition) error {
	kept, etag := l.record, l.etag
	l.record.Released = true
	err := l.write(ctx, unmet)
	if err != nil {
		l.record, l.etag = kept, etag
	}
	return err
}
