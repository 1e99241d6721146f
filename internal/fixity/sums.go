// Package fixity proves the content of objects by checksums that S3 has computed
// where they lie: the completion reports of Compute checksum jobs, joined with
// what an audit has found. It is a package of its own because the audit compares
// what S3 says at the moment, and these are documents of another time: what they
// prove depends on which object they are of.
//
// Reports and objects are joined in the order of their places, through sorts on
// disk: ten million need no memory.
package fixity

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"reconcile/internal/batch"
	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// Report is a completion report.
type Report struct {
	Name string    // the job's id, or the file's name: for the evidence
	Date time.Time // when it was written
	// Begun is when the job can have begun to read objects, at the earliest: one
	// that was written since may not be the one that was read. Where nobody knows
	// it is Date.
	Begun time.Time
}

// Sum is what a report says of the checksum of one object.
type Sum struct {
	Report        int // of Sums.Reports
	Checksum      reconcile.Checksum
	Version, ETag string         // of the object that it was computed of; empty: not said
	Raw           bool           // its key is taken as it stands, which may be an encoding
	Why           string         // it could not be computed; empty: it was
	Kind          reconcile.Kind // of that failure
}

// Sums are the checksums of reports: Add all, then give them to a Prover. It is
// for one goroutine.
type Sums struct {
	Reports []Report
	rows    *extsort.Sorter
	places  filter // of rows
}

// NewSums returns an empty collection, whose temporary file goes to dir; empty:
// the system's.
func NewSums(dir string) *Sums {
	return &Sums{rows: newSorter(dir, "checksums")}
}

// Close removes what is on disk.
func (s *Sums) Close() error { return s.rows.Close() }

// Empty reports whether there is none. A nil collection is empty.
func (s *Sums) Empty() bool { return s == nil || s.rows.Len() == 0 }

// Len is how many rows there are.
func (s *Sums) Len() int64 { return s.rows.Len() }

// Open adds a report, for whose rows Add is called then.
func (s *Sums) Open(r Report) int {
	s.Reports = append(s.Reports, r)
	return len(s.Reports) - 1
}

// Add takes a row of a report.
func (s *Sums) Add(report int, r *batch.Row) error {
	sum := Sum{Report: report, Version: r.Version}
	if r.OK {
		if err := sum.parse(r.Message); err != nil {
			return err
		}
	} else {
		sum.Why, sum.Kind = r.Why(), r.Kind()
	}
	if err := s.put(r.Bucket, r.Key, &sum); err != nil || r.Raw == r.Key {
		return err
	}
	// S3 does not say whether it writes the key as the manifest had it: where there
	// is an object of the other name, and no row of its own, this may be its.
	sum.Raw = true
	return s.put(r.Bucket, r.Raw, &sum)
}

func (s *Sums) put(bucket, key string, sum *Sum) error {
	by := place(bucket, key)
	s.places.add(by)
	return s.rows.Put(&placedSum{by, *sum})
}

// MayHave reports whether there may be a row for an object: where it says no there
// is none.
func (s *Sums) MayHave(at reconcile.Location) bool {
	return !s.Empty() && s.places.mayHave(place(at.Bucket, at.Key))
}

var errNoSum = errors.New("the task has succeeded, and its message has no checksum: is it the report of a Compute checksum job?")

// parse reads the message of a task that has succeeded.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html
func (s *Sum) parse(message string) error {
	var m struct {
		Base64    string `json:"checksum_base64"`
		Hex       string `json:"checksum_hex"`
		ETag      string `json:"etag"`
		Algorithm string `json:"checksumAlgorithm"`
		Type      string `json:"checksumType"`
	}
	if err := json.Unmarshal([]byte(message), &m); err != nil || m.Base64 == "" && m.Hex == "" {
		return errNoSum
	}
	value, _, composite := strings.Cut(m.Base64, "-") // of so many parts
	raw, err := base64.StdEncoding.DecodeString(value)
	if m.Base64 == "" {
		raw, err = hex.DecodeString(m.Hex)
	}
	if err != nil {
		return fmt.Errorf("its checksum is %q: %w", m.Base64+m.Hex, err)
	}
	s.ETag = strings.Trim(m.ETag, `"`)
	s.Checksum = reconcile.Checksum{Algorithm: strings.ToUpper(m.Algorithm), Type: strings.ToUpper(m.Type), Value: base64.StdEncoding.EncodeToString(raw)}
	if s.Checksum.Algorithm == "" {
		s.Checksum.Algorithm = algorithms[len(raw)]
	}
	if s.Checksum.Type == "" && !composite {
		s.Checksum.Type = reconcile.FullObject
	}
	return nil
}

// algorithms are those of S3's that are known by the length of their sums, in
// bytes.
var algorithms = map[int]string{20: "SHA1", 32: "SHA256", 64: "SHA512"}
