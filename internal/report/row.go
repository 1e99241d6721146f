package report

import (
	"encoding/json"
	"time"

	"reconcile/internal/reconcile"
)

// Row is one object's line in the report, in the order of its columns. The
// JSON tags are the columns' names in every format, and encoding/json decodes
// a row of a report into a Row.
type Row struct {
	SourceBucket  Text             `json:"source_bucket"` // null for an orphan
	SourceKey     Text             `json:"source_key"`    // null for an orphan
	TargetBucket  Text             `json:"target_bucket"` // null where the object has no target
	TargetKey     Text             `json:"target_key"`    // null where the object has no target
	SizeBytes     *int64           `json:"size_bytes"`    // the source's; nil, null, for an orphan
	ETag          Text             `json:"etag"`          // the source's, without quotes
	StorageClass  Text             `json:"storage_class"` // the source's, S3's name
	RestoreExpiry Text             `json:"restore_expiry"`
	Status        reconcile.Status `json:"status"`
	Success       bool             `json:"success"`
	ErrMsg        string           `json:"err_msg"` // "" on success, never null
	ErrorKind     Text             `json:"error_kind"`
	Attempts      int              `json:"attempts"` // the most that any one request took; 0: no request
	Method        Text             `json:"method"`   // copy or multipart; null when nothing was copied
	Proof         Text             `json:"proof"`    // checksum, etag or size
	ElapsedMS     int64            `json:"elapsed_ms"`
}

// columns are the names of Row's fields in their order.
var columns = []string{
	"source_bucket", "source_key", "target_bucket", "target_key",
	"size_bytes", "etag", "storage_class", "restore_expiry",
	"status", "success", "err_msg", "error_kind",
	"attempts", "method", "proof", "elapsed_ms",
}

// Text is a text that is null in JSON where it is empty: what does not apply
// to a row. None of these fields can have an empty value that means something.
type Text string

// MarshalJSON writes null for the empty text.
func (t Text) MarshalJSON() ([]byte, error) {
	return appendText(nil, t), nil
}

// UnmarshalJSON reads null as the empty text.
func (t *Text) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*t = ""
	if s != nil {
		*t = Text(*s)
	}
	return nil
}

// RowOf turns an outcome into its row. A duration is cut to whole
// milliseconds, a restore expiry to whole seconds: it never looks later than
// it is.
func RowOf(o reconcile.Outcome) Row {
	r := Row{
		SourceBucket: Text(o.Source.Bucket), SourceKey: Text(o.Source.Key),
		TargetBucket: Text(o.Target.Bucket), TargetKey: Text(o.Target.Key),
		ETag: Text(o.Source.ETag), StorageClass: Text(o.Source.StorageClass),
		RestoreExpiry: expiry(o.Source.Restore),
		Status:        o.Status, Success: o.Success(),
		ErrMsg: o.Message, ErrorKind: Text(o.ErrorKind),
		Attempts: max(o.Attempts, 0),
		Method:   Text(o.Method), Proof: Text(o.Proof),
		ElapsedMS: max(o.Elapsed.Milliseconds(), 0),
	}
	if r.Success {
		r.ErrMsg, r.ErrorKind = "", ""
	}
	if o.Source.Key == "" { // an orphan: the report has no source to speak of
		r.SourceBucket, r.ETag, r.StorageClass, r.RestoreExpiry = "", "", "", ""
		return r
	}
	size := o.Source.Size // a copy: a pointer into o would put all of o on the heap
	r.SizeBytes = &size
	return r
}

// expiry is the end of the restored copy as the report writes it, "" where
// there is none.
func expiry(s reconcile.RestoreState) Text {
	if s.Phase != reconcile.Restored || s.Expiry.IsZero() {
		return ""
	}
	return Text(s.Expiry.UTC().Format(time.RFC3339))
}

// orderKey is the key that the row is sorted by: an orphan stands where its
// target's key belongs.
func (r *Row) orderKey() Text {
	if r.SourceKey == "" {
		return r.TargetKey
	}
	return r.SourceKey
}
