package pipeline

import (
	"testing"
	"time"
)

// TestSpeed: what can be copied follows from what was copied, and time in which
// nothing was copied does not count.
func TestSpeed(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	now := began
	o := &outstanding{within: time.Second, now: func() time.Time { return now }}
	if got := o.limit(); got != assumedSpeed {
		t.Errorf("before any copy: %d", got)
	}
	o.begin()
	now = began.Add(time.Minute)
	o.begin() // a second copy at the same time
	now = began.Add(10 * time.Minute)
	o.end(600_000, 1)
	now = began.Add(20 * time.Minute)
	o.end(600_000, 0)
	now = began.Add(5 * time.Hour)
	if got := o.limit(); got != 1000 {
		t.Errorf("1.2 MB in 20 minutes: %d bytes a second", got)
	}
}
