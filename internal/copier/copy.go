package copier

import (
	"context"
	"errors"

	"reconcile/internal/reconcile"
)

// writing is the copying of one object, by the way that works.
type writing struct {
	conditional
	reader    Source // of tags and annotations
	uploads   uploads
	omitted   *omissions
	annotated bool // the source has annotations, which no copy by parts carries
}

// written is a target as far as it is known after the write.
type written struct {
	object  reconcile.Object
	ours    string     // the ETag under which this run has written it; empty: it may be somebody else's
	sized   bool       // its size was seen, not assumed
	version string     // that this run has written; empty: the bucket has none, or it is not known
	found   bool       // it was found there after a lost answer: it may be somebody else's
	layout  partLayout // zero where it has no parts, or they may be cut otherwise
}

// run writes the target and proves it. What a failed write has left is found
// out: the truth may be that the target is there all the same. refused is the
// error of a write that the target's state has kept from being carried out.
func (w *writing) run(by way) (o reconcile.Outcome, refused error) {
	done, err := w.write(by)
	if err == nil {
		w.settled()
		return w.proved(done), nil
	}
	if o, known := w.landedAfterAll(); known {
		return o, nil
	}
	if reconcile.PreconditionFailed(err) || raced(err) || w.targetGone(err) {
		return o, err
	}
	o = w.failed(err)
	if w.unsure {
		o.Message += "; the write may still be carried out by the server"
	}
	return o, nil
}

func (w *writing) write(by way) (done written, err error) {
	by = w.learnedWay(by)
	done, err = w.writeBy(by)
	if second, ok := w.secondWay(by, err); ok {
		first := err
		if done, err = w.writeBy(second); err == nil {
			w.learnWay(by, first)
		}
	}
	return done, err
}

func (w *writing) writeBy(by way) (done written, err error) {
	w.method = reconcile.MethodMultipart
	if by == wayCopy {
		w.method = reconcile.MethodCopy
	}
	err = w.try(w.d.Target.Bucket, string(w.method), func() (err error) {
		if by == wayCopy {
			done, err = w.copyObject()
		} else {
			done, err = w.copyByParts(by)
		}
		return err
	})
	return done, err
}

// copyObject copies by one CopyObject.
func (w *writing) copyObject() (written, error) {
	req := reconcile.CopyRequest{Source: w.d.Source, Target: w.d.Target.Location}
	done, err := w.writeIf(opCopy, func(ctx context.Context, p reconcile.Precondition) (reconcile.Written, error) {
		req.Precondition = p
		answer, err := w.uploads.target.Copy(ctx, req)
		if timedOut(err) && w.d.Source.Size > minPartSize {
			err = final{err} // what was too slow once goes by parts
		}
		return answer, err
	})
	return done, unhidden(err)
}

// final hides from the retries an error that sending again cannot mend.
type final struct{ error }

// unhidden is the error that final hides.
func unhidden(err error) error {
	var f final
	if errors.As(err, &f) {
		return f.error
	}
	return err
}

// landedAfterAll looks at the target once more, when no attempts are left and
// the answer of one was lost.
func (w *writing) landedAfterAll() (o reconcile.Outcome, known bool) {
	if !w.unsure {
		return o, false
	}
	w.rescue(func() {
		if there, err := w.lookAgain(); err == nil && there {
			o = w.proved(w.foundTarget())
			known = o.Success() || o.Status == reconcile.Differs
		}
	})
	return o, known
}

// targetGone reports an If-Match without a target: S3 answers 404 to that.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (w *writing) targetGone(err error) bool {
	e := s3Error(err)
	return w.d.Listed && e.Code == "NoSuchKey" && e.Op != "UploadPartCopy"
}

// proved ends a copy, with its proof or failed for want of one.
func (w *writing) proved(done written) reconcile.Outcome {
	p := prover{pair: w.pair, written: done, remove: w.uploads.target.Remove}
	o := p.proved()
	w.withoutAnnotations(&o)
	return o
}
