package reconcile

import "time"

// Tally counts outcomes as a Summary does, without its maps: it is for the
// many that a run has. The zero value is empty. It is not safe for concurrent
// use.
type Tally struct {
	numbers        Numbers
	oldestVerified time.Time
	statuses       [len(statusRules)]int64
	bytes          [len(statusRules)]int64
	proofs         [len(tallied)]int64
	failures       failures
	others         Summary // counts of statuses and proofs that nobody knows
}

// tallied are the proofs that have a place in a Tally.
var tallied = [...]Proof{ProofBytes, ProofChecksum, ProofETag, ProofSize}

// Add counts one outcome. now is the clock against which a restored copy
// expires soon.
func (t *Tally) Add(o *Outcome, now func() time.Time) {
	if o.Status != Uncatalogued { // whose object has another outcome
		t.numbers.Scanned++
	}
	t.status(o)
	if o.Status == Copied {
		t.numbers.BytesCopied += o.Source.Size
	}
	if o.Proof != NoProof {
		t.proof(o.Proof)
	}
	if o.expiringSoon(now) {
		t.numbers.ExpiringSoon++
	}
	t.compared(o)
}

// compared counts what a comparison came to, and what is to be looked at.
func (t *Tally) compared(o *Outcome) {
	t.numbers.Refused += int64(o.Refused)
	if o.Status.pairing() == compared {
		t.numbers.Aspects.count(&o.Compared)
		t.verified(o)
	}
	if o.Unproved() {
		t.numbers.Unproved++
	}
	if o.Leak {
		t.numbers.Leaks++
	}
	if o.Catalog == CatalogMismatch {
		t.numbers.Mismatches++
	}
	if o.Status == Failed {
		t.failures.add(o)
	}
}

// verified notes when an object was compared.
func (t *Tally) verified(o *Outcome) {
	switch {
	case o.Shallow:
		t.numbers.NeverVerified++
	case !o.VerifiedAt.IsZero() && (t.oldestVerified.IsZero() || o.VerifiedAt.Before(t.oldestVerified)):
		t.oldestVerified = o.VerifiedAt
	}
}

func (t *Tally) status(o *Outcome) {
	size := o.Source.Size
	if o.Source.Key == "" { // it lies in an archive alone
		size = o.Target.Size
	}
	for i := range statusRules {
		if statusRules[i].status == o.Status {
			t.statuses[i]++
			t.bytes[i] += size
			return
		}
	}
	add(&t.others.Counts, o.Status, 1)
	add(&t.others.Bytes, o.Status, size)
}

func (t *Tally) proof(p Proof) {
	for i := range tallied {
		if tallied[i] == p {
			t.proofs[i]++
			return
		}
	}
	add(&t.others.Proofs, p, 1)
}

// AddTo adds what was counted to a summary.
func (t *Tally) AddTo(s *Summary) {
	s.Numbers.add(&t.numbers, 1)
	s.verified(t.oldestVerified)
	s.Failures = joinFailures(s.Failures, t.failures.sorted())
	for i, n := range t.statuses {
		add(&s.Counts, statusRules[i].status, n)
		add(&s.Bytes, statusRules[i].status, t.bytes[i])
	}
	for i, n := range t.proofs {
		add(&s.Proofs, tallied[i], n)
	}
	s.AddCounts(t.others)
}
