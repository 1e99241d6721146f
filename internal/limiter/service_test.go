package limiter

import (
	"flag"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/retry"
)

var long = flag.Int("long", 1, "how many times as long the longest loads last")

// service is an S3 in fake time: a token bucket, a latency, and so many
// requests at work at a time. Whoever comes beyond that waits.
type service struct {
	mu      sync.Mutex
	rate    float64 // requests a second; 0: any
	burst   float64
	tokens  float64
	filled  time.Time
	latency time.Duration
	chance  float64 // of a refusal for no reason
	dead    bool    // refuses all
	slots   chan struct{}

	every, long time.Duration // the client's machine stands still

	random                    *rand.Rand
	served, refused           int
	inFlight, highest, window int
}

func newService() *service {
	return &service{latency: 60 * time.Millisecond, filled: time.Now(), random: rand.New(rand.NewPCG(1, 2))}
}

// limit sets the rate from now on.
func (s *service) limit(rate, burst float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rate, s.burst, s.tokens, s.filled = rate, burst, min(s.tokens, burst), time.Now()
}

func (s *service) die(dead bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = dead
}

func (s *service) refuseAtRandom(chance float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chance = chance
}

func (s *service) allows() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.tokens = min(s.burst, s.tokens+now.Sub(s.filled).Seconds()*s.rate)
	s.filled = now
	if s.dead || s.rate > 0 && s.tokens < 1 || s.random.Float64() < s.chance {
		s.refused++
		return false
	}
	s.tokens--
	s.served++
	s.window++
	return true
}

// request takes 2 ms on the way, for a refusal too.
func (s *service) request() error {
	s.count(1)
	defer s.count(-1)
	s.stall()
	time.Sleep(2 * time.Millisecond)
	if !s.allows() {
		return slowDown
	}
	if s.slots != nil {
		s.slots <- struct{}{}
		defer func() { <-s.slots }()
	}
	time.Sleep(s.latency)
	s.stall()
	return nil
}

func (s *service) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight += n
	s.highest = max(s.highest, s.inFlight)
}

// took returns how many were served since the last call.
func (s *service) took() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.window
	s.window = 0
	return n
}

func (s *service) refusals() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// load sends requests through a limiter until stop, or n of them.
type load struct {
	*Limiter
	*service
	wg   sync.WaitGroup
	mu   sync.Mutex
	left int
}

func startLoad(t *testing.T, g *Limiter, s *service, n int) *load {
	l := &load{Limiter: g, service: s, left: n}
	again := retry.New(retry.Options{Attempts: 1, Patience: time.Hour})
	for range g.Max() {
		l.wg.Go(func() {
			for l.more() {
				_, err := again.Do(t.Context(), "b", func() error {
					p, err := g.Acquire(t.Context())
					if err != nil {
						return err
					}
					err = s.request()
					g.Release(p, err)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	return l
}

func (l *load) more() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left--
	return l.left >= 0
}

// stop lets what is under way end.
func (l *load) stop() {
	l.mu.Lock()
	l.left = 0
	l.mu.Unlock()
	l.wg.Wait()
}

// stall makes the machine stand still now and then, for a while: what was to
// be sent in that time is sent at its end.
func (s *service) stall() {
	if s.long == 0 {
		return
	}
	if into := time.Duration(time.Now().UnixNano()) % s.every; into < s.long {
		time.Sleep(s.long - into)
	}
}

// At 300 a second 6,000 requests take at least 19.8 s. The limiter needs hardly
// more, and few are refused, also when the machine stalls now and then.
func TestHoldsARate(t *testing.T) {
	for name, test := range map[string]struct {
		every, long time.Duration
		most        time.Duration
		refused     int
	}{
		"even":   {0, 0, 20500 * time.Millisecond, 300},
		"stalls": {700 * time.Millisecond, 100 * time.Millisecond, 20500 * time.Millisecond, 300},
		"hangs":  {3 * time.Second, 250 * time.Millisecond, 22 * time.Second, 450},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService()
				s.limit(300, 50)
				s.tokens = 50
				began := time.Now()
				s.every, s.long = test.every, test.long
				startLoad(t, New(0, 0, 0), s, 6000).wg.Wait()
				took := time.Since(began)
				t.Logf("%v, %d refused, %d in flight at most", took, s.refused, s.highest)
				if took > test.most || s.refused > test.refused {
					t.Errorf("%v, %d refused; want at most %v, %d", took, s.refused, test.most, test.refused)
				}
			})
		})
	}
}

// phases runs a load without end, changes the service after 10 s, and returns
// how many were served in each second after that.
func phases(t *testing.T, s *service, change func(), seconds int) (g *Limiter, served []int, refused int) {
	g = New(0, 0, 0)
	l := startLoad(t, g, s, 1<<30)
	time.Sleep(10 * time.Second)
	change()
	s.took()
	before := s.refusals()
	for range seconds {
		time.Sleep(time.Second)
		served = append(served, s.took())
	}
	refused = s.refusals() - before
	s.limit(0, 0)
	l.stop()
	return g, served, refused
}

func total(all []int) (n int) {
	for _, x := range all {
		n += x
	}
	return n
}

// A limit that rises is found again.
func TestFollowsARise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		s.limit(300, 50)
		_, served, refused := phases(t, s, func() { s.limit(1500, 50) }, 30)
		t.Log(served, refused)
		if n := total(served[20:]); n < 13_500 {
			t.Errorf("%d served in the last 10 s, 1500 a second are allowed", n)
		}
	})
}

// A limit that falls is followed at once.
func TestFollowsAFall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		s.limit(1500, 50)
		_, served, refused := phases(t, s, func() { s.limit(60, 50) }, 20)
		t.Log(served, refused)
		if n := total(served[1:]); n < 1000 || refused > 1000 {
			t.Errorf("%d served in 19 s where 60 a second are allowed, %d refused", n, refused)
		}
	})
}

// A few refusals for no reason do not slow it down.
func TestToleratesChance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		seconds := 8 * *long
		_, served, refused := phases(t, s, func() { s.refuseAtRandom(0.01) }, seconds)
		t.Log(served, refused)
		if n := total(served); n < seconds*3000 {
			t.Errorf("%d served in %d s", n, seconds)
		}
	})
}

// A service that refused everything for a while is hardly asked meanwhile, and
// used again soon after.
func TestAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		s.limit(300, 50)
		_, served, refused := phases(t, s, func() {
			s.die(true)
			time.Sleep(time.Minute)
			s.die(false)
		}, 20)
		t.Log(served, refused)
		if n := total(served[10:]); n < 2700 || refused > 1000 {
			t.Errorf("%d served in the last 10 s, %d refused", n, refused)
		}
	})
}

// Where nothing is refused it grows as long as that pays: to the ceiling, or
// to about what the service can have at work at a time.
func TestStopsGrowing(t *testing.T) {
	for _, slots := range []int{24, 100, 1000} {
		synctest.Test(t, func(t *testing.T) {
			s := newService()
			s.slots = make(chan struct{}, slots)
			g, served, _ := phases(t, s, func() {}, 2**long)
			t.Log(slots, g.window.limit, served)
			atLeast := min(slots, DefaultCeiling) * 9 / 10
			if g.window.limit < atLeast || g.window.limit > slots*2+8 {
				t.Errorf("%d in flight for a service that works on %d", g.window.limit, slots)
			}
		})
	}
}
