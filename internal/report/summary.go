package report

import (
	"maps"
	"slices"

	"reconcile/internal/reconcile"
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
		value, err := marshal(m.value)
		if err != nil {
			return nil, err
		}
		b = append(append(appendQuoted(b, m.name), ':'), value...)
	}
	return append(b, '}'), nil
}

// proofs in the order of the documentation.
var proofs = []reconcile.Proof{reconcile.ProofChecksum, reconcile.ProofETag, reconcile.ProofSize}

// summaryJSON is a Summary as it stands in the report: every status has its
// count, zero too, so that a script needs no special case.
func summaryJSON(s reconcile.Summary) object {
	o := object{{"scanned", s.Scanned}}
	for _, status := range statuses(s) {
		o = append(o, member{string(status), s.Counts[status]})
	}
	var byProof object
	for _, p := range proofs {
		byProof = append(byProof, member{string(p), s.Proofs[p]})
	}
	return append(o,
		member{"bytes_copied", s.BytesCopied},
		member{"expiring_soon", s.ExpiringSoon},
		member{"proofs", byProof},
		member{"requests", counts(s.Requests)},
	)
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
