package job

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/lease"
	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// shardName is how a shard stands in the name of its lock and of its journal.
var shardName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]+-of-([0-9]+)$`) })

// division is the part of a shard's name that all shards of one division have
// in common; empty: it is no shard's name.
func division(name string) string {
	if m := shardName().FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return ""
}

// ownName is the name of this process among the shards, empty where the source
// is not divided.
func ownName(s config.Shard) string {
	if s.Count < 2 {
		return ""
	}
	return s.String()
}

// lockOf is the lock of one shard, beside that of runs over the whole source.
func lockOf(lock reconcile.Location, shard string) reconcile.Location {
	if shard != "" {
		lock.Key += "." + shard
	}
	return lock
}

// rivals looks whether a run is going on that must not be beside this one: over
// the whole source beside a shard, a shard beside a run over the whole, a shard
// of another division. Each takes its own lock first and looks then, so that of
// two that come at the same time one sees the other at least.
func (l *locker) rivals(ctx context.Context) error {
	if l.own != "" {
		if err := l.rival(ctx, l.lock); err != nil {
			return err
		}
	}
	var found []reconcile.Object
	var now time.Time // by the server's clock: our own lock has just been written
	err := storage.EachObject(ctx, l.store, reconcile.ListRequest{Bucket: l.lock.Bucket, Prefix: l.lock.Key}, func(o reconcile.Object) error {
		shard := division(strings.TrimPrefix(o.Key, l.lock.Key+"."))
		switch {
		case o.Key == lockOf(l.lock, l.own).Key:
			now = o.LastModified
		case shard != "" && shard != division(l.own):
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
