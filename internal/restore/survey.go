package restore

import (
	"time"

	"reconcile/internal/reconcile"
)

// Amount is so many objects with so many bytes.
type Amount struct{ Objects, Bytes int64 }

func (a Amount) plus(b Amount) Amount { return Amount{a.Objects + b.Objects, a.Bytes + b.Bytes} }

// Survey is what is missing from the archives, by its state and storage class:
// what the cost is made of.
type Survey struct {
	Days int // that a restored copy is to stay
	By   map[State]map[string]Amount
	To   map[string]Amount // by the archive bucket that it is missing from
	// Copies are the requests that copying all of it takes, by the bucket that
	// they go to and by S3 operation.
	Copies map[string]map[string]int64
}

// Add counts one object that is missing from an archive bucket.
func (s *Survey) Add(o reconcile.Object, to string, now time.Time) {
	state := StateOf(o, s.Days, now)
	if state == Unknown {
		state = Cold // it is going to be asked for, and S3 will say
	}
	if s.By == nil {
		s.By, s.To = map[State]map[string]Amount{}, map[string]Amount{}
	}
	if s.By[state] == nil {
		s.By[state] = map[string]Amount{}
	}
	s.By[state][o.StorageClass] = s.By[state][o.StorageClass].plus(Amount{1, o.Size})
	s.To[to] = s.To[to].plus(Amount{1, o.Size})
}

// Sum is how much there is in any of the states; without one, in all.
func (s *Survey) Sum(states ...State) (sum Amount) {
	if len(states) == 0 {
		states = []State{Cold, Restoring, Readable, TooShort, NotArchived}
	}
	for _, state := range states {
		for _, a := range s.By[state] {
			sum = sum.plus(a)
		}
	}
	return sum
}
