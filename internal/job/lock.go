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
	"reconcile/internal/s3store"
)

// LockTTL is how long the lock of a run that died keeps others out. Only tests
// change it.
var LockTTL = 2 * time.Minute

// locker takes locks for one job and gives them back.
type locker struct {
	store  s3store.Repeating
	log    *slog.Logger
	holder lease.Holder
	last   context.Context    // ended: nothing is given back any more
	lock   reconcile.Location // of runs over the whole source
	own    string             // this process among the shards; empty: the source is not divided
}

func (r *Running) locker() *locker {
	host, _ := os.Hostname()
	return &locker{
		store: r.again, log: r.Log, last: r.end.last, lock: r.Lock, own: ownName(r.Shard),
		holder: lease.Holder{Run: r.ID, Host: host, PID: os.Getpid(), Command: r.Command, Source: r.Scan.Bucket},
	}
}

// held is a lock that was taken.
type held struct {
	release func()
	from    string // the run that died with it; empty: none
}

// take takes a lock. The context ends when it is lost.
func (l *locker) take(ctx context.Context, at reconcile.Location) (context.Context, held, error) {
	ctx, one, err := lease.Take(ctx, l.store, lease.Options{At: at, TTL: LockTTL, Now: time.Now, Holder: l.holder, Last: l.last})
	var other *lease.HeldError
	switch {
	case errors.As(err, &other):
		return ctx, held{}, err
	case errors.Is(err, lease.ErrMayStay):
		l.log.Warn("the lock was not given back, and will expire", "lock", at.String(), "err", err)
	}
	if err != nil {
		return ctx, held{}, fmt.Errorf("lock %s: %w", at, err)
	}
	got := held{release: func() { l.release(at, one) }}
	if from, ok := one.TakenFrom(); ok {
		got.from = from.String()
		l.log.Warn("the lock was taken over from a run that died", "lock", at.String(), "from", got.from)
	}
	return ctx, got, nil
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
	l := r.locker()
	ctx, got, err := l.take(ctx, lockOf(l.lock, l.own))
	if err != nil {
		return ctx, err
	}
	r.own(got.release)
	if got.from != "" {
		r.note("the lock was taken over from %s, which died", got.from)
	}
	return ctx, l.rivals(ctx)
}

// note says something that a reader of the report should know.
func (r *Running) note(format string, args ...any) {
	r.About.Notes = append(r.About.Notes, fmt.Sprintf(format, args...))
}
