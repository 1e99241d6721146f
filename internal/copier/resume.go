package copier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"reconcile/internal/reconcile"
)

// Journal remembers uploads across runs: the intention before one is opened,
// its id after, and nothing once it is completed or aborted. A nil Journal in
// Options remembers nothing: then whatever does not end well is aborted.
type Journal interface {
	Find(target reconcile.Location) (reconcile.Pending, bool)
	Left() []reconcile.Pending
	Record(ctx context.Context, p reconcile.Pending) error
	Forget(ctx context.Context, target reconcile.Location) error
}

// clockSkew is how far the server's clock may be behind ours.
const clockSkew = time.Minute

// openingTime is how long the opening of an upload can have taken, with all
// its attempts, before the run that wanted it was killed.
const openingTime = 30 * time.Minute

// pending is what the journal keeps of the upload that this task is about to
// open.
func (t *task) pending(req reconcile.UploadRequest, parts []reconcile.Part) reconcile.Pending {
	p := reconcile.Pending{
		Run: t.c.opts.Run, Source: t.d.Source.Location, ETag: t.d.Source.ETag, Size: t.d.Source.Size,
		Modified: t.d.Source.LastModified.UTC(), Target: req.Target, Checksum: req.Checksum, Begun: t.c.opts.Now().UTC(),
	}
	for _, part := range parts {
		p.Parts = append(p.Parts, part.Size)
	}
	return p
}

// same reports whether an upload that was left can be gone on with.
func same(a, b reconcile.Pending) bool {
	return a.Source == b.Source && a.ETag == b.ETag && a.Size == b.Size && a.Modified.Equal(b.Modified) &&
		a.Target == b.Target && a.Checksum == b.Checksum && slices.Equal(a.Parts, b.Parts)
}

// open resumes the upload that an earlier run has left for this very copy, or
// opens one. there are the parts that it already has, by number.
func (t *task) open(req reconcile.UploadRequest, parts []reconcile.Part) (u reconcile.Upload, there map[int32]reconcile.Part, err error) {
	p := t.pending(req, parts)
	if u, there, err = t.resume(req, p); err != nil || u.ID != "" {
		return u, there, err
	}
	if err := t.record(p); err != nil {
		return u, nil, err
	}
	u, left, err := t.create(req)
	if err != nil {
		if !left {
			t.forget(req.Target)
		}
		return u, nil, err
	}
	p.UploadID = u.ID
	if err := t.record(p); err != nil {
		return u, nil, t.abort(u, err)
	}
	return u, nil, nil
}

// resume takes over what an earlier run has left for the target. An upload of
// another source, or cut otherwise, is aborted.
func (t *task) resume(req reconcile.UploadRequest, p reconcile.Pending) (u reconcile.Upload, there map[int32]reconcile.Part, err error) {
	if t.c.opts.Journal == nil {
		return u, nil, nil
	}
	left, ok := t.c.opts.Journal.Find(p.Target)
	if !ok {
		return u, nil, nil
	}
	if left.UploadID == "" || !same(left, p) {
		return u, nil, t.drop(left)
	}
	u = reconcile.Upload{Target: left.Target, ID: left.UploadID, Checksum: left.Checksum, LateTags: req.Tags}
	there, err = t.partsThere(u, left.Parts)
	switch {
	case errors.Is(err, reconcile.NotFound): // completed or aborted after all
		return reconcile.Upload{}, nil, nil
	case err != nil && !passing(err) && t.accept.Err() == nil:
		// No right to list parts, for one: to go on with an upload only saves
		// work, and must not keep the object from being copied.
		t.c.opts.Log.Warn("the upload that an earlier run has left cannot be gone on with", "target", left.Target.String(), "err", err)
		return reconcile.Upload{}, nil, t.drop(left)
	}
	p.UploadID = u.ID
	if err == nil {
		err = t.record(p)
	}
	return u, there, err
}

// partsThere returns the parts an upload has that are of the size they must be.
func (t *task) partsThere(u reconcile.Upload, sizes []int64) (map[int32]reconcile.Part, error) {
	there := map[int32]reconcile.Part{}
	for after, more := int32(0), true; more; {
		var parts []reconcile.Part
		err := t.request(u.Target.Bucket, func(ctx context.Context) (err error) {
			parts, after, err = t.c.target.ListParts(ctx, u, after)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			if n := int(p.Number); n >= 1 && n <= len(sizes) && p.Size == sizes[n-1] && p.ETag != "" {
				there[p.Number] = p
			}
		}
		more = after > 0
	}
	return there, nil
}

// drop aborts an upload that was left and cannot be gone on with.
func (t *task) drop(left reconcile.Pending) error {
	u := reconcile.Upload{Target: left.Target, ID: left.UploadID}
	if u.ID == "" {
		found, err := t.unnamed(left.Target, left.Begun, left.Begun.Add(openingTime))
		switch {
		case err != nil && !blind(err):
			return fmt.Errorf("an upload that an earlier run may have opened could not be looked for: %w", err)
		case err != nil:
			t.c.opts.Log.Warn("an upload that an earlier run may have opened cannot be looked for", "target", left.Target.String(), "err", err)
		}
		if found.ID == "" { // it cannot be told from somebody else's, if it is there at all
			t.forget(left.Target)
			return nil
		}
		u = found
	}
	err := t.request(u.Target.Bucket, func(ctx context.Context) error { return t.c.target.AbortUpload(ctx, u) })
	if err != nil && !errors.Is(err, reconcile.NotFound) { // a bucket that is gone took its uploads along
		return fmt.Errorf("the upload %s that an earlier run has left could not be aborted: %w", u.ID, err)
	}
	t.forget(left.Target)
	return nil
}

// blind reports an error that will be there at the next look too: uploads
// cannot be listed for want of a right, of the bucket or of the operation.
func blind(err error) bool {
	return errors.Is(err, reconcile.AccessDenied) || errors.Is(err, reconcile.NotFound) || notImplemented(err)
}

// create opens an upload. After a lost answer the one it may have opened is
// looked for before another is opened, so that there is never more than one of
// ours without a name. When all attempts have failed it is not left behind;
// left says that one may be open all the same.
func (t *task) create(req reconcile.UploadRequest) (u reconcile.Upload, left bool, err error) {
	begun, unsure := t.c.opts.Now(), false
	err = t.request(req.Target.Bucket, func(ctx context.Context) (err error) {
		if unsure {
			found, err := t.findUnnamed(ctx, req.Target, begun, time.Time{})
			switch {
			case err == nil && found.ID != "":
				u = found
				u.Checksum, u.LateTags = req.Checksum, req.Tags
				return nil
			case err != nil && !blind(err):
				return err
			case err != nil:
				t.c.opts.Log.Warn("an upload whose opening was not answered may be left open: it cannot be looked for", "target", req.Target.String(), "err", err)
			}
		}
		u, err = t.c.target.CreateUpload(ctx, req)
		unsure = unsure || err != nil && lost(err)
		return err
	})
	if err == nil || !unsure {
		return u, false, err
	}
	t.rescue(func() { left = !t.abandon(req.Target, begun) })
	if left {
		err = fmt.Errorf("%w; an upload may have been opened and left open", err)
	}
	return u, left, err
}

// abandon aborts the upload that was opened without an answer since then, and
// reports whether that was done. That none is found is no certainty: the
// server may still be at it.
func (t *task) abandon(target reconcile.Location, since time.Time) bool {
	found, err := t.unnamed(target, since, time.Time{})
	if err != nil || found.ID == "" {
		return false
	}
	return t.request(target.Bucket, func(ctx context.Context) error { return t.c.target.AbortUpload(ctx, found) }) == nil
}

// unnamed asks findUnnamed in a request of its own.
func (t *task) unnamed(target reconcile.Location, from, to time.Time) (u reconcile.Upload, err error) {
	err = t.request(target.Bucket, func(ctx context.Context) (err error) {
		u, err = t.findUnnamed(ctx, target, from, to)
		return err
	})
	return u, err
}

// findUnnamed looks for an upload of ours whose id nobody has told us: one of
// that key, opened in that time (to may be zero: until now), without a single
// part, because no part is copied before the id is known. Where there is more
// than one such upload, or none, it returns an empty one: other people's are
// never touched.
func (t *task) findUnnamed(ctx context.Context, target reconcile.Location, from, to time.Time) (reconcile.Upload, error) {
	var found []reconcile.Upload
	var marker reconcile.UploadMarker
	for {
		page, next, err := t.c.target.ListUploads(ctx, target.Bucket, target.Key, marker)
		if err != nil {
			return reconcile.Upload{}, err
		}
		for _, u := range page {
			early := u.Initiated.Before(from.Add(-clockSkew))
			late := !to.IsZero() && u.Initiated.After(to.Add(clockSkew))
			if u.Target.Key != target.Key || early || late {
				continue
			}
			parts, _, err := t.c.target.ListParts(ctx, u.Upload, 0)
			if errors.Is(err, reconcile.NotFound) {
				continue // over since it was listed
			}
			if err != nil {
				return reconcile.Upload{}, err
			}
			if len(parts) == 0 {
				found = append(found, u.Upload)
			}
		}
		if marker = next; marker == (reconcile.UploadMarker{}) || marker.Key > target.Key {
			break
		}
	}
	if len(found) != 1 {
		return reconcile.Upload{}, nil
	}
	return found[0], nil
}

// giveUp ends an upload that cannot be completed now. With a journal, one that
// only time has kept from being completed stays open, for the next run.
func (t *task) giveUp(u reconcile.Upload, cause error) error {
	if t.c.opts.Journal != nil && (t.accept.Err() != nil || passing(cause)) {
		return fmt.Errorf("%w; its upload is kept in the journal, for the next run to go on with", cause)
	}
	return t.abort(u, cause)
}

// passing reports a failure that may be over when the next run comes.
func passing(err error) bool {
	return errors.Is(err, reconcile.Network) || errors.Is(err, reconcile.Throttled)
}

func (t *task) record(p reconcile.Pending) error {
	if t.c.opts.Journal == nil {
		return nil
	}
	return t.c.opts.Journal.Record(t.work, p)
}

// forget takes a target out of the journal. An entry that stays is harmless:
// its upload will be found gone.
func (t *task) forget(target reconcile.Location) {
	if t.c.opts.Journal == nil {
		return
	}
	if err := t.c.opts.Journal.Forget(t.cleanup, target); err != nil {
		t.c.opts.Log.Warn("journal entry left behind", "target", target.String(), "err", err)
	}
}

// Sweep aborts the uploads that earlier runs have left and that this one, now
// complete, had no use for: their objects have arrived otherwise, or are gone.
// Only those that concerns says yes to are touched. It returns how many were
// aborted, and the errors of those that could not be.
func (c *Copier) Sweep(ctx context.Context, concerns func(reconcile.Pending) bool) (aborted int, err error) {
	if c.opts.Journal == nil {
		return 0, nil
	}
	var errs []error
	for _, left := range c.opts.Journal.Left() {
		if !concerns(left) {
			continue
		}
		t := &task{contexts: contexts{ctx, ctx, ctx}, c: c}
		if err := t.drop(left); err != nil {
			errs = append(errs, err)
			continue
		}
		aborted++
	}
	return aborted, errors.Join(errs...)
}

// Concerns returns what Sweep may touch after a complete run over the keys of
// a bucket that begin with prefix.
func Concerns(bucket, prefix string) func(reconcile.Pending) bool {
	return func(p reconcile.Pending) bool {
		return p.Source.Bucket == bucket && strings.HasPrefix(p.Source.Key, prefix)
	}
}
