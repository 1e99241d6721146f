package copier

import (
	"context"
	"fmt"

	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
)

// A copy by parts carries no annotations, and CopyObject does: what a copy has
// lost is said in its row.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations.html

// askAnnotations asks whether the source has annotations. What cannot be asked
// is not known, and no failure of the copy.
func (t *task) askAnnotations() {
	bucket := t.d.Source.Bucket
	if _, refused := t.c.seen.secret.Load(bucket); refused {
		t.c.unasked.Add(1)
		return
	}
	err := t.request(bucket, func(ctx context.Context) (err error) {
		t.annotated, err = t.c.source.Annotated(ctx, t.d.Source.Location)
		return err
	})
	if err == nil {
		return
	}
	t.c.unasked.Add(1)
	if _, ok := limiter.Systematic(err); !ok {
		return
	}
	if _, known := t.c.seen.secret.LoadOrStore(bucket, true); !known {
		t.c.opts.Log.Warn("whether sources of copies by parts have annotations is not known", "bucket", "s3://"+bucket, "err", err)
	}
}

// withoutAnnotations says in a copy's row that its source's annotations were not
// carried.
func (t *task) withoutAnnotations(o *reconcile.Outcome) {
	if t.annotated && o.Method == reconcile.MethodMultipart && o.Status == reconcile.Copied {
		o.Compared[reconcile.AspectAnnotations] = reconcile.Disagrees
		t.c.uncarried.Add(1)
	}
}

func (c *Copier) annotationNotes() (notes []string) {
	if n := c.uncarried.Load(); n > 0 {
		notes = append(notes, fmt.Sprintf("%d copies by parts are without the annotations of their sources: annotations=differ in their rows", n))
	}
	if n := c.unasked.Load(); n > 0 {
		notes = append(notes, fmt.Sprintf("of %d copies by parts nobody knows whether their sources have annotations, which such copies do not carry", n))
	}
	return notes
}
