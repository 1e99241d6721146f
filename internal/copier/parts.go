package copier

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/reconcile"
)

// copyByParts copies by a multipart upload. Only bytes travel that way, so
// everything else is read from the source first and given to the new object.
// An upload that does not end well is aborted.
func (t *task) copyByParts(w way) (written, error) {
	if err := t.headPinned(); err != nil {
		return written{}, err
	}
	tags, err := t.sourceTags()
	if err != nil {
		return written{}, err
	}
	t.askAnnotations()
	if err := t.lapsed(); err != nil {
		return written{}, err
	}
	l, err := t.layout(w)
	if err != nil {
		return written{}, err
	}
	req := reconcile.UploadRequest{Source: *t.source, Tags: tags, Target: t.d.Target.Location}
	if carried(t.source.Checksum) {
		req.Checksum = t.source.Checksum.Algorithm
	}
	for restarts := 0; ; restarts++ {
		done, err := t.upload(req, partsOf(l.sizes))
		if !done.found { // what is somebody else's may be cut otherwise
			done.sameLayout, done.guess = l.kept, l.guess()
		}
		if !raced(err) || restarts+1 >= t.c.opts.MaxRestarts {
			return done, err
		}
		// All the parts again would be for nothing if the other write won.
		if there, headErr := t.lookAgain(); headErr != nil || there {
			return done, err
		}
	}
}

// raced reports a conditional write that ran into another one: S3 wants such
// an upload begun again from the start.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
func raced(err error) bool {
	var e *reconcile.Error
	return errors.As(err, &e) && e.Code == reconcile.CodeConditionalConflict
}

// upload is one multipart upload from its creation to its end.
func (t *task) upload(req reconcile.UploadRequest, parts []reconcile.Part) (written, error) {
	u, there, err := t.open(req, parts)
	if err != nil {
		return written{}, err
	}
	done, err := t.copyParts(u, parts, there)
	if err != nil {
		return written{}, t.giveUp(u, err)
	}
	outer := t.accept
	t.accept = t.work // all the bytes are there: finish, also when the run is being stopped
	w, err := t.complete(u, done)
	t.accept = outer
	if err != nil {
		return written{}, t.giveUp(u, err)
	}
	if w.found { // if it is somebody else's, the upload is still open
		_ = t.abort(u, nil) // logged, and kept in the journal; the target is what counts
	}
	t.settled()
	if err := t.putLateTags(u); err != nil {
		return w, err
	}
	if !w.found {
		t.forget(u.Target)
	}
	return w, nil
}

// copyParts copies the parts that are not there yet, concurrently; the limiter
// decides how many at once.
func (t *task) copyParts(u reconcile.Upload, parts []reconcile.Part, there map[int32]reconcile.Part) ([]reconcile.Part, error) {
	done := make([]reconcile.Part, len(parts))
	var g errgroup.Group
	g.SetLimit(t.c.limiter.Max())
	outer := t.accept
	ctx, cancel := context.WithCancelCause(outer)
	defer cancel(nil)
	t.accept = ctx // the first part that fails keeps the others from being begun
	defer func() { t.accept = outer }()
	for i, part := range parts {
		if ctx.Err() != nil {
			break
		}
		if p, ok := there[part.Number]; ok {
			done[i] = p
			continue
		}
		g.Go(func() error {
			p, err := t.copyPart(u, part)
			if err != nil {
				cancel(err)
			}
			done[i] = p
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, firstCause(ctx, outer, err)
	}
	return done, ctx.Err()
}

// firstCause is the failure that ended the others, not one of those it ended.
// A run that is being stopped is no failure of the object, whatever its cause:
// stopped is the context of the run.
func firstCause(ctx, stopped context.Context, err error) error {
	if stopErr := stopped.Err(); stopErr != nil {
		return stopErr
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func (t *task) copyPart(u reconcile.Upload, part reconcile.Part) (p reconcile.Part, err error) {
	err = t.request(u.Target.Bucket, func(ctx context.Context) (err error) {
		p, err = t.c.target.CopyPart(ctx, reconcile.PartRequest{Upload: u, Source: t.d.Source, Part: part})
		return err
	})
	return p, err
}

// complete makes the parts one object. A race with another conditional write
// cannot be cured by sending it again, so that is taken out of the retries.
func (t *task) complete(u reconcile.Upload, parts []reconcile.Part) (written, error) {
	req := reconcile.CompleteRequest{Upload: u, Parts: parts}
	t.expected = compositeETag(parts)
	w, err := t.conditionalWrite(opComplete, func(ctx context.Context, p reconcile.Precondition) (reconcile.Written, error) {
		req.Precondition = p
		answer, err := t.c.target.CompleteUpload(ctx, req)
		if raced(err) {
			err = final{err}
		}
		return answer, err
	})
	return w, unhidden(err)
}

// compositeETag is the ETag that S3 gives to an object of these parts, "" where
// their own ETags are no digests. That nobody else's object has it by chance
// is what makes it a mark of ours.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
func compositeETag(parts []reconcile.Part) string {
	all := md5.New()
	for _, p := range parts {
		if reconcile.FormOf(p.ETag) != reconcile.ETagPlain {
			return ""
		}
		sum, err := hex.DecodeString(p.ETag)
		if err != nil {
			return ""
		}
		all.Write(sum)
	}
	return fmt.Sprintf("%x-%d", all.Sum(nil), len(parts))
}

// abort gives an upload up, also when the run is over, and returns the error
// that made it necessary.
func (t *task) abort(u reconcile.Upload, cause error) error {
	var err error
	t.rescue(func() {
		err = t.request(u.Target.Bucket, func(ctx context.Context) error { return t.c.target.AbortUpload(ctx, u) })
	})
	if err == nil {
		t.forget(u.Target)
	} else {
		t.c.opts.Log.Warn("upload left open", "target", u.Target.String(), "upload_id", u.ID, "err", err)
	}
	if err != nil && cause != nil {
		return fmt.Errorf("%w; the upload %s is left open: %v", cause, u.ID, err)
	}
	return cause
}

// sourceTags reads the source's tags. The count in a HEAD is only there for
// those who may read tags, so its silence is believed only once the tags of
// some object of the bucket could be read.
func (t *task) sourceTags() (map[string]string, error) {
	bucket := t.d.Source.Bucket
	if _, known := t.c.seen.tagsRead.Load(bucket); known && t.source.TagCount == 0 {
		return nil, nil
	}
	var tags map[string]string
	err := t.request(bucket, func(ctx context.Context) (err error) {
		tags, err = t.c.source.Tags(ctx, t.d.Source.Location)
		return err
	})
	if noTagging(err) && t.source.TagCount == 0 {
		err = nil // a server without tags has none to lose
	}
	if err != nil {
		return nil, err
	}
	t.c.seen.tagsRead.Store(bucket, true)
	return tags, nil
}

// noTagging reports a server that has no tags: it says so, or does not know
// the request.
func noTagging(err error) bool {
	var e *reconcile.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code { // a 400 can be a token that has expired, or a request that took too long
	case "", "InvalidRequest", "InvalidArgument", "BadRequest", "MethodNotAllowed", "NotImplemented", "UnsupportedOperation":
		return e.Status == 501 || e.Status == 400 || e.Status == 405
	case "NoSuchTagSet", "NoSuchTagSetError": // S3 has that for buckets, some servers for objects
		return true
	}
	return e.Status == 501
}

// putLateTags sets tags that were too long for the upload's header.
func (t *task) putLateTags(u reconcile.Upload) error {
	if len(u.LateTags) == 0 {
		return nil
	}
	err := t.request(u.Target.Bucket, func(ctx context.Context) error {
		return t.c.target.PutTags(ctx, u.Target, u.LateTags)
	})
	if err != nil {
		return fmt.Errorf("%s was written, without its tags: %w", u.Target, err)
	}
	return nil
}

// partLayout is how an object is cut.
type partLayout struct {
	sizes []int64 // bytes
	kept  bool    // they are the source's …
	exact bool    // … and each was asked for, or follows from those that were
}

// guess returns the sizes where they are the source's by inference only.
func (l partLayout) guess() []int64 {
	if l.kept && !l.exact {
		return l.sizes
	}
	return nil
}

// layout lays the copy out.
func (t *task) layout(w way) (partLayout, error) {
	if w == wayPreserve {
		l, err := t.sourceLayout()
		if err != nil || l.kept {
			return l, err
		}
		t.c.opts.Log.Debug("the source's part sizes cannot be kept", "source", t.d.Source.Location.String())
	}
	return partLayout{sizes: cut(t.d.Source.Size, t.c.opts.PartSize)}, nil
}

// sourceLayout asks for the sizes of the source's parts: of the first and the
// last, and of the others too where those two leave room for uneven ones. It
// is zero where the server does not tell, or tells what S3 would not take.
func (t *task) sourceLayout() (partLayout, error) {
	first, n, err := t.partSize(1)
	if errors.Is(err, reconcile.Changed) {
		// Some servers give a part an ETag of its own, and refuse the pin on
		// the object's: only the object can tell whether it has changed.
		t.source = nil
		return partLayout{}, t.headPinned()
	}
	if noParts(err) || err == nil && n == 0 {
		return partLayout{}, nil
	}
	if err != nil {
		return partLayout{}, err
	}
	l := partLayout{sizes: []int64{t.d.Source.Size}, kept: true, exact: true}
	if n > 1 {
		if l, err = t.severalParts(first, n); err != nil {
			return partLayout{}, err
		}
	}
	if !l.kept || !copyable(l.sizes) {
		return partLayout{}, nil
	}
	return l, nil
}

// noParts reports a server that does not take a part's number in a HEAD.
func noParts(err error) bool {
	var e *reconcile.Error
	return errors.As(err, &e) && (e.Status == 501 || e.Status == 400 || e.Status == 405)
}

func (t *task) severalParts(first int64, n int) (partLayout, error) {
	last, _, err := t.partSize(int32(n))
	if err != nil {
		return partLayout{}, err
	}
	if sizes, ok := uniform(t.d.Source.Size, first, last, n); ok {
		return partLayout{sizes: sizes, kept: true, exact: n <= 3}, nil
	}
	sizes, err := t.unevenLayout(first, last, n)
	return partLayout{sizes: sizes, kept: sizes != nil, exact: true}, err
}

// unevenLayout asks for the sizes of the parts in between. It is nil where they
// do not add up to the object: some servers ignore the part's number.
func (t *task) unevenLayout(first, last int64, n int) ([]int64, error) {
	sizes := make([]int64, n)
	sizes[0], sizes[n-1] = first, last
	var g errgroup.Group
	g.SetLimit(16)
	for i := 1; i < n-1; i++ {
		g.Go(func() (err error) {
			sizes[i], _, err = t.partSize(int32(i + 1))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var sum int64
	for _, size := range sizes {
		sum += size
	}
	if sum != t.d.Source.Size {
		t.c.opts.Log.Debug("the source's parts do not add up to it", "source", t.d.Source.Location.String(), "parts", sum, "bytes", t.d.Source.Size)
		return nil, nil
	}
	return sizes, nil
}

// partSize asks HEAD for the size of one part. n is 0 where the server does
// not know of parts; then it answers for the whole object, and anything else
// is no answer.
func (t *task) partSize(number int32) (size int64, n int, err error) {
	source := t.d.Source
	err = t.request(source.Bucket, func(ctx context.Context) (err error) {
		size, n, err = t.c.source.HeadPart(ctx, source, number)
		if err == nil && n == 0 && (size != source.Size || number > 1) {
			err = emptyHead(source.Location, fmt.Sprintf("no number of parts, and %d bytes", size))
		}
		return err
	})
	return size, n, err
}
