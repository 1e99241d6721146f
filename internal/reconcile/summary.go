package reconcile

import (
	"cmp"
	"time"
)

// Summary counts the outcomes of a run.
type Summary struct {
	Numbers
	Counts map[Status]int64
	Bytes  map[Status]int64 // of these
	Proofs map[Proof]int64
	// Unmatched are the entries of the list of excluded keys that no object has
	// had; nil: there is no list, or not all objects were listed.
	Unmatched *int64
	Failures  []FailureGroup   // the most frequent first
	Requests  map[string]int64 // by S3 operation, every attempt counted
	Risks     *Risks           // nil: nobody looked

	OldestVerified time.Time // when the object was compared that was last compared longest ago; zero: none was

	// NotLookedFor are the statuses whose counts nobody knows. Where one is
	// counted all the same, the count stands.
	NotLookedFor map[Status]bool
}

// Numbers are what is counted of outcomes beside their statuses.
type Numbers struct {
	Scanned       int64 // outcomes of any status but Uncatalogued, whose objects have another: every object listed
	BytesCopied   int64
	ExpiringSoon  int64
	Unproved      int64 // copied or present by size alone
	Leaks         int64
	Mismatches    int64 // with the catalog
	Refused       int64 // throttled answers that objects got
	NeverVerified int64 // objects of which no comparison is known that is as close as was asked for
	Aspects       AspectCounts
}

// add adds others so many times; -1: takes them away.
func (n *Numbers) add(o *Numbers, times int64) {
	n.Scanned += times * o.Scanned
	n.BytesCopied += times * o.BytesCopied
	n.ExpiringSoon += times * o.ExpiringSoon
	n.Unproved += times * o.Unproved
	n.Leaks += times * o.Leaks
	n.Mismatches += times * o.Mismatches
	n.Refused += times * o.Refused
	n.NeverVerified += times * o.NeverVerified
	for i, one := range o.Aspects {
		n.Aspects[i].Match += times * one.Match
		n.Aspects[i].Differ += times * one.Differ
		n.Aspects[i].NotCompared += times * one.NotCompared
	}
}

// AspectCounts says of how many pairs what came of comparing each aspect.
type AspectCounts [aspects]aspectCount

type aspectCount struct{ Match, Differ, NotCompared int64 }

func (a *AspectCounts) count(c *Compared) {
	for i, m := range c[:aspects] {
		switch m {
		case Matches:
			a[i].Match++
		case Disagrees:
			a[i].Differ++
		default:
			a[i].NotCompared++
		}
	}
}

// Verification is what an auditor asks for first. The sum is of the objects
// that have another side, or may have one.
type Verification struct {
	Proven      int64 // equal, by more than the size
	Unproved    int64 // equal as far as could be compared
	Differs     int64
	NotVerified int64 // nobody could look, or did
}

// Verification returns the four numbers.
func (s *Summary) Verification() Verification {
	v := Verification{Unproved: s.Unproved, Differs: s.Counts[Differs]}
	v.Proven = s.Counts[Copied] + s.Counts[Present] - s.Unproved
	for status, n := range s.Counts {
		if status.pairing() == unverified {
			v.NotVerified += n
		}
	}
	return v
}

// Known returns the count of a status, false where nobody looked for it.
func (s *Summary) Known(status Status) (int64, bool) {
	n := s.Counts[status]
	return n, n > 0 || !s.NotLookedFor[status]
}

// Add counts one outcome. now is the time against which a restored copy
// expires soon.
func (s *Summary) Add(o Outcome, now time.Time) {
	var t Tally
	t.Add(&o, func() time.Time { return now })
	t.AddTo(s)
}

// AddCounts adds what another summary counts, but for its requests.
func (s *Summary) AddCounts(o Summary) {
	s.Numbers.add(&o.Numbers, 1)
	s.Risks = s.Risks.join(o.Risks)
	s.verified(o.OldestVerified)
	s.Unmatched = sumKnown(s.Unmatched, o.Unmatched)
	s.Failures = joinFailures(s.Failures, o.Failures)
	for status, n := range o.Counts {
		add(&s.Counts, status, n)
		add(&s.Bytes, status, o.Bytes[status])
	}
	for proof, n := range o.Proofs {
		add(&s.Proofs, proof, n)
	}
}

// sumKnown is the sum of what is known; nil: nothing is.
func sumKnown(a, b *int64) *int64 {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	sum := *a + *b
	return &sum
}

// Beyond returns what s counts beyond another summary, of some of its outcomes.
// Failures and requests are left out.
func (s Summary) Beyond(o Summary) Summary {
	rest := Summary{Numbers: s.Numbers, Unmatched: s.Unmatched, OldestVerified: s.OldestVerified, Risks: s.Risks} // these are of no outcome
	rest.Numbers.add(&o.Numbers, -1)
	for status, n := range s.Counts {
		add(&rest.Counts, status, n-o.Counts[status])
		add(&rest.Bytes, status, s.Bytes[status]-o.Bytes[status])
	}
	for proof, n := range s.Proofs {
		add(&rest.Proofs, proof, n-o.Proofs[proof])
	}
	return rest
}

// verified notes when an object was compared; zero: never.
func (s *Summary) verified(at time.Time) {
	if !at.IsZero() && (s.OldestVerified.IsZero() || at.Before(s.OldestVerified)) {
		s.OldestVerified = at
	}
}

// add adds n to what a map has of a key; of nothing there is no entry.
func add[K comparable](to *map[K]int64, key K, n int64) {
	if n == 0 {
		return
	}
	if *to == nil {
		*to = map[K]int64{}
	}
	(*to)[key] += n
}

// Broken returns how many outcomes make the command's exit code 3.
func (s *Summary) Broken(command string) int64 {
	var n int64
	for status, count := range s.Counts {
		if status.Breaks(command) {
			n += count
		}
	}
	return n
}
