package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// fault is something that has happened to the archive since the last run.
type fault struct {
	what        string
	key, bucket string // the object in the archive bucket
	status      reconcile.Status
	happen      func(s *s3sim.Server, bucket, key string)
	undo        func(s *s3sim.Server, bucket, key string)
}

// faults are the four that an audit is there to find.
func faults(now time.Time) []fault {
	original := restored(now)
	original.StorageClass, original.Restore = "", ""
	put := func(seed uint64) func(*s3sim.Server, string, string) {
		o := original
		o.ContentSeed = seed
		return func(s *s3sim.Server, bucket, key string) { s.Put(bucket, key, o) }
	}
	remove := (*s3sim.Server).Delete
	return []fault{
		{"a leak: a data file in the public bucket", folder + "MOD09GQ.A2026321.h09v05.061.hdf", public, reconcile.Misplaced, put(1), remove},
		{"an orphan: an object without an original", folder + "MOD09GQ.A2026320.h09v05.061.hdf", protected, reconcile.Orphan, put(5), remove},
		{"a loss: an object that is not in its archive any more", folder + "MOD09GQ.A2026321.h09v05.061.quux", protected, reconcile.Missing, remove, put(1)},
		{"a corrupt copy: the same size, other bytes", folder + "MOD09GQ.A2026321.h10v05.061.hdf", protected, reconcile.Differs, put(6), put(1)},
	}
}

// audit lets the four faults happen, and wants the program's own audit to find
// them. The archive is then as it was before.
func (d *Demo) audit(ctx context.Context) error {
	all := faults(time.Now())
	for _, f := range all {
		f.happen(d.server, f.bucket, f.key)
	}
	defer func() {
		for _, f := range all {
			f.undo(d.server, f.bucket, f.key)
		}
	}()
	fmt.Fprintf(d.Out, "\nNow a file leaks, one is lost, one is corrupted, and one turns up that has no original.\n")
	code, err := d.run(ctx, "audit", "--report", d.report("audit", "json"), "--report", d.report("audit", "html"))
	if code != d.Want {
		return fmt.Errorf("the demo's audit was to end with exit code %d, for what it finds, and ended with %d: %w",
			d.Want, code, errors.Join(err, ctx.Err()))
	}
	return d.checkAudit(all)
}

// checkAudit wants a row for each fault.
func (d *Demo) checkAudit(all []fault) error {
	r, err := d.read("audit")
	if err != nil {
		return err
	}
	fmt.Fprintf(d.Out, "\nWhat the audit found of it:\n")
	wrong := 0
	for _, f := range all {
		found := "NOT FOUND"
		for _, row := range r.Objects {
			if row.Status == f.status && string(row.TargetBucket) == f.bucket && string(row.TargetKey) == f.key {
				found = string(row.Status)
			}
		}
		if found == "NOT FOUND" {
			wrong++
		}
		fmt.Fprintf(d.Out, "  %-12s %s\n      s3://%s/%s\n", found, f.what, f.bucket, printable(f.key))
	}
	if wrong > 0 {
		return fmt.Errorf("%d of the %d faults are %w", wrong, len(all), ErrUnexpected)
	}
	return nil
}
