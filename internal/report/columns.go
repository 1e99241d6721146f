package report

// column is one column of the report: its name in every format, and where a Row
// has it. Exactly one of the functions is there, by what the column holds.
type column struct {
	name string
	text func(*Row) *Text   // null where it is empty
	word func(*Row) *Text   // never null
	size func(*Row) **int64 // null where it is nil
	int  func(*Row) *int64
	bool func(*Row) *bool
	flag func(*Row) *Flag // true or null
	// later columns were added after the first version: reports without them
	// are read too.
	later bool
}

// columns are the table that every format is made from, in its order. Columns
// are only ever added, at the end.
var columns = [...]column{
	{name: "source_bucket", text: func(r *Row) *Text { return &r.SourceBucket }},
	{name: "source_key", text: func(r *Row) *Text { return &r.SourceKey }},
	{name: "target_bucket", text: func(r *Row) *Text { return &r.TargetBucket }},
	{name: "target_key", text: func(r *Row) *Text { return &r.TargetKey }},
	{name: "size_bytes", size: func(r *Row) **int64 { return &r.SizeBytes }},
	{name: "etag", text: func(r *Row) *Text { return &r.ETag }},
	{name: "storage_class", text: func(r *Row) *Text { return &r.StorageClass }},
	{name: "restore_expiry", text: func(r *Row) *Text { return &r.RestoreExpiry }},
	{name: "status", word: func(r *Row) *Text { return (*Text)(&r.Status) }},
	{name: "success", bool: func(r *Row) *bool { return &r.Success }},
	{name: "err_msg", word: func(r *Row) *Text { return (*Text)(&r.ErrMsg) }},
	{name: "error_kind", text: func(r *Row) *Text { return &r.ErrorKind }},
	{name: "attempts", int: func(r *Row) *int64 { return &r.Attempts }},
	{name: "method", text: func(r *Row) *Text { return &r.Method }},
	{name: "proof", text: func(r *Row) *Text { return &r.Proof }},
	{name: "elapsed_ms", int: func(r *Row) *int64 { return &r.ElapsedMS }},
	{name: "refused", int: func(r *Row) *int64 { return &r.Refused }, later: true},
	{name: "archive", text: func(r *Row) *Text { return &r.Archive }, later: true},
	{name: "target_size_bytes", size: func(r *Row) **int64 { return &r.TargetSizeBytes }, later: true},
	{name: "target_etag", text: func(r *Row) *Text { return &r.TargetETag }, later: true},
	{name: "target_storage_class", text: func(r *Row) *Text { return &r.TargetStorageClass }, later: true},
	{name: "last_modified", text: func(r *Row) *Text { return &r.LastModified }, later: true},
	{name: "target_last_modified", text: func(r *Row) *Text { return &r.TargetLastModified }, later: true},
	{name: "version_id", text: func(r *Row) *Text { return &r.VersionID }, later: true},
	{name: "target_version_id", text: func(r *Row) *Text { return &r.TargetVersionID }, later: true},
	{name: "checksum_algorithm", text: func(r *Row) *Text { return &r.ChecksumAlgorithm }, later: true},
	{name: "checksum", text: func(r *Row) *Text { return &r.Checksum }, later: true},
	{name: "target_checksum", text: func(r *Row) *Text { return &r.TargetChecksum }, later: true},
	{name: "compared", text: func(r *Row) *Text { return &r.Compared }, later: true},
	{name: "evidence", text: func(r *Row) *Text { return &r.Evidence }, later: true},
	{name: "verified_at", text: func(r *Row) *Text { return &r.VerifiedAt }, later: true},
	{name: "granule_id", text: func(r *Row) *Text { return &r.GranuleID }, later: true},
	{name: "collection_id", text: func(r *Row) *Text { return &r.CollectionID }, later: true},
	{name: "job_id", text: func(r *Row) *Text { return &r.JobID }, later: true},
	{name: "catalog", text: func(r *Row) *Text { return &r.Catalog }, later: true},
	{name: "leak", flag: func(r *Row) *Flag { return &r.Leak }, later: true},
	{name: "error_code", text: func(r *Row) *Text { return &r.ErrorCode }, later: true},
	{name: "error_bucket", text: func(r *Row) *Text { return &r.ErrorBucket }, later: true},
}

// Columns returns the names of the columns in their order.
func Columns() []string {
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].name
	}
	return names
}

// texts are the columns that hold a text, but for the keys and the buckets that
// a record begins with.
var texts = func() (all []func(*Row) *Text) {
	for _, c := range columns {
		switch c.name {
		case "source_bucket", "source_key", "target_bucket", "target_key":
			continue
		}
		if c.text != nil {
			all = append(all, c.text)
		}
		if c.word != nil {
			all = append(all, c.word)
		}
	}
	return all
}()
