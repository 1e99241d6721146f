package event

import (
	"encoding/json"
	"errors"
	"fmt"
)

// maxQuoted is how much of a broken record is quoted in its error, in bytes.
const maxQuoted = 300

// record has the fields by which the records of S3, SQS and SNS differ.
type record struct {
	S3        json.RawMessage `json:"s3"`
	Sns       json.RawMessage `json:"Sns"`
	Body      json.RawMessage `json:"body"`
	MessageID json.RawMessage `json:"messageId"`
}

// protocol returns whose record it is, "" where it has nothing of any.
func (r record) protocol() Protocol {
	switch {
	case present(r.S3):
		return Notification
	case present(r.Sns):
		return SNS
	case present(r.Body) || present(r.MessageID):
		return SQS
	}
	return ""
}

// decodeRecords decodes a list of records. All of them are of one sender, so
// the first that can be told says which; a list without any is S3's.
func decodeRecords(_ []byte, d document, depth int) (Event, error) {
	var raws []json.RawMessage
	if err := json.Unmarshal(d.Records, &raws); err != nil {
		return Event{}, errors.New("no list in Records; " + expected)
	}
	e := Event{Protocol: Notification}
	records := make([]record, len(raws))
	told := false
	for i, raw := range raws {
		// A record that is no object has none of the fields.
		_ = json.Unmarshal(raw, &records[i])
		if p := records[i].protocol(); p != "" && !told {
			e.Protocol, told = p, true
		}
	}
	for i, raw := range raws {
		e.Items = append(e.Items, e.Protocol.record(raw, records[i], depth)...)
	}
	return e, nil
}

// record returns the items of one record.
func (p Protocol) record(raw json.RawMessage, r record, depth int) []Item {
	if other := r.protocol(); other != "" && other != p {
		return []Item{{
			Malformed: fmt.Errorf("a record of %s among those of %s", other, p),
			id:        softText(r.MessageID),
		}}
	}
	switch p {
	case SQS:
		return sqsItems(r, depth)
	case SNS:
		return snsItems(r.Sns, depth)
	}
	return []Item{notificationItem(raw)}
}
