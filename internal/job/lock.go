package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"reconcile/internal/lease"
	"reconcile/internal/reconcile"
)

// LockTTL is how long the lock of a run that died keeps others out. Only tests
// change it.
var LockTTL = 2 * time.Minute

// locker takes locks for one job and gives them back.
type locker struct {
	store  lease.Store
	log    *slog.Logger
	holder lease.Holder
	last   context.Context // ended: nothing is given back any more
}

func (r *Running) locker() *locker {
	host, _ := os.Hostname()
	return &locker{
		store: r.documents(), log: r.Log, last: r.end.last,
		holder: lease.Holder{Run: r.ID, Host: host, PID: os.Getpid(), Command: r.Command, Source: r.Scan.Bucket},
	}
}

// take takes a lock. The context ends when it is lost.
func (l *locker) take(ctx context.Context, at reconcile.Location) (held context.Context, release func(), err error) {
	ctx, one, err := lease.Take(ctx, l.store, lease.Options{At: at, TTL: LockTTL, Now: time.Now, Holder: l.holder, Last: l.last})
	var other *lease.HeldError
	switch {
	case errors.As(err, &other):
		return ctx, nil, err
	case err != nil:
		return ctx, nil, fmt.Errorf("lock %s: %w", at, err)
	}
	if from, ok := one.TakenFrom(); ok {
		l.log.Warn("the lock was taken over from a run that died", "lock", at.String(), "from", from.String())
	}
	return ctx, func() { l.release(at, one) }, nil
}

// releaseTimeout bounds giving the lock back: it expires by itself otherwise.
const releaseTimeout = 2 * time.Second

func (l *locker) release(at reconcile.Location, one *lease.Lease) {
	ctx, cancel := context.WithTimeout(l.last, releaseTimeout)
	defer cancel()
	if err := one.Release(ctx); err != nil {
		l.log.Warn("the lock was not given back, and will expire", "lock", at.String(), "err", err)
	}
}

// lock takes the lock of --lock. A plan writes nothing that another run could
// be disturbed by, and needs none.
func (r *Running) lock(ctx context.Context) (context.Context, error) {
	if r.Lock.Key == "" || r.Command == "plan" {
		return ctx, nil
	}
	held, release, err := r.locker().take(ctx, r.Lock)
	if err == nil {
		r.own(release)
	}
	return held, err
}
