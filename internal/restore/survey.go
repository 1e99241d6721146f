package restore

import (
	"time"

	"reconcile/internal/reconcile"
)

// Amount is so many objects with so many bytes.
type Amount struct{ Objects, Bytes int64 }

func (a *Amount) add(o reconcile.Object) {
	a.Objects++
	a.Bytes += o.Size
}

// Survey is what is missing from the archives, by what it takes to bring it
// back: what the cost is made of.
type Survey struct {
	Cold      map[string]Amount // to be asked for, by storage class
	Restoring Amount            // asked for already
	Readable  Amount            // restored already, and long enough
	TooShort  Amount            // restored already, to be extended
	Online    Amount            // needs no restore
	Days      int               // that a restored copy is to stay
}

// Missing is all of it.
func (s *Survey) Missing() Amount {
	sum := Amount{}
	for _, a := range s.Cold {
		sum.Objects, sum.Bytes = sum.Objects+a.Objects, sum.Bytes+a.Bytes
	}
	for _, a := range []Amount{s.Restoring, s.Readable, s.TooShort, s.Online} {
		sum.Objects, sum.Bytes = sum.Objects+a.Objects, sum.Bytes+a.Bytes
	}
	return sum
}

// Asks reports whether anything would be asked for, and paid.
func (s *Survey) Asks() bool { return len(s.Cold) > 0 || s.TooShort.Objects > 0 }

// Add counts one object that is missing.
func (s *Survey) Add(o reconcile.Object, now time.Time) {
	switch StateOf(o, s.Days, now) {
	case Restoring:
		s.Restoring.add(o)
	case Readable:
		s.Readable.add(o)
	case TooShort:
		s.TooShort.add(o)
	case NotArchived:
		s.Online.add(o)
	default:
		if s.Cold == nil {
			s.Cold = map[string]Amount{}
		}
		a := s.Cold[o.StorageClass]
		a.add(o)
		s.Cold[o.StorageClass] = a
	}
}
