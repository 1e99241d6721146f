package event

import (
	"encoding/json"
	"errors"
	"fmt"

	"reconcile/internal/reconcile"
)

// detail is what counts of S3's events in EventBridge.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
type detail struct {
	Bucket struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key       string          `json:"key"`
		VersionID string          `json:"version-id"`
		Size      json.RawMessage `json:"size"`
		ETag      json.RawMessage `json:"etag"`
	} `json:"object"`
	Expiry json.RawMessage `json:"restore-expiry-time"`
}

// decodeEventBridge goes by detail-type alone: an event that somebody sends
// again, or by hand, cannot have S3's source.
func decodeEventBridge(_ []byte, d document, _ int) (Event, error) {
	kind := softText(d.DetailType)
	if kind == "" {
		return Event{}, errors.New("detail-type is no text; " + expected)
	}
	if kind == scheduled {
		return scheduleEvent(unwrapped(d.Detail))
	}
	return Event{Protocol: EventBridge, Items: []Item{detailItem(kind, unwrapped(d.Detail))}}, nil
}

// detailItem returns the item of a detail. S3 does not say how it encodes keys
// in EventBridge, so that the key as it comes is the first reading and the
// decoded one the second.
func detailItem(kind string, raw []byte) Item {
	var d detail
	err := json.Unmarshal(raw, &d)
	l := reconcile.Location{Bucket: d.Bucket.Name, Key: d.Object.Key, VersionID: d.Object.VersionID}
	if reason := ignoredKind(kind); reason != "" {
		i := Item{Location: l, Ignored: reason, Told: told[kind]}
		if i.Told == Lapsed {
			i.Alternate = alternate(l.Key, l.Key)
		}
		return i
	}
	if err != nil {
		return Item{Location: l, Malformed: fmt.Errorf("%s: detail: %w", kind, err)}
	}
	i := item(l, l.Key)
	i.Told = told[kind]
	i.Hint = Hint{Size: softSize(d.Object.Size), ETag: softETag(d.Object.ETag), Expiry: softTime(d.Expiry)}
	return i
}

// ignoredKind says why events of that detail-type ask for nothing, "" where
// they ask. The names are those of Post, Completed and Delete.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
func ignoredKind(kind string) string {
	switch kind {
	case "Object Restore Completed", "Object Restore Initiated":
		return ""
	case "Object Restore Expired":
		return kind + ": the restored copy is gone, nothing to copy"
	}
	return clipped(kind, maxQuoted) + ": not about a restore"
}
