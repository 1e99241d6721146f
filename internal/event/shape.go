package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"reconcile/internal/strictjson"
)

// maxDepth is how many messages may stand inside one another. EventBridge in
// SNS in SQS is three.
const maxDepth = 4

// expected ends every error about a document that is no event.
const expected = `expected an S3 notification, EventBridge, SQS, SNS, S3 Batch Operations or Step Functions event, {"objects":[{"bucket","key"}]}, or {"run":{}}`

// Decode reads a payload. An error means that the document as a whole is no
// event; whatever is wrong with one of its items is in that Item.
func Decode(payload []byte) (Event, error) {
	e, err := decode(payload, 0)
	if err != nil {
		return Event{}, fmt.Errorf("no event: %w", err)
	}
	return e, nil
}

// document has the fields by which the shapes are told apart, and what else
// stands beside them.
type document struct {
	Records    json.RawMessage `json:"Records"`
	DetailType json.RawMessage `json:"detail-type"`
	Detail     json.RawMessage `json:"detail"`
	Tasks      json.RawMessage `json:"tasks"`
	Items      json.RawMessage `json:"Items"`
	BatchInput json.RawMessage `json:"BatchInput"`
	Objects    json.RawMessage `json:"objects"`
	Run        json.RawMessage `json:"run"`
	Event      json.RawMessage `json:"Event"`
	Type       json.RawMessage `json:"Type"`
	Message    json.RawMessage `json:"Message"`
	Key        json.RawMessage `json:"Key"`
	SourceKey  json.RawMessage `json:"source_key"`
}

// shape is one of the shapes a document can have.
type shape struct {
	name   string
	is     bool
	decode func(payload []byte, d document, depth int) (Event, error) // depth: the messages around it
}

// shapes says which shapes the document has.
func (d document) shapes() []shape {
	return []shape{
		{"Records", present(d.Records), decodeRecords},
		{"detail-type", present(d.DetailType), decodeEventBridge},
		{"tasks", present(d.Tasks), decodeBatch},
		{"Items", present(d.Items), decodeMap},
		{"objects", present(d.Objects), decodeObjects},
		{"run", isObject(d.Run), decodeRun},
		{"s3:TestEvent", softText(d.Event) == "s3:TestEvent", decodeTestEvent},
		{"an SNS Message", present(d.Type) && present(d.Message), decodeEnvelope},
		// MinIO puts EventName and Key beside Records.
		{"a key", (present(d.Key) || present(d.SourceKey)) && !present(d.Records), decodeOne},
	}
}

func decode(payload []byte, depth int) (Event, error) {
	d, err := open(payload)
	if err != nil {
		return Event{}, err
	}
	all := slices.DeleteFunc(d.shapes(), func(s shape) bool { return !s.is })
	switch len(all) {
	case 0:
		return Event{}, errors.New("the document has the shape of none; " + expected)
	case 1:
		return all[0].decode(payload, d, depth)
	}
	return Event{}, fmt.Errorf("the document has %s and %s at once; %s", all[0].name, all[1].name, expected)
}

// open reads the fields of the outermost object.
func open(payload []byte) (document, error) {
	var d document
	switch {
	case len(bytes.TrimSpace(payload)) == 0:
		return d, errors.New("the document is empty; " + expected)
	case !utf8.Valid(payload):
		// Decoding would put U+FFFD in a key and so name another object.
		return d, errors.New("the document is not UTF-8; " + expected)
	case !json.Valid(payload):
		err := json.Unmarshal(payload, &d)
		return d, fmt.Errorf("the document is not JSON: %w; %s", err, expected)
	case !isObject(payload):
		return d, errors.New("the document is JSON, but no object; " + expected)
	}
	if err := strictjson.Unique(payload); err != nil { // else an object may be named and not looked at
		return d, fmt.Errorf("%w; %s", err, expected)
	}
	return d, json.Unmarshal(payload, &d)
}

// decodeTestEvent is for what S3 sends when a notification is configured.
// There is nothing to answer.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
func decodeTestEvent([]byte, document, int) (Event, error) {
	return Event{Protocol: Notification}, nil
}
