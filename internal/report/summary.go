package report

import (
	"maps"
	"slices"

	"reconcile/internal/reconcile"
	"reconcile/internal/strictjson"
)

// member is one name and value of a JSON object whose order matters.
type member struct {
	name  string
	value any
}

// object is a JSON object that keeps its order.
type object []member

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		value, err := strictjson.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b = append(append(appendQuoted(b, m.name), ':'), value...)
	}
	return append(b, '}'), nil
}

// proofs in the order of the documentation.
var proofs = []reconcile.Proof{reconcile.ProofBytes, reconcile.ProofChecksum, reconcile.ProofETag, reconcile.ProofSize}

// summaryJSON is a Summary as it stands in the report: every status has its
// count, zero too, so that a script needs no special case; null where nobody
// looked for it.
func summaryJSON(s reconcile.Summary, headline string) object {
	o := object{{"headline", headline}, {"scanned", s.Scanned}}
	for _, status := range statuses(s) {
		o = append(o, member{string(status), known(&s, status, s.Counts[status])})
	}
	var byProof object
	for _, p := range proofs {
		byProof = append(byProof, member{string(p), s.Proofs[p]})
	}
	v := s.Verification()
	return append(o,
		member{"bytes_copied", s.BytesCopied},
		member{"bytes", counts(s.Bytes)},
		member{"expiring_soon", s.ExpiringSoon},
		member{"proofs", byProof},
		member{"requests", counts(s.Requests)},
		member{"unproved", s.Unproved},
		member{"refused", s.Refused},
		member{"leaks", known(&s, reconcile.Misplaced, s.Leaks)},
		member{"verification", object{
			{"proven", v.Proven}, {"unproved", v.Unproved}, {"differs", v.Differs}, {"not_verified", v.NotVerified},
		}},
		member{"compared", aspectsJSON(&s.Aspects)},
		member{"catalog", catalogJSON(&s)},
		member{"failures", list(s.Failures)},
		member{"excluded_unmatched", s.Unmatched},
		member{"risks", s.Risks},
		member{"oldest_verified_at", instant(s.OldestVerified)},
		member{"never_verified", s.NeverVerified},
	)
}

// SummaryJSON is a summary as it stands in the report, for encoding/json.
// incomplete says why the run is not complete; empty: it is.
func SummaryJSON(s reconcile.Summary, command, incomplete string) any {
	return summaryJSON(s, s.Headline(command, incomplete))
}

// known is n, or null where nobody looked for the status that it is about.
func known(s *reconcile.Summary, status reconcile.Status, n int64) any {
	if _, ok := s.Known(status); !ok && n == 0 {
		return nil
	}
	return n
}

// aspectsJSON has null, and no zero, for an aspect that was compared in no
// object.
func aspectsJSON(all *reconcile.AspectCounts) object {
	var o object
	for _, aspect := range reconcile.Aspects() {
		n := all[aspect]
		var match, differ any
		if n.Match+n.Differ > 0 {
			match, differ = n.Match, n.Differ
		}
		o = append(o, member{aspect.String(), object{{"match", match}, {"differ", differ}, {"not_compared", n.NotCompared}}})
	}
	return o
}

// catalogJSON has the words of ORCA, whose orphan is our uncatalogued; null
// where there is no catalog.
func catalogJSON(s *reconcile.Summary) any {
	phantom, ok := s.Known(reconcile.Phantom)
	if !ok {
		return nil
	}
	return object{{"phantom", phantom}, {"orphan", s.Counts[reconcile.Uncatalogued]}, {"mismatch", s.Mismatches}}
}

// statuses returns the known statuses, then any other that was counted: the
// counts must add up to what was scanned.
func statuses(s reconcile.Summary) []reconcile.Status {
	all := reconcile.Statuses()
	for _, status := range slices.Sorted(maps.Keys(s.Counts)) {
		if !status.Valid() {
			all = append(all, status)
		}
	}
	return all
}
