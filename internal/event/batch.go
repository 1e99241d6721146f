package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"reconcile/internal/reconcile"
)

// invocation is what S3 Batch Operations sends: one task a call so far, though
// the format is a list. The bucket is an ARN in schema 1.0, a name in 2.0.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html
// https://aws.amazon.com/blogs/storage/automate-object-processing-in-amazon-s3-directory-buckets-with-s3-batch-operations-and-aws-lambda/
type invocation struct {
	SchemaVersion string `json:"invocationSchemaVersion"`
	ID            string `json:"invocationId"`
	Job           struct {
		UserArguments json.RawMessage `json:"userArguments"`
	} `json:"job"`
	Tasks []json.RawMessage `json:"tasks"`
}

type batchTask struct {
	ID        string `json:"taskId"`
	Key       string `json:"s3Key"`
	VersionID string `json:"s3VersionId"`
	Bucket    string `json:"s3Bucket"`
	BucketARN string `json:"s3BucketArn"`
}

func decodeBatch(payload []byte, _ document, _ int) (Event, error) {
	var in invocation
	if err := json.Unmarshal(payload, &in); err != nil {
		return Event{}, fmt.Errorf("S3 Batch Operations: %w; %s", err, expected)
	}
	e := Event{Protocol: Batch, schemaVersion: in.SchemaVersion, invocationID: in.ID}
	if present(in.Job.UserArguments) {
		arguments, err := object(in.Job.UserArguments)
		if err != nil {
			return Event{}, fmt.Errorf("S3 Batch Operations: userArguments: %w", err)
		}
		e.Arguments = arguments
	}
	for _, raw := range in.Tasks {
		e.Items = append(e.Items, taskItem(raw))
	}
	return e, nil
}

// taskItem decodes a task. Keys are URL-encoded, says the documentation, whose
// examples decode them with unquote here and unquote_plus there: a plus that
// is not escaped may be a space or itself.
func taskItem(raw json.RawMessage) Item {
	var t batchTask
	err := json.Unmarshal(raw, &t)
	i := Item{id: t.ID, Location: reconcile.Location{Bucket: t.Bucket, VersionID: t.VersionID}}
	if err == nil && t.ID == "" {
		err = errors.New("no taskId, by which to answer it")
	}
	if err == nil && t.Bucket == "" {
		i.Location.Bucket, err = bucketOf(t.BucketARN)
	}
	if err == nil && t.Key == "" {
		err = errNoKey
	}
	if err == nil {
		i.Location.Key, err = percentKey(t.Key)
	}
	if err != nil {
		i.Malformed = fmt.Errorf("S3 Batch task: %w", err)
		return i
	}
	i.Alternate = alternate(i.Location.Key, t.Key)
	return i
}

// bucketOf returns the bucket of arn:PARTITION:s3:::BUCKET. Older examples of
// the documentation have a region and an account in it. An access point or a
// directory bucket has a slash and is no bucket that could hold an archive.
func bucketOf(arn string) (string, error) {
	if arn == "" {
		return "", errNoBucket
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[2] != "s3" || parts[5] == "" || strings.ContainsAny(parts[5], ":/") {
		return "", errors.New("no ARN of a bucket: " + clipped(arn, maxQuoted))
	}
	return parts[5], nil
}
