package merge

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"

	"reconcile/internal/reconcile"
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
//
// A misplaced object has a row beside that of its source: it is an object of its
// own. from is the report that says it, from 1; 0: none, or it does not matter.
func appendRecord(b []byte, c claim, from int, r *report.Row) []byte {
	key, bucket, kind := r.SourceKey, r.SourceBucket, byte(0)
	if key == "" {
		key, bucket, kind = r.TargetKey, r.TargetBucket, 1
	}
	b = appendEnded(b, key)
	if r.Status == reconcile.Misplaced {
		kind |= 2
	}
	b = append(appendEnded(b, bucket), kind)
	if kind&2 != 0 {
		b = appendEnded(appendEnded(b, r.TargetBucket), r.TargetKey)
	}
	b = binary.AppendUvarint(append(b, byte(c)), uint64(from))
	return r.AppendRecord(b)
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

// said is what one record says.
type said struct {
	object []byte // that it is about
	claim  claim
	from   int
	row    []byte
}

// cutRecord parts a record.
func cutRecord(record []byte) (s said, err error) {
	end, ok := skipEnded(record, 0, 2)
	if !ok || end >= len(record) {
		return s, errRecord
	}
	misplaced := record[end]&2 != 0
	end++
	if misplaced {
		if end, ok = skipEnded(record, end, 2); !ok {
			return s, errRecord
		}
	}
	if end >= len(record) {
		return s, errRecord
	}
	from, n := binary.Uvarint(record[end+1:])
	if n <= 0 || from > math.MaxInt32 || record[end] > byte(guessed) {
		return s, errRecord
	}
	return said{record[:end], claim(record[end]), int(from), record[end+1+n:]}, nil
}

// skipEnded returns where a number of texts end that appendEnded has written.
func skipEnded(record []byte, at, texts int) (end int, ok bool) {
	for range texts {
		i := bytes.Index(record[at:], []byte{0, 0})
		if i < 0 {
			return 0, false
		}
		at += i + 2
	}
	return at, true
}
