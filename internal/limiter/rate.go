package limiter

import (
	"math"
	"time"
)

const (
	// calm is how long refusals are counted before they are judged: those
	// that come at once are echoes of one overload.
	calm = 250 * time.Millisecond
	// countingTime is how old a count may grow; by then it says little of now.
	countingTime = 2 * time.Second
	// so few refusals are chance.
	fewRefusals = 3
	// tolerated is the share of refused requests that is held rather than
	// fled: some services refuse a few at any rate.
	tolerated = 0.02
	// backOff is how far below the service's limit the rate falls when it was
	// above, so that what was refused finds room to come back.
	backOff = 0.98
	// steady is how far a measurement may be off the last one to be taken
	// for its noise, and weight how long the old one counts against it.
	steady = 0.1
	weight = 2 * time.Second
	// leastRate, in requests a second, keeps asking a service that refuses all.
	leastRate = 1
	// slack is how much of the allowance that a stalled machine left
	// unused may be made up for: the service's own allowance filled meanwhile.
	slack = 200 * time.Millisecond
	// storm is the share of refused requests that needs no more counting.
	storm = 0.1
)

// The rate grows by these powers of e in a second.
const (
	creep       = 0.004        // right after a cut, near the limit that was measured; from there …
	doubling    = 1.5          // … twice as fast every so many seconds, …
	unconfirmed = 3            // … of which a limit that nothing confirms has so many behind it, …
	search      = math.Ln2 / 3 // … up to doubling in 3 s: the limit must have risen
	guessGrowth = math.Ln2     // when no limit was measured: doubled in 1 s
)

// rate bounds how many requests begin in a second, once the service has
// refused some. Between two refusals a service lets through what it allows,
// neither more nor less: that rate is measured, and held, with a slow creep
// upward that runs into a refusal from time to time.
type rate struct {
	perSecond float64 // requests a second; 0: the service has refused nothing worth mentioning
	limit     float64 // what the service allows, as measured; 0: not yet, perSecond is a guess
	next      time.Time

	round    int       // which counts these are …
	since    time.Time // … and from when on
	admitted int       // and not refused, as far as is known
	refused  int

	held  bool          // the rate kept a request waiting
	crept time.Time     // when the rate last grew
	quiet time.Duration // how long it held requests back since the last cut
	low   bool          // the last measurement was well below limit
}

// wait returns how long the next request has to wait.
func (r *rate) wait(now time.Time) time.Duration {
	if r.perSecond == 0 {
		return 0
	}
	wait := r.next.Sub(now)
	r.held = r.held || wait > 0
	return wait
}

// admit notes that a request begins.
func (r *rate) admit(now time.Time) {
	if r.perSecond == 0 && now.Sub(r.since) > countingTime/2 {
		r.recount(now)
	}
	r.admitted++
	if r.perSecond == 0 {
		return
	}
	if r.held {
		r.held = false
		r.grow(now)
	}
	if earliest := now.Add(-slack); r.next.Before(earliest) {
		r.next = earliest
	}
	r.next = r.next.Add(r.interval())
}

// unused takes an admission back.
func (r *rate) unused() {
	r.admitted--
	if r.perSecond > 0 {
		r.next = r.next.Add(-r.interval())
	}
}

func (r *rate) interval() time.Duration {
	return time.Duration(float64(time.Second) / r.perSecond)
}

// grow lets the rate creep upward for the time that it was what held requests
// back: an allowance that nobody used is no evidence for more.
func (r *rate) grow(now time.Time) {
	d := min(now.Sub(r.crept), calm+r.interval())
	r.crept = now
	r.quiet += d
	power := guessGrowth
	if r.limit > 0 {
		power = min(creep*math.Exp2(r.quiet.Seconds()/doubling), search)
	}
	r.perSecond *= math.Exp(power * d.Seconds())
}

// refuse notes that a request was refused, and reports whether that was one
// too many: the rate has been cut. What began in an earlier round is an echo of
// what was judged already.
func (r *rate) refuse(round int, now time.Time) (cut bool) {
	if round != r.round {
		return false
	}
	if r.perSecond > 0 && now.Sub(r.since) > countingTime {
		r.recount(now)
		return false
	}
	r.admitted--
	r.refused++
	elapsed := now.Sub(r.since)
	overload := r.perSecond == 0 && r.refused+r.admitted >= startWindow && r.share() > storm
	if r.refused < fewRefusals || elapsed < calm && !overload {
		return false
	}
	served := float64(max(r.admitted, 0)) / max(elapsed, calm/5).Seconds()
	cut = r.share() > tolerated
	switch {
	case cut && r.perSecond == 0:
		r.guess(served, now)
	case cut:
		r.cut(served, elapsed)
	}
	r.recount(now)
	return cut
}

func (r *rate) recount(now time.Time) {
	r.round++
	r.since, r.admitted, r.refused = now, 0, 0
}

// share is the share of the counted requests that was refused.
func (r *rate) share() float64 {
	return float64(r.refused) / float64(r.refused+max(r.admitted, 0))
}

// guess sets the first rate. What was served so far includes what the service
// allows as a burst: the limit is likely to be well below.
func (r *rate) guess(served float64, now time.Time) {
	r.perSecond = max(served/2, leastRate)
	r.next, r.crept = now, now
}

// cut goes below what was served between two refusals: the limit. One far
// below the last that was measured may be this machine's fault, which stood
// still for a moment; the next measurement will tell.
func (r *rate) cut(served float64, elapsed time.Duration) {
	r.quiet = 0
	if r.limit > 0 && served < r.limit*(1-steady) && !r.low {
		r.low = true
		r.perSecond = r.limit * (1 - steady)
		return
	}
	r.low = false
	if math.Abs(served-r.limit) < steady*r.limit {
		w := weight.Seconds()
		served = (r.limit*w + served*elapsed.Seconds()) / (w + elapsed.Seconds())
	} else {
		r.quiet = unconfirmed * time.Second
	}
	lost := served < r.perSecond/2
	r.limit = max(served, leastRate)
	r.perSecond = max(r.limit*backOff, leastRate)
	if lost { // too far off to be exact: search from there
		r.limit = 0
	}
}
