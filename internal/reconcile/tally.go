package reconcile

import "time"

// Tally counts outcomes as a Summary does, without its maps: it is for the
// many that a run has. The zero value is empty. It is not safe for concurrent
// use.
type Tally struct {
	scanned, bytesCopied, expiringSoon int64

	statuses [len(statusRules)]int64
	proofs   [len(tallied)]int64
	others   Summary // counts of statuses and proofs that nobody knows
}

// tallied are the proofs that have a place in a Tally.
var tallied = [...]Proof{ProofChecksum, ProofETag, ProofSize}

// Add counts one outcome. now is the clock against which a restored copy
// expires soon.
func (t *Tally) Add(o *Outcome, now func() time.Time) {
	t.scanned++
	t.status(o.Status)
	if o.Status == Copied {
		t.bytesCopied += o.Source.Size
	}
	if o.Proof != NoProof {
		t.proof(o.Proof)
	}
	if o.expiringSoon(now) {
		t.expiringSoon++
	}
}

func (t *Tally) status(s Status) {
	for i := range statusRules {
		if statusRules[i].status == s {
			t.statuses[i]++
			return
		}
	}
	t.others.count(s, 1)
}

func (t *Tally) proof(p Proof) {
	for i := range tallied {
		if tallied[i] == p {
			t.proofs[i]++
			return
		}
	}
	t.others.prove(p, 1)
}

// AddTo adds what was counted to a summary.
func (t *Tally) AddTo(s *Summary) {
	s.Scanned += t.scanned
	s.BytesCopied += t.bytesCopied
	s.ExpiringSoon += t.expiringSoon
	for i, n := range t.statuses {
		s.count(statusRules[i].status, n)
	}
	for i, n := range t.proofs {
		s.prove(tallied[i], n)
	}
	for status, n := range t.others.Counts {
		s.count(status, n)
	}
	for proof, n := range t.others.Proofs {
		s.prove(proof, n)
	}
}
