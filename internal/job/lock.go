package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"reconcile/internal/lease"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
	"reconcile/internal/storage"
)

// LockTTL is how long the lock of a run that died keeps others out. Only tests
// change it.
var LockTTL = 2 * time.Minute

// keeper is a run for which something is taken: it gives that back at its end,
// and tells a reader of its report what he should know of it.
type keeper interface {
	own(give func())
	note(format string, args ...any)
}

// locker takes locks for one run and gives them back.
type locker struct {
	run    keeper
	store  s3store.Repeating
	log    *slog.Logger
	holder lease.Holder
	last   context.Context    // ended: nothing is given back any more
	lock   reconcile.Location // of runs over the whole source; zero: none
	shard  string             // this process among the shards; empty: the source is not divided
}

func (r *Running) locker() *locker {
	host, _ := os.Hostname()
	return &locker{
		run: r, store: r.again, log: r.Log, last: r.end.last, lock: r.Lock, shard: ownName(r.Shard),
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

// lockOf is the lock of one shard, beside that of runs over the whole source.
func lockOf(lock reconcile.Location, shard string) reconcile.Location {
	if shard != "" {
		lock.Key += "." + shard
	}
	return lock
}

// takeOwn takes the lock of --lock, where there is one, and makes sure that no run
// is going on that must not be beside this one.
func (l *locker) takeOwn(ctx context.Context) (context.Context, error) {
	if l.lock.Key == "" {
		return ctx, nil
	}
	ctx, got, err := l.take(ctx, lockOf(l.lock, l.shard))
	if err != nil {
		return ctx, err
	}
	l.run.own(got.release)
	if got.from != "" {
		l.run.note("the lock was taken over from %s, which died", got.from)
	}
	return ctx, l.rivals(ctx)
}

// rivals looks whether a run is going on that must not be beside this one: over
// the whole source beside a shard, a shard beside a run over the whole, a shard
// of another division. Each takes its own lock first and looks then, so that of
// two that come at the same time one sees the other at least.
func (l *locker) rivals(ctx context.Context) error {
	if l.shard != "" {
		if err := l.rival(ctx, l.lock); err != nil {
			return err
		}
	}
	var found []reconcile.Object
	var now time.Time // by the server's clock: our own lock has just been written
	err := storage.EachObject(ctx, l.store, reconcile.ListRequest{Bucket: l.lock.Bucket, Prefix: l.lock.Key}, func(o reconcile.Object) error {
		shard := division(strings.TrimPrefix(o.Key, l.lock.Key+"."))
		switch {
		case o.Key == lockOf(l.lock, l.shard).Key:
			now = o.LastModified
		case shard != "" && shard != division(l.shard):
			found = append(found, o)
		}
		return nil
	})
	if err != nil {
		return l.unseen(err)
	}
	for _, o := range found {
		if now.Sub(o.LastModified) > 2*LockTTL {
			continue // nobody renews it
		}
		if err := l.rival(ctx, o.Location); err != nil {
			return err
		}
	}
	return nil
}

func (l *locker) rival(ctx context.Context, at reconcile.Location) error {
	err := lease.Look(ctx, l.store, at)
	var held *lease.HeldError
	if err == nil || errors.As(err, &held) {
		return err
	}
	return l.unseen(err)
}

// unseen says that the locks of other shards cannot be looked at: a right to
// list them is not worth a run.
func (l *locker) unseen(err error) error {
	if !errors.Is(err, reconcile.AccessDenied) {
		return err
	}
	l.log.Warn("whether a run over the whole source or over its shards is going on cannot be seen: the lock's bucket may not be read or listed", "err", err)
	return nil
}
