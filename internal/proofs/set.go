// Package proofs remembers what audits have found out by asking about each
// object. An audit that was interrupted goes on where it was, and one that looks
// at a part of the objects closely knows when the others were looked at.
//
// A proof is the row of a report: both sides as they were, what came of comparing
// them, on what evidence, and when. It holds for as long as neither side has
// changed, which a listing shows. It is a package of its own because the audit,
// which uses proofs, knows no reports, and the report knows nobody who reads it.
package proofs

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// Proof is what is known of a pair.
type Proof struct {
	reconcile.Outcome
	// Fresh says that the audit which goes on now has found it out itself, before
	// it was interrupted.
	Fresh bool
}

// Of reports whether the proof is of two objects as they are now: nobody has
// written either since. LastModified has no fractions: of an object that was
// written in the second in which it was compared nobody can tell whether it was
// written again.
func (p *Proof) Of(source, target *reconcile.Object) bool {
	return same(&p.Source, source) && same(&p.Target, target) &&
		p.after(&p.Source) && p.after(&p.Target)
}

func (p *Proof) after(o *reconcile.Object) bool {
	return p.VerifiedAt.Truncate(time.Second).After(o.LastModified)
}

func same(was, is *reconcile.Object) bool {
	return was.Bucket == is.Bucket && was.Key == is.Key && was.Size == is.Size && was.ETag != "" && was.ETag == is.ETag &&
		!was.LastModified.IsZero() && was.LastModified.Equal(is.LastModified.Truncate(time.Second)) &&
		(was.VersionID == "" || is.VersionID == "" || was.VersionID == is.VersionID)
}

// Earlier is the evidence of a proof that is used again.
func (p *Proof) Earlier() reconcile.Evidence {
	if strings.HasPrefix(string(p.Evidence), string(reconcile.EvidenceEarlier)) {
		return p.Evidence
	}
	return reconcile.EvidenceEarlier.Of(p.VerifiedAt.UTC().Format(time.RFC3339) + " " + string(p.Evidence))
}

// Worth reports whether an outcome is worth remembering: listings that agree are
// read again anyway, and a finding is always looked at anew.
func Worth(o *reconcile.Outcome) bool {
	if o.Status != reconcile.Present || !o.TargetSeen || o.Catalog != "" {
		return false
	}
	for _, by := range []reconcile.Evidence{reconcile.EvidenceListing, reconcile.EvidenceInventory, reconcile.EvidenceCatalog, ""} {
		if method, _, _ := strings.Cut(string(o.Evidence), " "); method == string(by) {
			return false
		}
	}
	return true
}

// Set is what is known of many pairs, the latest of each, in the order of the
// source's keys. It is sorted on disk.
type Set struct {
	sorter *extsort.Sorter
	fresh  []time.Time // of each report that was read: from when on its proofs are fresh; zero: none is
	record []byte
}

// NewSet returns an empty Set, whose temporary file goes to dir; empty: the
// system's.
func NewSet(dir string) *Set {
	return &Set{sorter: extsort.New(extsort.Options{Dir: dir, Memory: 8 << 20, Name: "proofs"})}
}

// Close removes what is on disk.
func (s *Set) Close() error { return s.sorter.Close() }

// Len is how many proofs were added.
func (s *Set) Len() int64 { return s.sorter.Len() }

// begin takes up another source of proofs, of which those are fresh that are not
// older than since; zero: none.
func (s *Set) begin(since time.Time) {
	s.fresh = append(s.fresh, since.Truncate(time.Second)) // rows have no fractions
}

// AddReport adds the proofs of a report. Those of an audit that was not complete
// are fresh: it goes on. The head is empty where the report is CSV.
func (s *Set) AddReport(in io.Reader, name string) (report.Head, error) {
	s.begin(time.Time{})
	head, err := report.Read(in, name, s.add)
	if err != nil {
		return head, fmt.Errorf("%s: %w", name, err)
	}
	if run := &head.Run; run.Command == "audit" && !run.Complete {
		s.fresh[len(s.fresh)-1] = run.StartedAt.Truncate(time.Second)
	}
	return head, nil
}

// Found returns what takes the outcomes of an audit that has begun at since, and
// is going to be made again: what it has found out itself is fresh then. It may be
// called by several goroutines at a time.
func (s *Set) Found(since time.Time) func(reconcile.Outcome) error {
	s.begin(since)
	var mu sync.Mutex
	return func(o reconcile.Outcome) error {
		mu.Lock()
		defer mu.Unlock()
		return s.add(report.RowOf(o))
	}
}

// add adds a row, where it is worth it.
func (s *Set) add(row report.Row) error {
	o, err := row.Outcome()
	if err != nil || !Worth(&o) || o.VerifiedAt.IsZero() {
		return err
	}
	s.record = extsort.Append(s.record[:0], &head{string(row.SourceKey), -o.VerifiedAt.Unix(), -(len(s.fresh) - 1)})
	s.record = row.AppendRecord(s.record)
	return s.sorter.Add(s.record)
}

// head is what stands before a row, which is sorted by it: of one key the latest
// first.
type head struct {
	Key    string
	Before int64 // when it was proved, in seconds before 1970
	From   int   // its report, of which the last has the lowest number
}

// Reader gives proofs in the order of the source's keys, one of each key.
type Reader struct {
	set     *Set
	records *extsort.Reader
	at      head
	row     []byte // after it
	begun   bool
	end     bool
}

// Reader returns a reader at the first proof. There may be any number of them,
// once Sort has been called. That of a nil Set has none.
func (s *Set) Reader() (*Reader, error) {
	if s == nil {
		return &Reader{end: true}, nil
	}
	records, err := s.sorter.Reader()
	if err != nil {
		return nil, err
	}
	return &Reader{set: s, records: records}, nil
}

// Sort ends the adding.
func (s *Set) Sort() { s.sorter.Sort() }

// Of returns the latest proof of a key, nil where there is none. Keys must come
// in their order.
func (r *Reader) Of(key string) (*Proof, error) {
	for !r.end && (!r.begun || r.at.Key < key) {
		if err := r.advance(); err != nil {
			return nil, err
		}
	}
	if r.end || r.at.Key != key {
		return nil, nil
	}
	return r.proof()
}

// advance goes to the latest record of the next key.
func (r *Reader) advance() error {
	for {
		record, err := r.records.Next()
		if errors.Is(err, io.EOF) {
			r.end = true
			return nil
		}
		if err != nil {
			return err
		}
		before := r.at.Key
		r.at = head{}
		if r.row, err = extsort.Cut(record, &r.at); err != nil {
			return err
		}
		if !r.begun || r.at.Key != before {
			r.begun = true
			return nil
		}
	}
}

func (r *Reader) proof() (*Proof, error) {
	row, err := report.DecodeRecord(r.row)
	if err != nil {
		return nil, err
	}
	o, err := row.Outcome()
	if err != nil {
		return nil, err
	}
	since := r.set.fresh[-r.at.From]
	return &Proof{Outcome: o, Fresh: !since.IsZero() && !o.VerifiedAt.Before(since)}, nil
}
