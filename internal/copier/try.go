package copier

import (
	"errors"

	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
)

// try makes an attempt unless it is hopeless, and learns from it.
func (t *task) try(bucket, what string, f func() error) error {
	a := limiter.Attempt{Bucket: bucket, What: what}
	if err := t.c.refusals.Hopeless(a, t.d.Source.Key); err != nil {
		return err
	}
	err := f()
	if errors.Is(err, reconcile.NotFound) && what == opHead {
		t.c.refusals.Note(a, t.d.Source.Key, nil) // an answer is no refusal
		return err
	}
	if t.c.refusals.Note(a, t.d.Source.Key, err) {
		t.c.opts.Log.Warn("refused every time, for one reason: the rest is not tried", "bucket", "s3://"+bucket, "what", what, "cause", err)
	}
	return err
}
