package audit

import (
	"context"
	"errors"

	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
)

// ask has an object looked at by HEAD, beside others. It waits while there are
// as many as may be.
func (a *Auditor) ask(look func() error) error {
	if err := a.refusal(); err != nil {
		return err
	}
	a.heads.Go(look)
	return nil
}

// request sends one request when there is room, and again where that is worth it.
func (a *Auditor) request(ctx context.Context, bucket string, send func() error) error {
	_, err := a.opts.Retry.Do(ctx, bucket, func() error {
		permit, err := a.opts.Limiter.Acquire(ctx)
		if err != nil {
			return err
		}
		err = send()
		a.opts.Limiter.Release(permit, err)
		return err
	})
	return err
}

// head asks HEAD about an object, which is nil where there is none.
func (a *Auditor) head(ctx context.Context, at reconcile.Location) (*reconcile.Detail, error) {
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
	switch {
	case err != nil:
		return nil, err
	}
	if d.Encryption.Opaque() {
		a.opaque.Store(at.Bucket, true)
	}
	return &d, nil
}

// tags compares the tags of two objects. The count that HEAD gives is not there
// without the right to read tags, and silence is no evidence that there are none.
func (a *Auditor) tags(ctx context.Context, source, target *reconcile.Detail) reconcile.Match {
	if source.TagCount == 0 && target.TagCount == 0 && a.readsTags(ctx, source) && a.readsTags(ctx, target) {
		return reconcile.Matches
	}
	x, err := a.tagsOf(ctx, source)
	if err != nil {
		return reconcile.NotCompared
	}
	y, err := a.tagsOf(ctx, target)
	if err != nil {
		return reconcile.NotCompared
	}
	return same(x, y)
}

// readsTags reports whether tags of the object's bucket can be read, which is
// tried once.
func (a *Auditor) readsTags(ctx context.Context, d *reconcile.Detail) bool {
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

func (a *Auditor) tagsOf(ctx context.Context, d *reconcile.Detail) (tags map[string]string, err error) {
	if known, ok := a.tagged.Load(d.Bucket); ok && !known.(bool) {
		return nil, reconcile.AccessDenied
	}
	err = a.request(ctx, d.Bucket, func() (err error) {
		tags, err = a.store.Tags(ctx, d.Location)
		return err
	})
	return tags, err
}
