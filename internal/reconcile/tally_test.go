package reconcile_test

import (
	"maps"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// Tallies add up to what was counted, with statuses and proofs that nobody
// knows too: the counts must add up to what was scanned.
func TestTally(t *testing.T) {
	var tallies [3]reconcile.Tally
	counts, proofs := map[reconcile.Status]int64{}, map[reconcile.Proof]int64{}
	statuses := append(reconcile.Statuses(), "odd", "")
	for i := range 500 {
		o := reconcile.Outcome{Status: statuses[i*i%len(statuses)]}
		o.Proof = []reconcile.Proof{"", "checksum", "etag", "size", "oath"}[i%5]
		counts[o.Status]++
		if o.Proof != "" {
			proofs[o.Proof]++
		}
		tallies[i%len(tallies)].Add(&o, func() time.Time { t.Error("nothing expires"); return noon })
	}
	var s reconcile.Summary
	for i := range tallies {
		tallies[i].AddTo(&s)
	}
	if s.Scanned != 500 || !maps.Equal(s.Counts, counts) || !maps.Equal(s.Proofs, proofs) {
		t.Errorf("got  %+v\nwant %v, %v", s, counts, proofs)
	}
}
