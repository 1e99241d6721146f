package report

import (
	"errors"
	"fmt"
	"time"

	"reconcile/internal/reconcile"
)

// Outcome is what RowOf made the row of, as far as a row tells it: a restored
// copy without an expiry, for one, has left no trace. The error is that of a
// row that RowOf cannot have made.
func (r *Row) Outcome() (reconcile.Outcome, error) {
	if err := r.check(); err != nil {
		return reconcile.Outcome{}, err
	}
	restore, _ := r.restored() // checked
	o := reconcile.Outcome{
		Source: reconcile.Object{
			Location: reconcile.Location{Bucket: string(r.SourceBucket), Key: string(r.SourceKey)},
			ETag:     string(r.ETag), StorageClass: string(r.StorageClass), Restore: restore,
		},
		Target: reconcile.Location{Bucket: string(r.TargetBucket), Key: string(r.TargetKey)},
		Status: r.Status, ErrorKind: reconcile.Kind(r.ErrorKind), Message: r.ErrMsg,
		Attempts: r.Attempts, Method: reconcile.Method(r.Method), Proof: reconcile.Proof(r.Proof),
		Elapsed: time.Duration(r.ElapsedMS) * time.Millisecond,
	}
	if r.SizeBytes != nil {
		o.Source.Size = *r.SizeBytes
	}
	return o, nil
}

// maxElapsedMS is the longest time that a time.Duration can hold.
const maxElapsedMS = int64(1<<63-1) / int64(time.Millisecond)

func (r *Row) check() error {
	switch {
	case r.SourceKey == "" && r.TargetKey == "":
		return errors.New("the row names no object")
	case r.Status == "":
		return errors.New("the row has no status")
	case r.Success != r.Status.Success():
		return fmt.Errorf("the row's success, %v, is not that of its status, %s", r.Success, r.Status)
	case r.SizeBytes != nil && *r.SizeBytes < 0, r.Attempts < 0, r.ElapsedMS < 0, r.ElapsedMS > maxElapsedMS:
		return errors.New("a number of the row is out of range")
	}
	_, err := r.restored()
	return err
}

func (r *Row) restored() (reconcile.RestoreState, error) {
	if r.RestoreExpiry == "" {
		return reconcile.RestoreState{}, nil
	}
	t, err := time.Parse(time.RFC3339, string(r.RestoreExpiry))
	if err != nil {
		return reconcile.RestoreState{}, fmt.Errorf("restore_expiry: %w", err)
	}
	return reconcile.RestoreState{Phase: reconcile.Restored, Expiry: t.UTC()}, nil
}
