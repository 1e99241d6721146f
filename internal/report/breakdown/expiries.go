package breakdown

import (
	"maps"
	"slices"
	"time"
)

// Expiry are the restored copies that lapse within some days.
type Expiry struct {
	From    string `json:"from"` // the first day, in UTC
	Days    int64  `json:"days"`
	Objects int64  `json:"objects"`
	Bytes   int64  `json:"bytes"`
	Open    int64  `json:"open"` // of the objects, that are not a success: they may be in no archive
}

// expiries counts by spans of days, which double where there are too many:
// which span it ends with does not depend on the order. S3 rounds the expiry of
// a restored copy to midnight UTC.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
type expiries struct {
	days  int64 // of a span
	spans map[int64]*span
}

type span struct{ objects, bytes, open int64 }

func newExpiries() expiries { return expiries{days: 1, spans: map[int64]*span{}} }

const day = 24 * 60 * 60 // seconds

func (e *expiries) add(at time.Time, size int64, success bool) {
	s := e.of(floor(at.Unix(), day))
	s.objects++
	s.bytes += size
	if !success {
		s.open++
	}
}

// of returns the span of a day, counted from 1970.
func (e *expiries) of(n int64) *span {
	for {
		i := floor(n, e.days)
		if s := e.spans[i]; s != nil {
			return s
		}
		if len(e.spans) < maxExpiries {
			s := &span{}
			e.spans[i] = s
			return s
		}
		e.widen()
	}
}

// widen doubles the spans.
func (e *expiries) widen() {
	old := *e
	e.days, e.spans = 2*old.days, map[int64]*span{}
	old.pour(e)
}

// pour adds each span to the one of its first day.
func (e *expiries) pour(to *expiries) {
	for i, s := range e.spans {
		t := to.of(i * e.days)
		t.objects += s.objects
		t.bytes += s.bytes
		t.open += s.open
	}
}

func (e *expiries) addTo(to *expiries) {
	for to.days < e.days {
		to.widen()
	}
	e.pour(to)
}

func (e *expiries) list() []Expiry {
	all := []Expiry{}
	for _, i := range slices.Sorted(maps.Keys(e.spans)) {
		s := e.spans[i]
		from := time.Unix(i*e.days*day, 0).UTC().Format(time.DateOnly)
		all = append(all, Expiry{From: from, Days: e.days, Objects: s.objects, Bytes: s.bytes, Open: s.open})
	}
	return all
}

// floor is n/by, rounded down.
func floor(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}
