package audit

import (
	"context"
	"errors"
	"sync"

	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// asker asks about single objects.
type asker struct {
	store    Store
	retry    *retry.Retrier
	limiter  *limiter.Limiter
	refusals limiter.Refusals
	opaque   sync.Map   // bucket → true: it holds objects whose ETags say nothing
	tagged   sync.Map   // bucket → whether its tags can be read
	trying   sync.Mutex // of whoever finds that out: it is asked once
}

// request sends one request when there is room, and again where that is worth it.
func (a *asker) request(ctx context.Context, bucket string, send func() error) error {
	_, err := a.retry.Do(ctx, bucket, func() error {
		permit, err := a.limiter.Acquire(ctx)
		if err != nil {
			return err
		}
		err = send()
		a.limiter.Release(permit, err)
		return err
	})
	return err
}

// head asks HEAD about an object, which is nil where there is none.
func (a *asker) head(ctx context.Context, at reconcile.Location) (*reconcile.Detail, error) {
	try := limiter.Attempt{Bucket: at.Bucket, What: "HeadObject"}
	if err := a.refusals.Hopeless(try, at.Key); err != nil {
		return nil, err
	}
	var d reconcile.Detail
	err := a.request(ctx, at.Bucket, func() (err error) {
		d, err = a.store.Head(ctx, at)
		if err == nil && d.ETag == "" {
			err = &reconcile.Error{Op: "HeadObject", Location: at, Kind: reconcile.Other, Code: reconcile.CodeEmptyAnswer,
				Err: errors.New("the answer is not S3's: no ETag")}
		}
		return err
	})
	if errors.Is(err, reconcile.NotFound) {
		a.refusals.Note(try, at.Key, nil) // an answer is no refusal
		return nil, nil
	}
	a.refusals.Note(try, at.Key, err)
	if err != nil {
		return nil, err
	}
	if d.Encryption.Opaque() {
		a.opaque.Store(at.Bucket, true)
	}
	return &d, nil
}

// tags compares the tags of two objects. The count that HEAD gives is not there
// without the right to read tags, and silence is no evidence that there are none.
func (a *asker) tags(ctx context.Context, source, target *reconcile.Detail) reconcile.Match {
	if source.TagCount == 0 && target.TagCount == 0 && a.readsTags(ctx, source) && a.readsTags(ctx, target) {
		return reconcile.Matches
	}
	x, err := a.tagsOf(ctx, source)
	if err != nil {
		return reconcile.NotCompared
	}
	if y, err := a.tagsOf(ctx, target); err == nil {
		return same(x, y)
	}
	return reconcile.NotCompared
}

// readsTags reports whether tags of the object's bucket can be read, which is
// tried once.
func (a *asker) readsTags(ctx context.Context, d *reconcile.Detail) bool {
	a.trying.Lock()
	defer a.trying.Unlock()
	if known, ok := a.tagged.Load(d.Bucket); ok {
		return known.(bool)
	}
	_, err := a.tagsOf(ctx, d)
	if err == nil || errors.Is(err, reconcile.AccessDenied) {
		a.tagged.Store(d.Bucket, err == nil)
	}
	return err == nil
}

func (a *asker) tagsOf(ctx context.Context, d *reconcile.Detail) (tags map[string]string, err error) {
	if known, ok := a.tagged.Load(d.Bucket); ok && !known.(bool) {
		return nil, reconcile.AccessDenied
	}
	err = a.request(ctx, d.Bucket, func() (err error) {
		tags, err = a.store.Tags(ctx, d.Location)
		return err
	})
	return tags, err
}

// headTwice asks HEAD once more about an object that is not there.
func (a *asker) headTwice(ctx context.Context, at reconcile.Location) (d *reconcile.Detail, looks int, err error) {
	for looks = 1; looks <= 2 && d == nil && err == nil; looks++ {
		d, err = a.head(ctx, at)
	}
	return d, looks - 1, err
}
