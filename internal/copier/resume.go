package copier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
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
		Settings: t.c.target.WriteSettings(req.Target.Bucket), Tags: tagsDigest(req.Tags),
	}
	for _, part := range parts {
		p.Parts = append(p.Parts, part.Size)
	}
	return p
}

// same reports whether an upload that was left can be gone on with.
func same(a, b reconcile.Pending) bool {
	return a.Source == b.Source && a.ETag == b.ETag && a.Size == b.Size && a.Modified.Equal(b.Modified) &&
		a.Target == b.Target && a.Checksum == b.Checksum && a.Settings == b.Settings && a.Tags == b.Tags &&
		slices.Equal(a.Parts, b.Parts)
}

// tagsDigest tells sets of tags apart: other ones change neither the source's
// ETag nor its time. No tags have none.
func tagsDigest(tags map[string]string) string {
	if len(tags) == 0 {
		return ""
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		fmt.Fprintf(h, "%q=%q&", name, tags[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
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
		_, err := t.drop(left)
		return u, nil, err
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
		_, err := t.drop(left)
		return reconcile.Upload{}, nil, err
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

// drop aborts an upload that was left and cannot be gone on with. One whose id
// was never recorded cannot be told from somebody else's: it is named, and left.
func (t *task) drop(left reconcile.Pending) (aborted bool, err error) {
	if left.UploadID == "" {
		err := t.nameUnrecorded(left.Target, left.Begun, left.Begun.Add(openingTime))
		if err != nil && !blind(err) {
			return false, fmt.Errorf("an upload that an earlier run may have opened could not be looked for: %w", err)
		}
		t.forget(left.Target)
		return false, nil
	}
	u := reconcile.Upload{Target: left.Target, ID: left.UploadID}
	err = t.request(u.Target.Bucket, func(ctx context.Context) error { return t.c.target.AbortUpload(ctx, u) })
	if err != nil && !errors.Is(err, reconcile.NotFound) { // a bucket that is gone took its uploads along
		return false, fmt.Errorf("the upload %s that an earlier run has left could not be aborted: %w", u.ID, err)
	}
	t.forget(left.Target)
	return true, nil
}

// blind reports an error that will be there at the next look too: uploads
// cannot be listed for want of a right, of the bucket or of the operation.
func blind(err error) bool {
	return errors.Is(err, reconcile.AccessDenied) || errors.Is(err, reconcile.NotFound) || reconcile.NotImplemented(err)
}

// create opens an upload. When an answer was lost, one may have been opened
// whose id nobody has told us: it has no parts and takes no room, and it cannot
// be told for certain from one that somebody else opened for the same key. So
// it is named, and left to the bucket's lifecycle rule; another one is opened.
func (t *task) create(req reconcile.UploadRequest) (u reconcile.Upload, left bool, err error) {
	begun := t.c.opts.Now()
	err = t.request(req.Target.Bucket, func(ctx context.Context) (err error) {
		u, err = t.c.target.CreateUpload(ctx, req)
		left = left || err != nil && lost(err)
		return err
	})
	if !left {
		return u, false, err
	}
	if err != nil {
		err = fmt.Errorf("%w; an upload may have been opened and left open", err)
	}
	t.rescue(func() { _ = t.nameUnrecorded(req.Target, begun, time.Time{}, u.ID) }) // the log has its error
	return u, true, err
}

// nameUnrecorded names, in the log and the notes, the uploads of a key that
// were opened in that time (to may be zero: until now) and are not known to be
// of this run: one of them may be ours.
func (t *task) nameUnrecorded(target reconcile.Location, from, to time.Time, known ...string) error {
	var ids []string
	err := t.request(target.Bucket, func(ctx context.Context) (err error) {
		ids, err = t.openedBetween(ctx, target, from, to)
		return err
	})
	ids = slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(known, id) })
	switch {
	case err != nil:
		t.c.opts.Log.Warn("an upload whose opening was not answered may be left open: it cannot be looked for", "target", target.String(), "err", err)
		t.c.unrecorded.Add(1)
	case len(ids) > 0:
		t.c.opts.Log.Warn("an upload whose opening was not answered may be left open: it cannot be told from somebody else's, and is left to the bucket's lifecycle rule",
			"target", target.String(), "upload_ids", ids)
		t.c.unrecorded.Add(1)
	}
	return err
}

// openedBetween lists the ids of the uploads of a key that were opened in that
// time.
func (t *task) openedBetween(ctx context.Context, target reconcile.Location, from, to time.Time) (ids []string, err error) {
	var marker reconcile.UploadMarker
	for {
		page, next, err := t.c.target.ListUploads(ctx, target.Bucket, target.Key, marker)
		if err != nil {
			return nil, err
		}
		for _, u := range page {
			early := u.Initiated.Before(from.Add(-clockSkew))
			late := !to.IsZero() && u.Initiated.After(to.Add(clockSkew))
			if u.Target.Key == target.Key && !early && !late {
				ids = append(ids, u.ID)
			}
		}
		if marker = next; marker == (reconcile.UploadMarker{}) || marker.Key > target.Key {
			return ids, nil
		}
	}
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
		done, err := t.drop(left)
		if err != nil {
			errs = append(errs, err)
		}
		if done {
			aborted++
		}
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
