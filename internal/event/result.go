package event

import (
	"encoding/json"
	"time"

	"reconcile/internal/reconcile"
)

// maxResult is the longest resultString, in bytes. S3 documents no limit. Two
// keys of S3's longest, 1024 bytes, and the rest of a row take about 2,500; a
// longer string costs one per object in every completion report.
const maxResult = 4096

// fullRow is the row that the report has for an outcome: the same names in the
// same order, every field always there, null where it does not apply.
type fullRow struct {
	SourceBucket  *string          `json:"source_bucket"`
	SourceKey     *string          `json:"source_key"`
	TargetBucket  *string          `json:"target_bucket"`
	TargetKey     *string          `json:"target_key"`
	SizeBytes     *int64           `json:"size_bytes"`
	ETag          *string          `json:"etag"`
	StorageClass  *string          `json:"storage_class"`
	RestoreExpiry *string          `json:"restore_expiry"`
	Status        reconcile.Status `json:"status"`
	Success       bool             `json:"success"`
	ErrMsg        string           `json:"err_msg"`
	ErrorKind     *string          `json:"error_kind"`
	Attempts      int              `json:"attempts"`
	Method        *string          `json:"method"`
	Proof         *string          `json:"proof"`
	ElapsedMS     int64            `json:"elapsed_ms"`
}

func (v verdict) fullRow() fullRow {
	o := v.outcome
	r := fullRow{
		SourceBucket: text(o.Source.Bucket), SourceKey: text(o.Source.Key),
		TargetBucket: text(o.Target.Bucket), TargetKey: text(o.Target.Key),
		ETag: text(o.Source.ETag), StorageClass: text(o.Source.StorageClass),
		Status: o.Status, Success: v.success(),
		Attempts: max(o.Attempts, 0),
		Method:   text(string(o.Method)), Proof: text(string(o.Proof)),
		ElapsedMS: max(o.Elapsed.Milliseconds(), 0),
	}
	if v.given {
		r.SizeBytes = &o.Source.Size
	}
	if s := o.Source.Restore; s.Phase == reconcile.Restored && !s.Expiry.IsZero() {
		r.RestoreExpiry = text(s.Expiry.UTC().Format(time.RFC3339))
	}
	if !r.Success {
		r.ErrMsg, r.ErrorKind = o.Message, text(string(o.ErrorKind))
	}
	return r
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// resultString is the row as JSON, its message cut where the whole is too
// long, so that ReadResult finds the outcome in S3's completion report. What
// has no row (no key; or keys full of escapes) is told in plain text.
func (v verdict) resultString() string {
	if v.Ignored != "" || v.outcome.Source.Key == "" {
		return clipped(v.message(), maxResult)
	}
	r := v.fullRow()
	b := marshal(r)
	if over := len(b) - maxResult; over > 0 && over < len(r.ErrMsg) {
		// A byte of the message takes at least one of JSON.
		r.ErrMsg = clipped(r.ErrMsg, len(r.ErrMsg)-over)
		b = marshal(r)
	}
	if len(b) > maxResult {
		return clipped(string(v.outcome.Status)+": "+v.message(), maxResult)
	}
	return string(b)
}

// ReadResult returns the outcome that a resultString tells, false where it
// tells none. The documentation says both that the strings of failed tasks are
// ignored and that they are in the report: whoever reads one must do with the
// bucket, the key and the message of the report itself.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html
func ReadResult(result string) (reconcile.Outcome, bool) {
	var r fullRow
	if json.Unmarshal([]byte(result), &r) != nil || !r.Status.Valid() || r.SourceKey == nil {
		return reconcile.Outcome{}, false
	}
	o := reconcile.Outcome{
		Target:    reconcile.Object{Location: reconcile.Location{Bucket: value(r.TargetBucket), Key: value(r.TargetKey)}},
		Status:    r.Status,
		ErrorKind: reconcile.Kind(value(r.ErrorKind)),
		Message:   r.ErrMsg,
		Attempts:  r.Attempts,
		Method:    reconcile.Method(value(r.Method)),
		Proof:     reconcile.Proof(value(r.Proof)),
		Elapsed:   time.Duration(r.ElapsedMS) * time.Millisecond,
	}
	o.Source = r.source()
	return o, true
}

func (r fullRow) source() reconcile.Object {
	s := reconcile.Object{
		Location:     reconcile.Location{Bucket: value(r.SourceBucket), Key: value(r.SourceKey)},
		ETag:         value(r.ETag),
		StorageClass: value(r.StorageClass),
	}
	if r.SizeBytes != nil {
		s.Size = *r.SizeBytes
	}
	if expiry, err := time.Parse(time.RFC3339, value(r.RestoreExpiry)); err == nil {
		s.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: expiry.UTC()}
	}
	return s
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
