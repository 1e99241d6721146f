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
}

// Add counts one object that is missing.
func (s *Survey) Add(o reconcile.Object, now time.Time) {
	state := StateOf(o, s.Days, now)
	if state == Unknown {
		state = Cold // it is going to be asked for, and S3 will say
	}
	if s.By == nil {
		s.By = map[State]map[string]Amount{}
	}
	if s.By[state] == nil {
		s.By[state] = map[string]Amount{}
	}
	s.By[state][o.StorageClass] = s.By[state][o.StorageClass].plus(Amount{1, o.Size})
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
