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
