package event

import (
	"encoding/json"
	"fmt"
	"strings"

	"reconcile/internal/reconcile"
)

// notification is what counts of a record of S3's.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
type notification struct {
	EventName string `json:"eventName"`
	S3        struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key       string          `json:"key"`
			VersionID string          `json:"versionId"`
			Size      json.RawMessage `json:"size"`
			ETag      json.RawMessage `json:"eTag"`
		} `json:"object"`
	} `json:"s3"`
	Glacier struct {
		Restore struct {
			Expiry json.RawMessage `json:"lifecycleRestorationExpiryTime"`
		} `json:"restoreEventData"`
	} `json:"glacierEventData"`
}

func notificationItem(raw json.RawMessage) Item {
	var n notification
	err := json.Unmarshal(raw, &n)
	i := Item{Location: reconcile.Location{Bucket: n.S3.Bucket.Name, VersionID: n.S3.Object.VersionID}, Told: told[strings.TrimPrefix(n.EventName, "s3:")]}
	if err != nil {
		i.Malformed = fmt.Errorf("event record: \"%s\": %w", clipped(string(raw), maxQuoted), err)
		return i
	}
	if i.Ignored = ignoredName(n.EventName); i.Ignored != "" {
		if i.Told == Lapsed {
			i.Location.Key, i.Alternate = notifiedKey(n.S3.Object.Key)
		}
		return i
	}
	if i.Malformed = n.missing(raw); i.Malformed != nil {
		return i
	}
	i.Location.Key, i.Alternate = notifiedKey(n.S3.Object.Key)
	i.Hint = Hint{Size: softSize(n.S3.Object.Size), ETag: softETag(n.S3.Object.ETag), Expiry: softTime(n.Glacier.Restore.Expiry)}
	return i
}

// missing says which name the record lacks, in the words of the Lambda that
// this project starts from.
func (n notification) missing(raw json.RawMessage) error {
	field := ""
	switch {
	case n.S3.Bucket.Name == "":
		field = `Records["s3"]["bucket"]["name"]`
	case n.S3.Object.Key == "":
		field = `Records["s3"]["object"]["key"]`
	default:
		return nil
	}
	return fmt.Errorf(`event record: "%s" does not contain a value for %s`, clipped(string(raw), maxQuoted), field)
}

// ignoredName says why records of that name ask for nothing, "" where they
// ask. S3 leaves the prefix s3: out, other servers write it. A record without a
// name counts: what makes an event is that it names an object.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
func ignoredName(name string) string {
	switch strings.TrimPrefix(name, "s3:") {
	case "", "ObjectRestore:Completed", "ObjectRestore:Post":
		return ""
	case "ObjectRestore:Delete":
		return name + ": the restored copy is gone, nothing to copy"
	}
	return fmt.Sprintf("%s: not about a restore", clipped(name, maxQuoted))
}
