package copier

import (
	"errors"
	"sync"

	"reconcile/internal/reconcile"
)

// Some services lack an operation, or have it for small objects only. What is
// refused that way is copied the other way, and once that has succeeded the
// bucket's objects go that way at once.

// ways are what was learned of the ways to copy into buckets. It is safe for
// concurrent use.
type ways struct {
	mu      sync.Mutex
	buckets map[string]*bucketWays
}

type bucketWays struct {
	noParts     bool  // UploadPartCopy is not there
	noCondition bool  // CopyObject takes no condition, and Complete does
	largest     int64 // bytes; objects of this size and above are too large for CopyObject; 0: not known
}

func (w *ways) of(bucket string) bucketWays {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b := w.buckets[bucket]; b != nil {
		return *b
	}
	return bucketWays{}
}

func (w *ways) learn(bucket string, f func(*bucketWays)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.buckets == nil {
		w.buckets = map[string]*bucketWays{}
	}
	if w.buckets[bucket] == nil {
		w.buckets[bucket] = &bucketWays{}
	}
	f(w.buckets[bucket])
}

// learnedWay is w, or what has been learned to work in its place.
func (t *task) learnedWay(w way) way {
	known, size := t.c.ways.of(t.d.Target.Bucket), t.d.Source.Size
	switch {
	case w != wayCopy && known.noParts && size <= maxCopySize:
		return wayCopy
	case w == wayCopy && (known.noCondition || known.largest > 0 && size >= known.largest):
		return t.byParts()
	}
	return w
}

// byParts is the way by parts that the source's layout suggests.
func (t *task) byParts() way {
	if t.d.Source.Multipart() {
		return wayPreserve
	}
	return wayCut
}

// secondWay returns the other way, where err says that this one does not exist
// for the object.
func (t *task) secondWay(w way, err error) (way, bool) {
	known := t.c.ways.of(t.d.Target.Bucket)
	switch {
	case err == nil || t.accept.Err() != nil:
		return w, false
	case w != wayCopy && reconcile.NotImplemented(err) && !aboutTags(err):
		t.c.ways.learn(t.d.Target.Bucket, func(b *bucketWays) { b.noParts = true })
		return wayCopy, t.d.Source.Size <= maxCopySize
	case w != wayCopy:
		return w, false
	case known.noParts:
		return w, false
	case reconcile.NotImplemented(err), tooLarge(err) && t.d.Source.Size > minPartSize:
		return t.byParts(), true
	}
	return w, false
}

// aboutTags reports a failure of reading tags: another way would lose them.
func aboutTags(err error) bool {
	var e *reconcile.Error
	return errors.As(err, &e) && e.Op == "GetObjectTagging"
}

// learnWay remembers that the second way has worked after w had failed.
func (t *task) learnWay(w way, failed error) {
	if w != wayCopy || reconcile.NotImplemented(failed) && t.completeRefuses(t.precondition().IfMatch == "") {
		return
	}
	t.c.ways.learn(t.d.Target.Bucket, func(b *bucketWays) {
		switch {
		case reconcile.NotImplemented(failed):
			b.noCondition = true
		case b.largest == 0 || t.d.Source.Size < b.largest:
			b.largest = t.d.Source.Size
		}
	})
}

// timedOut reports a request that this program did not wait for any longer.
func timedOut(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, reconcile.Network) && errors.As(err, &timeout) && timeout.Timeout()
}

// tooLarge reports that one request for all of an object was too much for the
// service: it says so, a gateway before it gave up waiting, or this program did.
func tooLarge(err error) bool {
	var e *reconcile.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Status == 413 || e.Status == 504 || e.Code == "EntityTooLarge" || timedOut(err)
}
