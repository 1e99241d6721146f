package copier

import "time"

const (
	gateStart = 16 // requests in flight to begin with
	// DefaultFloor and DefaultCeiling bound how many requests an adaptive
	// copier has in flight.
	DefaultFloor   = 1
	DefaultCeiling = 256

	growFast = 2.0  // the factor while nothing is known …
	growSlow = 1.25 // … and once a doubling has not paid
	// The least share of the added places that has to show as added
	// throughput: with twice as many in flight, a quarter more; with a quarter
	// more, an eighth, since less than that is noise.
	paysFast = 0.25
	paysSlow = 0.5
	// growRest is how long a limit is kept after more did not pay.
	growRest = 2 * time.Second
)

// growth finds how many requests to have in flight. It goes up a step, sees
// what throughput the requests begun at that step get (by Little's law, the
// number in flight over the time that one takes), and goes back when more in
// flight only made each of them slower.
type growth struct {
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

func newGrowth(floor, ceiling int) growth {
	if floor <= 0 {
		floor = DefaultFloor
	}
	if ceiling <= 0 {
		ceiling = DefaultCeiling
	}
	ceiling = max(ceiling, floor)
	return growth{limit: min(max(gateStart, floor), ceiling), floor: floor, ceiling: ceiling, factor: growFast}
}

// served notes a request that succeeded while all places were taken. One
// begun before the last step says nothing of it.
func (g *growth) served(p place, now time.Time) {
	if p.step != g.step {
		return
	}
	if g.skip > 0 {
		g.skip--
		return
	}
	g.count++
	g.took += now.Sub(p.began)
	if g.count < g.window() || g.took <= 0 {
		return
	}
	throughput := float64(g.limit) * float64(g.count) / g.took.Seconds()
	g.count, g.took = 0, 0
	g.judge(throughput, now)
}

// window is how many requests are measured before a step is judged.
func (g *growth) window() int {
	if g.factor == growSlow {
		return 2 * g.limit
	}
	return g.limit
}

// judge decides on the next step by the throughput at this one.
func (g *growth) judge(throughput float64, now time.Time) {
	switch {
	case g.before == 0 && now.Before(g.until):
		return
	case g.before == 0 || throughput >= g.best*g.enough():
		g.best, g.before = throughput, g.limit
		g.move(min(int(float64(g.limit)*g.factor)+1, g.ceiling))
	case g.factor == growFast:
		g.factor = growSlow
		g.back()
	default:
		g.rest(now)
	}
}

// enough is by what factor the throughput has to have risen for the last raise
// to have paid.
func (g *growth) enough() float64 {
	pays := paysFast
	if g.factor == growSlow {
		pays = paysSlow
	}
	return 1 + pays*(float64(g.limit)/float64(g.before)-1)
}

// rest goes back to the limit before the raise that is on trial, if any, and
// tries no other for a while.
func (g *growth) rest(now time.Time) {
	g.until, g.factor = now.Add(growRest), growSlow
	g.back()
}

func (g *growth) back() {
	if g.before > 0 {
		g.move(g.before)
	}
	g.before = 0
}

// move sets another limit, within the bounds.
func (g *growth) move(limit int) {
	if limit == g.limit {
		g.before = 0 // at the ceiling: there is nothing to try
		return
	}
	g.limit = limit
	g.step++
	g.count, g.took = 0, 0
	if g.factor == growSlow {
		g.skip = limit // the first ones still find the queues as they were: that matters for small steps
	}
}
