package copier

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"

	"reconcile/internal/reconcile"
)

// copyByParts copies by a multipart upload. Only bytes travel that way, so
// everything else is read from the source first and given to the new object.
// An upload that does not end well is aborted.
func (w *writing) copyByParts(by way) (written, error) {
	if err := w.headPinned(); err != nil {
		return written{}, err
	}
	tags, err := w.sourceTags()
	if err != nil {
		return written{}, err
	}
	w.askAnnotations()
	if err := w.lapsed(); err != nil {
		return written{}, err
	}
	l, err := w.layout(by)
	if err != nil {
		return written{}, err
	}
	req := reconcile.UploadRequest{Source: *w.source, Tags: tags, Target: w.d.Target.Location}
	if carried(w.source.Checksum) {
		req.Checksum = w.source.Checksum.Algorithm
	}
	for restarts := 0; ; restarts++ {
		done, err := w.upload(req, l.sizes)
		if !done.found { // what is somebody else's may be cut otherwise
			done.layout = l
		}
		if !raced(err) || restarts+1 >= w.opts.MaxRestarts {
			return done, err
		}
		// All the parts again would be for nothing if the other write won.
		if there, headErr := w.lookAgain(); headErr != nil || there {
			return done, err
		}
	}
}

// raced reports a conditional write that ran into another one: S3 wants such
// an upload begun again from the start.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
func raced(err error) bool { return s3Error(err).Code == reconcile.CodeConditionalConflict }

// layout lays the copy out.
func (w *writing) layout(by way) (partLayout, error) {
	if by == wayPreserve {
		l, err := w.sourceLayout()
		if err != nil || l.kept {
			return l, err
		}
		w.opts.Log.Debug("the source's part sizes cannot be kept", "source", w.d.Source.Location.String())
	}
	return partLayout{sizes: cut(w.d.Source.Size, w.opts.PartSize)}, nil
}

// sourceLayout is the source's layout, or zero where it cannot be kept.
func (w *writing) sourceLayout() (partLayout, error) {
	sizes := w.sizes(w.from, w.d.Source)
	first, n, err := sizes.told(1)
	switch {
	case errors.Is(err, reconcile.Changed):
		// Some servers give a part an ETag of its own, and refuse the pin on
		// the object's: only the object can tell whether it has changed.
		w.source = nil
		return partLayout{}, w.headPinned()
	case noParts(err), err == nil && n == 0:
		return partLayout{}, nil
	case err != nil:
		return partLayout{}, err
	}
	return sizes.layout(first, n)
}

// upload is one multipart upload from its creation to its end.
func (w *writing) upload(req reconcile.UploadRequest, sizes []int64) (done written, err error) {
	u := upload{uploads: w.uploads, req: req, source: w.d.Source, sizes: sizes}
	if err := u.open(); err != nil {
		return written{}, err
	}
	if err := u.copyParts(); err != nil {
		return written{}, u.giveUp(err)
	}
	// All the bytes are there: finish, also when the run is being stopped.
	w.during(w.work, w.work, func() { done, err = w.complete(&u) })
	if err != nil {
		return written{}, u.giveUp(err)
	}
	if done.found { // if it is somebody else's, the upload is still open
		_ = u.abort(nil) // logged, and kept in the journal; the target is what counts
	}
	w.settled()
	if err := u.putLateTags(); err != nil {
		return done, err
	}
	if !done.found {
		u.forget(req.Target)
	}
	return done, nil
}

// complete makes the parts one object. A race with another conditional write
// cannot be cured by sending it again, so that is taken out of the retries.
func (w *writing) complete(u *upload) (written, error) {
	req := reconcile.CompleteRequest{Upload: u.Upload, Parts: u.done}
	w.expected = compositeETag(u.done)
	done, err := w.writeIf(opComplete, func(ctx context.Context, p reconcile.Precondition) (reconcile.Written, error) {
		req.Precondition = p
		answer, err := u.target.CompleteUpload(ctx, req)
		if raced(err) {
			err = final{err}
		}
		return answer, err
	})
	return done, unhidden(err)
}

// compositeETag is the ETag that S3 gives to an object of these parts, "" where
// their own ETags are no digests. That nobody else's object has it by chance
// is what makes it a mark of ours.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
func compositeETag(parts []reconcile.Part) string {
	all := md5.New()
	for _, p := range parts {
		sum, err := hex.DecodeString(p.ETag)
		if err != nil || reconcile.FormOf(p.ETag) != reconcile.ETagPlain {
			return ""
		}
		all.Write(sum)
	}
	return fmt.Sprintf("%x-%d", all.Sum(nil), len(parts))
}
