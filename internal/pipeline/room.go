package pipeline

import "time"

// room reports whether so many more bytes may be on the way. One object may
// always be.
func (r *recovery) room(size int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fits(size)
}

// fits needs the lock.
func (r *recovery) fits(size int64) bool { return r.out <= 0 || r.out+size <= r.maxOut() }

// maxOut is how many bytes may be restored, or on the way, and not copied: what
// was asked for, else what can be copied in half the time that restored copies
// stay, at the rate that copies have shown. It needs the lock.
func (r *recovery) maxOut() int64 {
	if r.job.Waiting.MaxOut > 0 {
		return r.job.Waiting.MaxOut
	}
	return r.speed.in(time.Duration(r.job.Restore.Days)*12*time.Hour, r.job.Copy.Now())
}

func (r *recovery) reserve(size int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.fits(size) {
		return false
	}
	r.out += size
	return true
}

// claim counts what is on the way without having been asked for.
func (r *recovery) claim(size int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out += size
}

func (r *recovery) release(size int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out -= size
}

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
