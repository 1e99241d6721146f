package merge

import (
	"bytes"
	"errors"

	"reconcile/internal/report"
)

// claim says on what ground a record speaks of its object.
type claim byte

// The claims. A completion report of S3 has keys that may or may not be
// encoded: what is told of such a key counts for the object of the plan that
// has it in either reading.
const (
	planned claim = iota // the plan wants it copied
	told                 // a worker says so
	read                 // told of a key that reads like this when it is decoded; without a plan it is told
	guessed              // told of a key that reads like this when it is not; counts in a plan only
)

// appendRecord appends what is said of one object. The records of one object
// stand together, objects in the order of the report.
func appendRecord(b []byte, c claim, r *report.Row) []byte {
	key, bucket, orphan := r.SourceKey, r.SourceBucket, byte(0)
	if key == "" {
		key, bucket, orphan = r.TargetKey, r.TargetBucket, 1
	}
	b = appendEnded(b, key)
	b = append(appendEnded(b, bucket), orphan)
	return r.AppendRecord(append(b, byte(c)))
}

// appendEnded appends a text so that the order of the bytes is the order of the
// texts, whatever follows: two zeros end it, a zero of its own becomes 0 255.
func appendEnded(b []byte, text report.Text) []byte {
	for i := range len(text) {
		if b = append(b, text[i]); text[i] == 0 {
			b = append(b, 255)
		}
	}
	return append(b, 0, 0)
}

var errRecord = errors.New("broken record in the spill file")

// cutRecord parts a record into its object and the rest.
func cutRecord(record []byte) (object []byte, c claim, row []byte, err error) {
	end := 0
	for range 2 {
		i := bytes.Index(record[end:], []byte{0, 0})
		if i < 0 {
			return nil, 0, nil, errRecord
		}
		end += i + 2
	}
	if end+2 > len(record) {
		return nil, 0, nil, errRecord
	}
	return record[:end+1], claim(record[end+1]), record[end+2:], nil
}
