package copier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"reconcile/internal/reconcile"
)

// uploads are the multipart uploads to one service, as the journal remembers
// them.
type uploads struct {
	*sender
	target     Target
	opts       *Options
	unrecorded *atomic.Int64 // counts the keys whose uploads may be ours and are left open
}

func (c *Copier) uploads(s *sender) uploads {
	return uploads{sender: s, target: c.target, opts: &c.opts, unrecorded: &c.omitted.uploads}
}

// clockSkew is how far the server's clock may be behind ours.
const clockSkew = time.Minute

// openingTime is how long the opening of an upload can have taken, with all
// its attempts, before the run that wanted it was killed.
const openingTime = 30 * time.Minute

// drop aborts an upload that was left and cannot be gone on with. One whose id
// was never recorded cannot be told from somebody else's: it is named, and left.
func (u *uploads) drop(left reconcile.Pending) (aborted bool, err error) {
	if left.UploadID == "" {
		err := u.nameUnrecorded(left.Target, left.Begun, left.Begun.Add(openingTime))
		if err != nil && !blind(err) {
			return false, fmt.Errorf("an upload that an earlier run may have opened could not be looked for: %w", err)
		}
		u.forget(left.Target)
		return false, nil
	}
	open := reconcile.Upload{Target: left.Target, ID: left.UploadID}
	err = u.send(open.Target.Bucket, func(ctx context.Context) error { return u.target.AbortUpload(ctx, open) })
	if err != nil && !errors.Is(err, reconcile.NotFound) { // a bucket that is gone took its uploads along
		return false, fmt.Errorf("the upload %s that an earlier run has left could not be aborted: %w", open.ID, err)
	}
	u.forget(left.Target)
	return true, nil
}

// blind reports an error that will be there at the next look too: uploads
// cannot be listed for want of a right, of the bucket or of the operation.
func blind(err error) bool {
	return errors.Is(err, reconcile.AccessDenied) || errors.Is(err, reconcile.NotFound) || reconcile.NotImplemented(err)
}

// nameUnrecorded names, in the log and the notes, the uploads of a key that
// were opened in that time (to may be zero: until now) and are not known to be
// of this run: one of them may be ours.
func (u *uploads) nameUnrecorded(target reconcile.Location, from, to time.Time, known ...string) error {
	ids, err := ask(u.sender, target.Bucket, func(ctx context.Context) ([]string, error) { return u.openedBetween(ctx, target, from, to) })
	ids = slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(known, id) })
	switch {
	case err != nil:
		u.opts.Log.Warn("an upload whose opening was not answered may be left open: it cannot be looked for", "target", target.String(), "err", err)
		u.unrecorded.Add(1)
	case len(ids) > 0:
		u.opts.Log.Warn("an upload whose opening was not answered may be left open: it cannot be told from somebody else's, and is left to the bucket's lifecycle rule",
			"target", target.String(), "upload_ids", ids)
		u.unrecorded.Add(1)
	}
	return err
}

// openedBetween lists the ids of the uploads of a key that were opened in that
// time.
func (u *uploads) openedBetween(ctx context.Context, target reconcile.Location, from, to time.Time) (ids []string, err error) {
	var marker reconcile.UploadMarker
	for {
		page, next, err := u.target.ListUploads(ctx, target.Bucket, target.Key, marker)
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

// Sweep aborts the uploads that earlier runs have left and that this one, now
// complete, had no use for: their objects have arrived otherwise, or are gone.
// Only those that concerns says yes to are touched. It returns how many were
// aborted, and the errors of those that could not be.
func (c *Copier) Sweep(ctx context.Context, concerns func(reconcile.Pending) bool) (aborted int, err error) {
	var errs []error
	u := c.uploads(&sender{contexts: contexts{ctx, ctx, ctx}, limiter: c.limiter, retry: c.opts.Retry})
	for _, left := range c.opts.Journal.Left() {
		if !concerns(left) {
			continue
		}
		done, err := u.drop(left)
		errs = append(errs, err)
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
