package copier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/reconcile"
)

// upload is one multipart upload.
type upload struct {
	uploads
	req    reconcile.UploadRequest
	source reconcile.Object // the parts are pinned to
	sizes  []int64          // bytes, of the parts

	reconcile.Upload                  // once it is open
	done             []reconcile.Part // as they were copied; without an ETag: not yet
}

// open resumes the upload that an earlier run has left for this very copy, or
// opens one.
func (u *upload) open() error {
	p := u.pending()
	if resumed, err := u.resume(p); err != nil || resumed {
		return err
	}
	if err := u.opts.Journal.Record(u.work, p); err != nil {
		return err
	}
	left, err := u.create()
	if err != nil {
		if !left {
			u.forget(p.Target)
		}
		return err
	}
	p.UploadID = u.ID
	if err := u.opts.Journal.Record(u.work, p); err != nil {
		return u.abort(err)
	}
	return nil
}

// resume takes over what an earlier run has left for the target. An upload of
// another source, or cut otherwise, is aborted.
func (u *upload) resume(p reconcile.Pending) (resumed bool, err error) {
	left, ok := u.opts.Journal.Find(p.Target)
	if !ok {
		return false, nil
	}
	if left.UploadID == "" || !same(left, p) {
		_, err := u.drop(left)
		return false, err
	}
	u.Upload = reconcile.Upload{Target: left.Target, ID: left.UploadID, Checksum: left.Checksum, LateTags: u.req.Tags}
	u.done, err = u.partsThere()
	switch {
	case errors.Is(err, reconcile.NotFound): // completed or aborted after all
		return false, nil
	case err != nil && !passing(err) && u.accept.Err() == nil:
		// No right to list parts, for one: to go on with an upload only saves
		// work, and must not keep the object from being copied.
		u.opts.Log.Warn("the upload that an earlier run has left cannot be gone on with", "target", left.Target.String(), "err", err)
		_, err := u.drop(left)
		return false, err
	case err != nil:
		return false, err
	}
	p.UploadID = u.ID
	return true, u.opts.Journal.Record(u.work, p)
}

// partsThere returns the parts that the upload has, where they are of the size
// they must be.
func (u *upload) partsThere() ([]reconcile.Part, error) {
	there := make([]reconcile.Part, len(u.sizes))
	for after, more := int32(0), true; more; more = after > 0 {
		var parts []reconcile.Part
		err := u.send(u.Target.Bucket, func(ctx context.Context) (err error) {
			parts, after, err = u.target.ListParts(ctx, u.Upload, after)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			if i := int(p.Number) - 1; i >= 0 && i < len(there) && p.Size == u.sizes[i] {
				there[i] = p
			}
		}
	}
	return there, nil
}

// create opens an upload. When an answer was lost, one may have been opened
// whose id nobody has told us: it has no parts and takes no room, and it cannot
// be told for certain from one that somebody else opened for the same key. So
// it is named, and left to the bucket's lifecycle rule; another one is opened.
func (u *upload) create() (left bool, err error) {
	begun := u.opts.Now()
	u.done = make([]reconcile.Part, len(u.sizes))
	u.Upload, err = ask(u.sender, u.req.Target.Bucket, func(ctx context.Context) (reconcile.Upload, error) {
		opened, err := u.target.CreateUpload(ctx, u.req)
		left = left || err != nil && lost(err)
		return opened, err
	})
	if !left {
		return false, err
	}
	if err != nil {
		err = fmt.Errorf("%w; an upload may have been opened and left open", err)
	}
	u.rescue(func() { _ = u.nameUnrecorded(u.req.Target, begun, time.Time{}, u.ID) }) // the log has its error
	return true, err
}

// copyParts copies the parts that are not there yet, concurrently; the limiter
// decides how many at once.
func (u *upload) copyParts() (err error) {
	outer := u.accept
	g, ctx := errgroup.WithContext(outer) // the first part that fails keeps the others from being begun
	g.SetLimit(u.limiter.Max())
	u.during(ctx, u.work, func() {
		for i, part := range partsOf(u.sizes) {
			if ctx.Err() != nil {
				break
			}
			if u.done[i].ETag != "" {
				continue
			}
			g.Go(func() (err error) {
				u.done[i], err = u.copyPart(part)
				return err
			})
		}
		err = g.Wait()
	})
	if stopped := outer.Err(); stopped != nil {
		return stopped // no failure of the object, whatever else has failed
	}
	return err
}

func (u *upload) copyPart(part reconcile.Part) (reconcile.Part, error) {
	return ask(u.sender, u.Target.Bucket, func(ctx context.Context) (reconcile.Part, error) {
		return u.target.CopyPart(ctx, reconcile.PartRequest{Upload: u.Upload, Source: u.source, Part: part})
	})
}

// giveUp ends an upload that cannot be completed now. With a journal, one that
// only time has kept from being completed stays open, for the next run.
func (u *upload) giveUp(cause error) error {
	if u.opts.Journal != (noJournal{}) && (u.accept.Err() != nil || passing(cause)) {
		return fmt.Errorf("%w; its upload is kept in the journal, for the next run to go on with", cause)
	}
	return u.abort(cause)
}

// passing reports a failure that may be over when the next run comes.
func passing(err error) bool {
	return errors.Is(err, reconcile.Network) || errors.Is(err, reconcile.Throttled)
}

// abort gives an upload up, also when the run is over, and returns the error
// that made it necessary.
func (u *upload) abort(cause error) (err error) {
	u.rescue(func() {
		err = u.send(u.Target.Bucket, func(ctx context.Context) error { return u.target.AbortUpload(ctx, u.Upload) })
	})
	if err == nil {
		u.forget(u.Target)
		return cause
	}
	u.opts.Log.Warn("upload left open", "target", u.Target.String(), "upload_id", u.ID, "err", err)
	if cause != nil {
		return fmt.Errorf("%w; the upload %s is left open: %v", cause, u.ID, err)
	}
	return nil
}

// putLateTags sets tags that were too long for the upload's header.
func (u *upload) putLateTags() error {
	if len(u.LateTags) == 0 {
		return nil
	}
	err := u.send(u.Target.Bucket, func(ctx context.Context) error {
		return u.target.PutTags(ctx, u.Target, u.LateTags)
	})
	if err != nil {
		return fmt.Errorf("%s was written, without its tags: %w", u.Target, err)
	}
	return nil
}
