package report

import (
	"encoding/json"
	"time"

	"reconcile/internal/reconcile"
)

// Row is one object's line in the report, in the order of its columns. The
// JSON tags are the columns' names in every format, and encoding/json decodes
// a row of a report into a Row. A column is a field here and its line in
// columns.
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
	Attempts      int64            `json:"attempts"` // the most that any one request took; 0: no request
	Method        Text             `json:"method"`   // copy, multipart or stream; null where nothing was written
	Proof         Text             `json:"proof"`    // bytes, checksum, etag or size
	ElapsedMS     int64            `json:"elapsed_ms"`

	Refused            int64  `json:"refused"` // throttled answers
	Archive            Text   `json:"archive"` // there, missing or not_looked
	TargetSizeBytes    *int64 `json:"target_size_bytes"`
	TargetETag         Text   `json:"target_etag"`
	TargetStorageClass Text   `json:"target_storage_class"`
	LastModified       Text   `json:"last_modified"`
	TargetLastModified Text   `json:"target_last_modified"`
	VersionID          Text   `json:"version_id"`
	TargetVersionID    Text   `json:"target_version_id"`
	ChecksumAlgorithm  Text   `json:"checksum_algorithm"`
	Checksum           Text   `json:"checksum"` // base64
	TargetChecksum     Text   `json:"target_checksum"`
	Compared           Text   `json:"compared"` // size=match etag=differ …
	Evidence           Text   `json:"evidence"` // listing, head …
	VerifiedAt         Text   `json:"verified_at"`
	GranuleID          Text   `json:"granule_id"`
	CollectionID       Text   `json:"collection_id"`
	JobID              Text   `json:"job_id"`
	Catalog            Text   `json:"catalog"` // mismatch
	Leak               Flag   `json:"leak"`
	ErrorCode          Text   `json:"error_code"` // S3's
	ErrorBucket        Text   `json:"error_bucket"`
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

// Flag is true, or null in JSON: where it is not raised it does not apply.
type Flag bool

// MarshalJSON writes null for false.
func (f Flag) MarshalJSON() ([]byte, error) {
	if f {
		return []byte("true"), nil
	}
	return []byte("null"), nil
}

// RowOf turns an outcome into its row. A duration is cut to whole
// milliseconds, a time to whole seconds: a restore never looks longer than it
// is.
func RowOf(o reconcile.Outcome) Row { return rowOf(&o) }

func rowOf(o *reconcile.Outcome) Row {
	r := Row{
		TargetBucket: Text(o.Target.Bucket), TargetKey: Text(o.Target.Key),
		Status: o.Status, Success: o.Success(),
		Attempts: int64(max(o.Attempts, 0)), Refused: int64(max(o.Refused, 0)),
		Method: Text(o.Method), Proof: Text(o.Proof), Archive: Text(o.Archive),
		ElapsedMS: max(o.Elapsed.Milliseconds(), 0),
		Compared:  Text(o.Compared.String()), Evidence: Text(o.Evidence), VerifiedAt: instant(o.VerifiedAt),
		GranuleID: Text(o.GranuleID), CollectionID: Text(o.CollectionID),
		Catalog: Text(o.Catalog), Leak: Flag(o.Leak),
	}
	if !r.Success {
		r.ErrMsg, r.ErrorKind = o.Message, Text(o.ErrorKind)
		r.ErrorCode, r.ErrorBucket = Text(o.ErrorCode), Text(o.ErrorBucket)
	}
	if o.Source.Key != "" { // else the report has no source to speak of
		r.fromSource(&o.Source)
	}
	if o.TargetSeen {
		r.fromTarget(&o.Target)
	}
	return r
}

func (r *Row) fromSource(s *reconcile.Object) {
	size := s.Size // a copy: a pointer into s would put all of s on the heap
	r.SourceBucket, r.SourceKey, r.VersionID = Text(s.Bucket), Text(s.Key), Text(s.VersionID)
	r.SizeBytes, r.ETag, r.StorageClass = &size, Text(s.ETag), Text(s.StorageClass)
	r.RestoreExpiry, r.LastModified = expiry(s.Restore), instant(s.LastModified)
	r.ChecksumAlgorithm, r.Checksum = Text(s.Checksum.Algorithm), Text(s.Checksum.Value)
}

func (r *Row) fromTarget(t *reconcile.Object) {
	size := t.Size
	r.TargetSizeBytes, r.TargetETag, r.TargetStorageClass = &size, Text(t.ETag), Text(t.StorageClass)
	r.TargetLastModified, r.TargetVersionID = instant(t.LastModified), Text(t.VersionID)
	if t.Checksum.Value == "" {
		return
	}
	if r.ChecksumAlgorithm == "" {
		r.ChecksumAlgorithm = Text(t.Checksum.Algorithm)
	}
	if string(r.ChecksumAlgorithm) == t.Checksum.Algorithm { // one column names the algorithm of both
		r.TargetChecksum = Text(t.Checksum.Value)
	}
}

// expiry is the end of the restored copy as the report writes it, "" where
// there is none.
func expiry(s reconcile.RestoreState) Text {
	if s.Phase != reconcile.Restored {
		return ""
	}
	return instant(s.Expiry)
}

// instant is a time as the report writes it, "" where there is none.
func instant(t time.Time) Text {
	if t.IsZero() {
		return ""
	}
	return Text(t.UTC().Format(time.RFC3339))
}

// orderKey is the key that the row is sorted by: an orphan stands where its
// target's key belongs.
func (r *Row) orderKey() Text {
	if r.SourceKey == "" {
		return r.TargetKey
	}
	return r.SourceKey
}
