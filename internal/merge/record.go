package merge

import (
	"reconcile/internal/extsort"
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

// said is what one record says. The records of one object stand together, objects
// in the order of the report.
type said struct {
	Object object
	Claim  claim
	From   int // the report that says it, from 1; 0: none, or it does not matter
}

// object is what a record is about. A misplaced object has a row beside that of
// its source: it is an object of its own, told apart by where it lies.
type object struct {
	Key, Bucket             report.Text // of the source, where there is one
	Misplaced, Orphan       bool
	TargetBucket, TargetKey report.Text // where Misplaced
}

func objectOf(r *report.Row) object {
	o := object{Key: r.SourceKey, Bucket: r.SourceBucket, Misplaced: r.Status == reconcile.Misplaced}
	if o.Key == "" {
		o.Key, o.Bucket, o.Orphan = r.TargetKey, r.TargetBucket, true
	}
	if o.Misplaced {
		o.TargetBucket, o.TargetKey = r.TargetBucket, r.TargetKey
	}
	return o
}

// appendRecord appends what is said of one object, and its row.
func appendRecord(b []byte, c claim, from int, r *report.Row) []byte {
	return r.AppendRecord(extsort.Append(b, &said{objectOf(r), c, from}))
}

// cutRecord parts a record.
func cutRecord(record []byte) (s said, r report.Row, err error) {
	rest, err := extsort.Cut(record, &s)
	if err == nil {
		r, err = report.DecodeRecord(rest)
	}
	if s.Claim > guessed {
		err = extsort.ErrRecord
	}
	return s, r, err
}
