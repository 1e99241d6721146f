package pipeline

import (
	"testing"
	"time"
)

// TestSpeed: what can be copied follows from what was copied, and time in which
// nothing was copied does not count.
func TestSpeed(t *testing.T) {
	t.Parallel()
	var s speed
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	if got := s.in(time.Second, now); got != assumedSpeed {
		t.Errorf("before any copy: %d", got)
	}
	s.begin(now)
	s.begin(now.Add(time.Minute)) // a second copy at the same time
	s.end(600_000, 1, now.Add(10*time.Minute))
	s.end(600_000, 0, now.Add(20*time.Minute))
	if got := s.in(time.Second, now.Add(5*time.Hour)); got != 1000 {
		t.Errorf("1.2 MB in 20 minutes: %d bytes a second", got)
	}
}
