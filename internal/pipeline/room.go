package pipeline

import (
	"sync"
	"time"
)

// outstanding are the bytes of a recovery that are restored, or on the way, and
// not copied. It is safe for concurrent use.
type outstanding struct {
	most   int64         // that may be; 0: as many as can be copied within that time, at the rate that copies have shown
	within time.Duration // half of what restored copies stay
	now    func() time.Time

	mu     sync.Mutex
	bytes  int64
	copied int64
	busy   time.Duration // in which something was being copied
	since  time.Time     // of the busy time that has not ended; zero: nothing is being copied
}

// assumedSpeed, in bytes a second, stands until copies have shown theirs.
const assumedSpeed = 1 << 30

// shownBy is how long copies must have lasted to show how fast they are.
const shownBy = 10 * time.Minute

// room reports whether there may be so many more. One object may always be.
func (o *outstanding) room(size int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.fits(size)
}

// roomy reports whether half of those that may be are not.
func (o *outstanding) roomy() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes <= o.limit()/2
}

// reserve adds so many where there is room.
func (o *outstanding) reserve(size int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.fits(size) {
		return false
	}
	o.bytes += size
	return true
}

// add adds what is on the way in any case.
func (o *outstanding) add(size int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes += size
}

// release takes so many off.
func (o *outstanding) release(size int64) { o.add(-size) }

// begin notes that something is being copied.
func (o *outstanding) begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since.IsZero() {
		o.since = o.now()
	}
}

// end notes a copy. left is how many are still going on.
func (o *outstanding) end(bytes int64, left int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.copied += bytes
	if left == 0 && !o.since.IsZero() {
		o.busy, o.since = o.busy+o.now().Sub(o.since), time.Time{}
	}
}

// fits needs the lock.
func (o *outstanding) fits(size int64) bool { return o.bytes <= 0 || o.bytes+size <= o.limit() }

// limit is how many there may be. It needs the lock.
func (o *outstanding) limit() int64 {
	if o.most > 0 {
		return o.most
	}
	busy := o.busy
	if !o.since.IsZero() {
		busy += o.now().Sub(o.since)
	}
	rate := float64(assumedSpeed)
	if busy >= shownBy && o.copied > 0 {
		rate = float64(o.copied) / busy.Seconds()
	}
	return int64(rate * o.within.Seconds())
}
