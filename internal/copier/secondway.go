package copier

import (
	"errors"

	"reconcile/internal/reconcile"
)

// Some services lack an operation, or have it for small objects only. What is
// refused that way is copied the other way, and once that has succeeded the
// bucket's objects go that way at once.

// learnedWay is by, or what has been learned to work in its place.
func (w *writing) learnedWay(by way) way {
	known, size := w.learned.buckets.of(w.d.Target.Bucket), w.d.Source.Size
	largest := known.largest.Load()
	switch {
	case by != wayCopy && known.noParts.Load() && size <= maxCopySize:
		return wayCopy
	case by == wayCopy && (known.noCondition.Load() || largest > 0 && size >= largest):
		return w.byParts()
	}
	return by
}

// byParts is the way by parts that the source's layout suggests.
func (w *writing) byParts() way {
	if w.d.Source.Multipart() {
		return wayPreserve
	}
	return wayCut
}

// secondWay returns the other way, where err says that this one does not exist
// for the object.
func (w *writing) secondWay(by way, err error) (way, bool) {
	known := w.learned.buckets.of(w.d.Target.Bucket)
	switch {
	case err == nil || w.accept.Err() != nil:
		return by, false
	case by != wayCopy && reconcile.NotImplemented(err) && !aboutTags(err):
		known.noParts.Store(true)
		return wayCopy, w.d.Source.Size <= maxCopySize
	case by != wayCopy, known.noParts.Load():
		return by, false
	case reconcile.NotImplemented(err), tooLarge(err) && w.d.Source.Size > minPartSize:
		return w.byParts(), true
	}
	return by, false
}

// learnWay remembers that the second way has worked after by had failed.
func (w *writing) learnWay(by way, failed error) {
	known := w.learned.buckets.of(w.d.Target.Bucket)
	switch {
	case by != wayCopy:
	case !reconcile.NotImplemented(failed):
		known.tooLarge(w.d.Source.Size)
	case !w.completeRefuses():
		known.noCondition.Store(true)
	}
}

// aboutTags reports a failure of reading tags: another way would lose them.
func aboutTags(err error) bool { return s3Error(err).Op == "GetObjectTagging" }

// timedOut reports a request that this program did not wait for any longer.
func timedOut(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, reconcile.Network) && errors.As(err, &timeout) && timeout.Timeout()
}

// tooLarge reports that one request for all of an object was too much for the
// service: it says so, a gateway before it gave up waiting, or this program did.
func tooLarge(err error) bool {
	e := s3Error(err)
	return e.Status == 413 || e.Status == 504 || e.Code == "EntityTooLarge" || timedOut(err)
}
