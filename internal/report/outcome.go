package report

import (
	"errors"
	"fmt"
	"strings"
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
	o := reconcile.Outcome{
		Source: r.source(), Target: r.target(), TargetSeen: r.TargetSizeBytes != nil,
		Status: r.Status, Archive: reconcile.Archive(r.Archive),
		ErrorKind: reconcile.Kind(r.ErrorKind), Message: r.ErrMsg, ErrorCode: string(r.ErrorCode), ErrorBucket: string(r.ErrorBucket),
		Attempts: int(r.Attempts), Refused: int(r.Refused), Elapsed: time.Duration(r.ElapsedMS) * time.Millisecond,
		Method: reconcile.Method(r.Method), Proof: reconcile.Proof(r.Proof), Evidence: reconcile.Evidence(r.Evidence),
		VerifiedAt: timeOf(r.VerifiedAt), GranuleID: string(r.GranuleID), CollectionID: string(r.CollectionID),
		Catalog: reconcile.Catalog(r.Catalog), Leak: bool(r.Leak),
	}
	o.Compared, _ = reconcile.ParseCompared(string(r.Compared)) // checked
	return o, nil
}

func (r *Row) source() reconcile.Object {
	o := reconcile.Object{
		Location: reconcile.Location{Bucket: string(r.SourceBucket), Key: string(r.SourceKey), VersionID: string(r.VersionID)},
		ETag:     string(r.ETag), StorageClass: string(r.StorageClass), LastModified: timeOf(r.LastModified),
		Checksum: checksum(r.ChecksumAlgorithm, r.Checksum),
	}
	if r.SizeBytes != nil {
		o.Size = *r.SizeBytes
	}
	if r.RestoreExpiry != "" {
		o.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: timeOf(r.RestoreExpiry)}
	}
	return o
}

func (r *Row) target() reconcile.Object {
	o := reconcile.Object{
		Location: reconcile.Location{Bucket: string(r.TargetBucket), Key: string(r.TargetKey), VersionID: string(r.TargetVersionID)},
		ETag:     string(r.TargetETag), StorageClass: string(r.TargetStorageClass), LastModified: timeOf(r.TargetLastModified),
	}
	if r.TargetChecksum != "" {
		o.Checksum = checksum(r.ChecksumAlgorithm, r.TargetChecksum)
	}
	if r.TargetSizeBytes != nil {
		o.Size = *r.TargetSizeBytes
	}
	return o
}

// checksum is what the row tells of one: the value says its type, for that of a
// composite one ends in the number of parts.
func checksum(algorithm, value Text) reconcile.Checksum {
	c := reconcile.Checksum{Algorithm: string(algorithm), Value: string(value)}
	switch {
	case value == "":
	case strings.Contains(c.Value, "-"):
		c.Type = reconcile.Composite
	default:
		c.Type = reconcile.FullObject
	}
	return c
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
	case r.SizeBytes != nil && *r.SizeBytes < 0, r.TargetSizeBytes != nil && *r.TargetSizeBytes < 0,
		r.Attempts < 0, r.Refused < 0, r.ElapsedMS < 0, r.ElapsedMS > maxElapsedMS:
		return errors.New("a number of the row is out of range")
	}
	if _, ok := reconcile.ParseCompared(string(r.Compared)); !ok {
		return errors.New("compared: it cannot be read")
	}
	return r.checkTimes()
}

func (r *Row) checkTimes() error {
	for _, t := range [...]struct {
		name string
		text Text
	}{
		{"restore_expiry", r.RestoreExpiry}, {"last_modified", r.LastModified},
		{"target_last_modified", r.TargetLastModified}, {"verified_at", r.VerifiedAt},
	} {
		if t.text == "" {
			continue
		}
		if _, err := time.Parse(time.RFC3339, string(t.text)); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// timeOf is the inverse of instant, for a time that was checked.
func timeOf(text Text) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, _ := time.Parse(time.RFC3339, string(text))
	return t.UTC()
}
