package manifest

import (
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/strictjson"
)

// Item is one object to be copied, a line of a JSON Lines file: fields of the
// report's row under the report's names, which package event reads.
type Item struct {
	SourceBucket  report.Text `json:"source_bucket"`
	SourceKey     report.Text `json:"source_key"`
	TargetBucket  report.Text `json:"target_bucket"`
	TargetKey     report.Text `json:"target_key"`
	SizeBytes     int64       `json:"size_bytes"`
	ETag          report.Text `json:"etag"`
	StorageClass  report.Text `json:"storage_class"`
	RestoreExpiry report.Text `json:"restore_expiry"`
}

func itemOf(o reconcile.Outcome) Item {
	row := report.RowOf(o)
	return Item{
		SourceBucket: row.SourceBucket, SourceKey: row.SourceKey, TargetBucket: row.TargetBucket, TargetKey: row.TargetKey,
		SizeBytes: o.Source.Size, ETag: row.ETag, StorageClass: row.StorageClass, RestoreExpiry: row.RestoreExpiry,
	}
}

// Row is the row of an object that was planned and that nobody has reported.
func (i *Item) Row() report.Row {
	size := i.SizeBytes
	return report.Row{
		SourceBucket: i.SourceBucket, SourceKey: i.SourceKey, TargetBucket: i.TargetBucket, TargetKey: i.TargetKey,
		SizeBytes: &size, ETag: i.ETag, StorageClass: i.StorageClass, RestoreExpiry: i.RestoreExpiry,
		Status: reconcile.Missing,
	}
}

// appendLine appends the item as a line of JSON.
func (i *Item) appendLine(b []byte) ([]byte, error) {
	line, err := strictjson.Marshal(i)
	return append(append(b, line...), '\n'), err
}
