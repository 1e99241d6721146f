package copier

import (
	"context"
	"fmt"
	"time"

	"reconcile/internal/reconcile"
)

const (
	// leastDuration is the time that the copy of any object must be given:
	// throttling, retries and waiting for room are in it.
	leastDuration = 10 * time.Minute
	// copyRate, in bytes a second, is what a large copy plausibly makes when
	// it shares the service with others.
	copyRate = 100 << 20
)

// estimatedDuration is how long the copy of size bytes may plausibly take.
func estimatedDuration(size int64) time.Duration {
	return leastDuration + time.Duration(size/copyRate)*time.Second
}

// ensureExpiry looks whether the restored copy will be there long enough. If it may
// not be, its restore is extended where that was asked for, and otherwise the
// operator is warned: the copy is tried in either case.
func (t *task) ensureExpiry() {
	r, now := t.d.Source.Restore, t.opts.Now()
	if r.Phase != reconcile.Restored || r.Expiry.IsZero() || r.Expiry.Sub(now) >= estimatedDuration(t.d.Source.Size) {
		return
	}
	log := t.opts.Log.With("source", t.d.Source.Location.String(), "expires", r.Expiry.Format(time.RFC3339))
	if t.opts.ExtendDays <= 0 || t.opts.Plan {
		log.Warn("the restored copy may expire before it is copied; --extend-days would extend it")
		return
	}
	if !now.AddDate(0, 0, t.opts.ExtendDays).After(r.Expiry) { // the days count from now
		log.Warn("the restored copy may expire before it is copied; --extend-days would not extend it", "days", t.opts.ExtendDays)
		return
	}
	err := t.send(t.d.Source.Bucket, func(ctx context.Context) error {
		return t.c.source.Extend(ctx, t.d.Source.Location, t.opts.ExtendDays)
	})
	if err == nil {
		err = t.believeExtension()
	}
	if err != nil {
		log.Warn("the restored copy may expire before it is copied, and could not be extended", "err", err)
	}
}

// believeExtension asks HEAD for the new expiry, whatever was known before. A
// source that turns out to have changed is left to the copy's pin.
func (t *task) believeExtension() error {
	pinned := t.d.Source
	t.source = nil
	if err := t.headPinned(); err != nil {
		t.d.Source, t.source = pinned, nil
		return err
	}
	from, to := pinned.Restore.Expiry.Format(time.RFC3339), t.d.Source.Restore.Expiry.Format(time.RFC3339)
	if !t.d.Source.Restore.Expiry.After(pinned.Restore.Expiry) {
		return fmt.Errorf("the restore was extended, and still expires at %s", to)
	}
	t.opts.Log.Info("restore extended", "source", pinned.Location.String(), "from", from, "to", to)
	return nil
}
