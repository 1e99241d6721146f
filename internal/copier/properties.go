package copier

import (
	"context"

	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
)

// CopyObject carries tags and annotations. A copy by parts is given the tags,
// and carries no annotations: what a copy has lost is said in its row.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations.html

// sourceTags reads the source's tags. The count in a HEAD is only there for
// those who may read tags, so its silence is believed only once the tags of
// some object of the bucket could be read.
func (w *writing) sourceTags() (map[string]string, error) {
	source := w.d.Source.Location
	bucket := w.learned.buckets.of(source.Bucket)
	if bucket.tagsRead.Load() && w.source.TagCount == 0 {
		return nil, nil
	}
	tags, err := ask(&w.sender, source.Bucket, func(ctx context.Context) (map[string]string, error) {
		return w.reader.Tags(ctx, source)
	})
	if noTagging(err) && w.source.TagCount == 0 {
		err = nil // a server without tags has none to lose
	}
	if err != nil {
		return nil, err
	}
	bucket.tagsRead.Store(true)
	return tags, nil
}

// noTagging reports a server that has no tags: it says so, or does not know
// the request.
func noTagging(err error) bool {
	e := s3Error(err)
	switch e.Code { // a 400 can be a token that has expired, or a request that took too long
	case "", "InvalidRequest", "InvalidArgument", "BadRequest", "MethodNotAllowed", "NotImplemented", "UnsupportedOperation":
		return e.Status == 501 || e.Status == 400 || e.Status == 405
	case "NoSuchTagSet", "NoSuchTagSetError": // S3 has that for buckets, some servers for objects
		return true
	}
	return e.Status == 501
}

// askAnnotations asks whether the source has annotations. What cannot be asked
// is not known, and no failure of the copy.
func (w *writing) askAnnotations() {
	source := w.d.Source.Location
	bucket := w.learned.buckets.of(source.Bucket)
	if bucket.secret.Load() {
		w.omitted.unasked.Add(1)
		return
	}
	var err error
	w.annotated, err = ask(&w.sender, source.Bucket, func(ctx context.Context) (bool, error) {
		return w.reader.Annotated(ctx, source)
	})
	if err == nil {
		return
	}
	w.omitted.unasked.Add(1)
	if _, ok := limiter.Systematic(err); ok && bucket.secret.CompareAndSwap(false, true) {
		w.opts.Log.Warn("whether sources of copies by parts have annotations is not known", "bucket", "s3://"+source.Bucket, "err", err)
	}
}

// withoutAnnotations says in a copy's row that its source's annotations were not
// carried.
func (w *writing) withoutAnnotations(o *reconcile.Outcome) {
	if w.annotated && o.Method == reconcile.MethodMultipart && o.Status == reconcile.Copied {
		o.Compared[reconcile.AspectAnnotations] = reconcile.Disagrees
		w.omitted.annotations.Add(1)
	}
}
