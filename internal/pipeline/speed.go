package pipeline

import "time"

// speed is how many bytes a second the copies of a recovery make, all together.
type speed struct {
	bytes int64
	busy  time.Duration // in which something was being copied
	since time.Time     // of the busy time that has not ended; zero: nothing is being copied
}

// assumedSpeed, in bytes a second, stands until copies have shown theirs.
const assumedSpeed = 1 << 30

// shownBy is how long copies must have lasted to show how fast they are.
const shownBy = 10 * time.Minute

func (s *speed) begin(now time.Time) {
	if s.since.IsZero() {
		s.since = now
	}
}

// end counts a copy. left is how many are still going on.
func (s *speed) end(bytes int64, left int, now time.Time) {
	s.bytes += bytes
	if left == 0 && !s.since.IsZero() {
		s.busy, s.since = s.busy+now.Sub(s.since), time.Time{}
	}
}

// in is how many bytes can be copied in a time.
func (s *speed) in(d time.Duration, now time.Time) int64 {
	busy := s.busy
	if !s.since.IsZero() {
		busy += now.Sub(s.since)
	}
	rate := float64(assumedSpeed)
	if busy >= shownBy && s.bytes > 0 {
		rate = float64(s.bytes) / busy.Seconds()
	}
	return int64(rate * d.Seconds())
}
