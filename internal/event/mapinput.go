package event

import (
	"encoding/json"
	"errors"
	"fmt"

	"reconcile/internal/reconcile"
)

// entry is an object of a list, as S3's item readers and as this program write
// it. Names are matched without regard to case, so that Key is key.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
type entry struct {
	Bucket    string          `json:"bucket"`
	Key       string          `json:"key"`
	Version   string          `json:"versionId"`
	ETag      json.RawMessage `json:"etag"`
	Size      json.RawMessage `json:"size"`
	SizeBytes json.RawMessage `json:"size_bytes"`

	SourceBucket string          `json:"source_bucket"`
	SourceKey    string          `json:"source_key"`
	SourceID     string          `json:"version_id"`
	TargetBucket json.RawMessage `json:"target_bucket"`
	TargetKey    json.RawMessage `json:"target_key"`
	Expiry       json.RawMessage `json:"restore_expiry"`
}

// decodeMap decodes a batch of a Distributed Map: Items, and what ItemBatcher's
// BatchInput adds to each batch. A bucket there is that of the items without
// one: neither keys nor the objects of a listing name theirs.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
func decodeMap(_ []byte, d document, _ int) (Event, error) {
	e := Event{Protocol: Map}
	var common entry
	if present(d.BatchInput) {
		arguments, err := object(d.BatchInput)
		if err != nil {
			return Event{}, fmt.Errorf("BatchInput: %w; %s", err, expected)
		}
		e.Arguments = arguments
		_ = json.Unmarshal(d.BatchInput, &common) // a bucket that is no text is none
	}
	items, err := listItems("Items", d.Items, common.bucket(), false)
	e.Items = items
	return e, err
}

// decodeOne decodes an item of a Distributed Map without ItemBatcher.
func decodeOne(payload []byte, _ document, _ int) (Event, error) {
	return Event{Protocol: Map, Items: []Item{entryItem(payload, "", false)}}, nil
}

// decodeObjects decodes {"objects":[{"bucket","key"}]}, whose keys are exact.
func decodeObjects(_ []byte, d document, _ int) (Event, error) {
	items, err := listItems("objects", d.Objects, "", true)
	return Event{Protocol: Objects, Items: items}, err
}

func listItems(field string, list json.RawMessage, bucket string, exact bool) ([]Item, error) {
	var raws []json.RawMessage
	if err := json.Unmarshal(list, &raws); err != nil {
		return nil, errors.New("no list in " + field + "; " + expected)
	}
	items := make([]Item, len(raws))
	for i, raw := range raws {
		items[i] = entryItem(raw, bucket, exact)
	}
	return items, nil
}

// entryItem decodes one item: a key, an object, or a row. The keys of S3's own
// readers may be encoded (an inventory's files are), so that they have a
// second reading; ours are exact.
func entryItem(raw json.RawMessage, bucket string, exact bool) Item {
	if len(raw) > 0 && raw[0] == '"' {
		return item(reconcile.Location{Bucket: bucket, Key: softText(raw)}, "")
	}
	var e entry
	err := json.Unmarshal(raw, &e)
	if err == nil && !isObject(raw) {
		err = errors.New("neither a key nor an object")
	}
	l := e.location(bucket)
	if err != nil {
		return Item{Location: l, Malformed: fmt.Errorf("item %s: %w", clipped(string(raw), maxQuoted), err)}
	}
	encoded := e.Key
	if exact || e.SourceKey != "" {
		encoded = ""
	}
	i := item(l, encoded)
	i.Hint = e.hint()
	return i
}

func (e entry) location(bucket string) reconcile.Location {
	l := reconcile.Location{Bucket: bucket, Key: e.SourceKey, VersionID: e.SourceID}
	if own := e.bucket(); own != "" {
		l.Bucket = own
	}
	if l.Key == "" {
		l.Key = e.Key
	}
	if l.VersionID == "" {
		l.VersionID = e.Version
	}
	return l
}

func (e entry) bucket() string {
	if e.SourceBucket != "" {
		return e.SourceBucket
	}
	return e.Bucket
}

func (e entry) hint() Hint {
	h := Hint{Size: softSize(e.SizeBytes), ETag: softETag(e.ETag), Expiry: softTime(e.Expiry)}
	if h.Size == 0 {
		h.Size = softSize(e.Size)
	}
	h.Target = reconcile.Location{Bucket: softText(e.TargetBucket), Key: softText(e.TargetKey)}
	return h
}
