package event

import (
	"encoding/json"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// maxResult is the longest resultString, in bytes. S3 documents no limit. Two
// keys of S3's longest, 1024 bytes, and the rest of a row take about 2,500; a
// longer string costs one per object in every completion report.
const maxResult = 4096

// row is the report's row of the outcome, as short as it can be. What the caller
// has not looked at has no size.
func (v result) row() report.Compact {
	r := report.RowOf(v.outcome)
	if !v.given {
		r.SizeBytes = nil
	}
	if r.SourceKey == "" { // an item that names no object
		r.SourceBucket = report.Text(v.outcome.Source.Bucket)
	}
	return report.Compact{Row: r}
}

// resultString is the row as JSON, its message cut where the whole is too
// long, so that ReadResult finds the outcome in S3's completion report. What
// has no row (no key; or keys full of escapes) is told in plain text.
func (v result) resultString() string {
	if v.Ignored != "" || v.outcome.Source.Key == "" {
		return clipped(v.message(), maxResult)
	}
	r := v.row()
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
	var r report.Row
	if json.Unmarshal([]byte(result), &r) != nil || !r.Status.Valid() || r.SourceKey == "" {
		return reconcile.Outcome{}, false
	}
	r.Success = r.Status.Success()
	if _, err := time.Parse(time.RFC3339, string(r.RestoreExpiry)); err != nil {
		r.RestoreExpiry = ""
	}
	o, err := r.Outcome()
	if err != nil {
		return reconcile.Outcome{}, false
	}
	return o, true
}
