package breakdown

import (
	"slices"
	"time"
)

// Timeline is how a run went: what was done in each of some intervals. All
// lists are of the same length.
type Timeline struct {
	At       []int64 `json:"at_ms"` // when each interval ends, since the first began
	Objects  []int64 `json:"objects"`
	Bytes    []int64 `json:"bytes_copied"`
	Requests []int64 `json:"requests"`  // every attempt
	Refused  []int64 `json:"refused"`   // throttled answers
	InFlight []int64 `json:"in_flight"` // requests: the most that was seen
}

// Moment is what a run has done by a time, and what it does then.
type Moment struct {
	At       time.Time
	Objects  int64
	Bytes    int64 // copied
	Requests int64
	Refused  int64
	InFlight int64
}

// The clock looks every firstInterval at first. When there are maxIntervals,
// each two are made one, and it looks half as often.
const (
	maxIntervals  = 120
	firstInterval = 100 * time.Millisecond
)

// Clock makes a timeline of a run of any length, in bounded memory. Make one
// with NewClock. It is not safe for concurrent use.
type Clock struct {
	began    time.Time
	last     Moment
	interval time.Duration
	timeline Timeline
}

// NewClock begins at a moment.
func NewClock(m Moment) *Clock { return &Clock{began: m.At, last: m, interval: firstInterval} }

// Interval is after which time Look is to be called next.
func (c *Clock) Interval() time.Duration { return c.interval }

// Look ends an interval.
func (c *Clock) Look(m Moment) {
	t := &c.timeline
	t.At = append(t.At, m.At.Sub(c.began).Milliseconds())
	t.Objects = append(t.Objects, m.Objects-c.last.Objects)
	t.Bytes = append(t.Bytes, m.Bytes-c.last.Bytes)
	t.Requests = append(t.Requests, m.Requests-c.last.Requests)
	t.Refused = append(t.Refused, m.Refused-c.last.Refused)
	t.InFlight = append(t.InFlight, m.InFlight)
	c.last = m
	if len(t.At) < maxIntervals {
		return
	}
	c.interval *= 2
	later := func(_, b int64) int64 { return b }
	sum := func(a, b int64) int64 { return a + b }
	t.At, t.InFlight = pairs(t.At, later), pairs(t.InFlight, func(a, b int64) int64 { return max(a, b) })
	t.Objects, t.Bytes, t.Requests, t.Refused = pairs(t.Objects, sum), pairs(t.Bytes, sum), pairs(t.Requests, sum), pairs(t.Refused, sum)
}

// pairs makes one number of each two.
func pairs(all []int64, join func(a, b int64) int64) []int64 {
	for i := range len(all) / 2 {
		all[i] = join(all[2*i], all[2*i+1])
	}
	return all[:len(all)/2]
}

// Timeline is what was seen so far; nil: nothing.
func (c *Clock) Timeline() *Timeline {
	if len(c.timeline.At) == 0 {
		return nil
	}
	t := &c.timeline // which goes on
	return &Timeline{
		At: slices.Clone(t.At), Objects: slices.Clone(t.Objects), Bytes: slices.Clone(t.Bytes),
		Requests: slices.Clone(t.Requests), Refused: slices.Clone(t.Refused), InFlight: slices.Clone(t.InFlight),
	}
}

// Whole reports whether all lists are of the same length, and not empty: a
// report may have been written by another program.
func (t *Timeline) Whole() bool {
	n := len(t.At)
	return n > 0 && len(t.Objects) == n && len(t.Bytes) == n && len(t.Requests) == n && len(t.Refused) == n && len(t.InFlight) == n
}
