package limiter

import "time"

const (
	startWindow = 16 // requests in flight to begin with
	// DefaultFloor and DefaultCeiling bound how many requests an adaptive
	// copier has in flight.
	DefaultFloor   = 1
	DefaultCeiling = 256

	fast = 2.0  // the factor while nothing is known …
	slow = 1.25 // … and once a doubling has not paid
	// The least share of the added permits that has to show as added
	// throughput: with twice as many in flight, a quarter more; with a quarter
	// more, an eighth, since less than that is noise.
	paysFast = 0.25
	paysSlow = 0.5
	// windowRest is how long a limit is kept after more did not pay.
	windowRest = 2 * time.Second
)

// window finds how many requests to have in flight. It goes up a step, sees
// what throughput the requests begun at that step get (by Little's law, the
// number in flight over the time that one takes), and goes back when more in
// flight only made each of them slower.
type window struct {
	limit   int // requests in flight, now
	floor   int
	ceiling int

	step   int // counts the changes of limit
	factor float64
	before int     // the limit before the last raise, while that is on trial; else 0
	best   float64 // requests a second, measured at before
	until  time.Time

	skip  int           // so many more say nothing yet
	count int           // requests that were begun at this step and succeeded …
	took  time.Duration // … and what they took together
}

func newWindow(floor, ceiling int) window {
	if floor <= 0 {
		floor = DefaultFloor
	}
	if ceiling <= 0 {
		ceiling = DefaultCeiling
	}
	ceiling = max(ceiling, floor)
	return window{limit: min(max(startWindow, floor), ceiling), floor: floor, ceiling: ceiling, factor: fast}
}

// served notes a request that succeeded while all permits were taken. One
// begun before the last step says nothing of it.
func (w *window) served(p Permit, now time.Time) {
	if p.step != w.step {
		return
	}
	if w.skip > 0 {
		w.skip--
		return
	}
	w.count++
	w.took += now.Sub(p.began)
	if w.count < w.sample() || w.took <= 0 {
		return
	}
	throughput := float64(w.limit) * float64(w.count) / w.took.Seconds()
	w.count, w.took = 0, 0
	w.judge(throughput, now)
}

// sample is how many requests are measured before a step is judged.
func (w *window) sample() int {
	if w.factor == slow {
		return 2 * w.limit
	}
	return w.limit
}

// judge decides on the next step by the throughput at this one.
func (w *window) judge(throughput float64, now time.Time) {
	switch {
	case w.before == 0 && now.Before(w.until):
		return
	case w.before == 0 || throughput >= w.best*w.enough():
		w.best, w.before = throughput, w.limit
		w.move(min(int(float64(w.limit)*w.factor)+1, w.ceiling))
	case w.factor == fast:
		w.factor = slow
		w.back()
	default:
		w.rest(now)
	}
}

// enough is by what factor the throughput has to have risen for the last raise
// to have paid.
func (w *window) enough() float64 {
	pays := paysFast
	if w.factor == slow {
		pays = paysSlow
	}
	return 1 + pays*(float64(w.limit)/float64(w.before)-1)
}

// rest goes back to the limit before the raise that is on trial, if any, and
// tries no other for a while.
func (w *window) rest(now time.Time) {
	w.until, w.factor = now.Add(windowRest), slow
	w.back()
}

func (w *window) back() {
	if w.before > 0 {
		w.move(w.before)
	}
	w.before = 0
}

// move sets another limit, within the bounds.
func (w *window) move(limit int) {
	if limit == w.limit {
		w.before = 0 // at the ceiling: there is nothing to try
		return
	}
	w.limit = limit
	w.step++
	w.count, w.took = 0, 0
	if w.factor == slow {
		w.skip = limit // the first ones still find the queues as they were: that matters for small steps
	}
}
