package copier

import (
	"math"
	"time"
)

const (
	// paceCalm is how long refusals are counted before they are judged: those
	// that come at once are echoes of one overload.
	paceCalm = 250 * time.Millisecond
	// paceWindow is how old a count may grow; by then it says little of now.
	paceWindow = 2 * time.Second
	// paceFew refusals are chance.
	paceFew = 3
	// paceTolerated is the share of refused requests that is held rather than
	// fled: some services refuse a few at any rate.
	paceTolerated = 0.02
	// paceUnder is how far below the service's limit the pace falls when it was
	// above, so that what was refused finds room to come back.
	paceUnder = 0.98
	// paceSteady is how far a measurement may be off the last one to be taken
	// for its noise, and paceWeight how long the old one counts against it.
	paceSteady = 0.1
	paceWeight = 2 * time.Second
	// paceLeast, in requests a second, keeps asking a service that refuses all.
	paceLeast = 1
	// paceSlack is how much of the allowance that a stalled machine left
	// unused may be made up for: the service's own allowance filled meanwhile.
	paceSlack = 200 * time.Millisecond
	// paceStorm is the share of refused requests that needs no more counting.
	paceStorm = 0.1
)

// The pace grows by these powers of e in a second.
const (
	paceCreep  = 0.004        // right after a cut, near the limit that was measured; from there …
	paceTwice  = 1.5          // … twice as fast every so many seconds, …
	paceYoung  = 3            // … of which a limit that nothing confirms has so many behind it, …
	paceSearch = math.Ln2 / 3 // … up to doubling in 3 s: the limit must have risen
	paceGuess  = math.Ln2     // when no limit was measured: doubled in 1 s
)

// pace bounds how many requests begin in a second, once the service has
// refused some. Between two refusals a service lets through what it allows,
// neither more nor less: that rate is measured, and held, with a slow creep
// upward that runs into a refusal from time to time.
type pace struct {
	rate  float64 // requests a second; 0: the service has refused nothing worth mentioning
	limit float64 // what the service allows, as measured; 0: not yet, rate is a guess
	next  time.Time

	round    int       // which counts these are …
	since    time.Time // … and from when on
	admitted int       // and not refused, as far as is known
	refused  int

	held  bool          // the pace kept a request waiting
	crept time.Time     // when the pace last grew
	quiet time.Duration // how long it held requests back since the last cut
	low   bool          // the last measurement was well below limit
}

// wait returns how long the next request has to wait.
func (p *pace) wait(now time.Time) time.Duration {
	if p.rate == 0 {
		return 0
	}
	wait := p.next.Sub(now)
	p.held = p.held || wait > 0
	return wait
}

// admit notes that a request begins.
func (p *pace) admit(now time.Time) {
	if p.rate == 0 && now.Sub(p.since) > paceWindow/2 {
		p.recount(now)
	}
	p.admitted++
	if p.rate == 0 {
		return
	}
	if p.held {
		p.held = false
		p.grow(now)
	}
	if earliest := now.Add(-paceSlack); p.next.Before(earliest) {
		p.next = earliest
	}
	p.next = p.next.Add(p.interval())
}

// unused takes an admission back.
func (p *pace) unused() {
	p.admitted--
	if p.rate > 0 {
		p.next = p.next.Add(-p.interval())
	}
}

func (p *pace) interval() time.Duration {
	return time.Duration(float64(time.Second) / p.rate)
}

// grow lets the pace creep upward for the time that it was what held requests
// back: an allowance that nobody used is no evidence for more.
func (p *pace) grow(now time.Time) {
	d := min(now.Sub(p.crept), paceCalm+p.interval())
	p.crept = now
	p.quiet += d
	power := paceGuess
	if p.limit > 0 {
		power = min(paceCreep*math.Exp2(p.quiet.Seconds()/paceTwice), paceSearch)
	}
	p.rate *= math.Exp(power * d.Seconds())
}

// refuse notes that a request was refused, and reports whether that was one
// too many: the pace has been cut. What began in an earlier round is an echo of
// what was judged already.
func (p *pace) refuse(round int, now time.Time) (cut bool) {
	if round != p.round {
		return false
	}
	if p.rate > 0 && now.Sub(p.since) > paceWindow {
		p.recount(now)
		return false
	}
	p.admitted--
	p.refused++
	elapsed := now.Sub(p.since)
	storm := p.rate == 0 && p.refused+p.admitted >= gateStart && p.share() > paceStorm
	if p.refused < paceFew || elapsed < paceCalm && !storm {
		return false
	}
	served := float64(max(p.admitted, 0)) / max(elapsed, paceCalm/5).Seconds()
	cut = p.share() > paceTolerated
	switch {
	case cut && p.rate == 0:
		p.guess(served, now)
	case cut:
		p.cut(served, elapsed)
	}
	p.recount(now)
	return cut
}

func (p *pace) recount(now time.Time) {
	p.round++
	p.since, p.admitted, p.refused = now, 0, 0
}

// share is the share of the counted requests that was refused.
func (p *pace) share() float64 {
	return float64(p.refused) / float64(p.refused+max(p.admitted, 0))
}

// guess sets the first pace. What was served so far includes what the service
// allows as a burst: the limit is likely to be well below.
func (p *pace) guess(served float64, now time.Time) {
	p.rate = max(served/2, paceLeast)
	p.next, p.crept = now, now
}

// cut goes below what was served between two refusals: the limit. One far
// below the last that was measured may be this machine's fault, which stood
// still for a moment; the next measurement will tell.
func (p *pace) cut(served float64, elapsed time.Duration) {
	p.quiet = 0
	if p.limit > 0 && served < p.limit*(1-paceSteady) && !p.low {
		p.low = true
		p.rate = p.limit * (1 - paceSteady)
		return
	}
	p.low = false
	if math.Abs(served-p.limit) < paceSteady*p.limit {
		w := paceWeight.Seconds()
		served = (p.limit*w + served*elapsed.Seconds()) / (w + elapsed.Seconds())
	} else {
		p.quiet = paceYoung * time.Second
	}
	lost := served < p.rate/2
	p.limit = max(served, paceLeast)
	p.rate = max(p.limit*paceUnder, paceLeast)
	if lost { // too far off to be exact: search from there
		p.limit = 0
	}
}
