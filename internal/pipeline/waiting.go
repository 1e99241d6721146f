package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"reconcile/internal/listing"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// Waiting says how a recovery waits for what it has asked for.
type Waiting struct {
	Poll   time.Duration // between two looks; 0: by the tiers' times, see restore.NextLook
	GiveUp time.Duration // after which what has not arrived is given up; 0: never
	MaxOut int64         // bytes that may be restored, or on the way, and not copied; 0: see outstanding
	// Queue tells of restores that have arrived, so that the source is listed now
	// and then only; nil: nobody tells.
	Queue  Queue
	Jobs   Jobs          // may ask for restores; nil: this program does, one by one
	ByJob  bool          // Jobs ask from now on; else only one of an earlier run may go on
	ForJob bool          // restore: until its job has ended
	Report time.Duration // between two reports of how far it is; 0: none
	// Sleep returns after d, or with ctx's error; nil: it waits. Tests let the
	// time pass instead.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Waited is what a recovery came to beside its outcomes.
type Waited struct {
	Asked   int64 // restores that were asked for
	Again   int64 // of them, for objects that had been asked for before by this run
	Lapsed  int64 // readable copies that were gone before they could be copied
	Arrived int64 // restores that were seen to have arrived
	Looks   int64 // passes over the source's listing, the first left out
	Heard   int64 // messages of the queue that were taken account of
	Foreign int64 // messages of the queue that are about something else, and were left there
}

// errGivenUp ends a recovery that has waited long enough. It is no failure of
// the run: what has not arrived says so in its row.
var errGivenUp = errors.New("given up")

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// look finds objects of the source in its listing, in key order. What lies
// between two of them is never asked for where it is more than a page.
type look struct {
	*listing.Cursor
	at int // in the page
}

// lister lists, and asks for a page again where that is worth it.
func (j *Job) lister() listing.Lister { return retry.Lister{Store: j.Store, Retrier: j.Copy.Retry} }

func (j *Job) newLook() *look {
	return &look{Cursor: listing.New(j.lister(), reconcile.ListRequest{
		Bucket: j.Scan.Bucket, Prefix: j.Scan.Prefix, Restore: true,
	})}
}

// find returns the object with the key, which must come after that of the last
// call.
func (l *look) find(ctx context.Context, key string) (o reconcile.Object, found bool, err error) {
	for !l.Covers(key) {
		if l.Begun() && l.End {
			return o, false, fmt.Errorf("the listing of the source went past %q", key)
		}
		if _, err := l.Read(ctx, key); err != nil {
			return o, false, err
		}
		l.at = 0
	}
	for l.at < len(l.Objects) && l.Objects[l.at].Key < key {
		l.at++
	}
	if l.at == len(l.Objects) || l.Objects[l.at].Key != key {
		return o, false, nil
	}
	return l.Objects[l.at], true, nil
}
