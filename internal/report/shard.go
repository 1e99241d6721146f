package report

import (
	"math/rand/v2"
	"sync"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report/breakdown"
)

// counters count outcomes. Most outcomes of a run are nothing but counted, by
// all its workers at a time: so that they do not wait for one another, each
// takes any one of several shards.
type counters [8]shard

type shard struct {
	mu     sync.Mutex
	tally  reconcile.Tally
	parts  *breakdown.Counter
	sealed bool
	err    error    // what add returns for an outcome that was counted
	_      [64]byte // the next shard is another processor's: not on one cache line
}

// add counts one outcome. sized: its size is known.
func (c *counters) add(o *reconcile.Outcome, sized bool, now func() time.Time) error {
	s := &c[rand.Uint32()%uint32(len(c))]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sealed {
		return errSealed
	}
	s.tally.Add(o, now)
	if s.parts == nil {
		s.parts = breakdown.New()
	}
	s.parts.Add(o, sized)
	return s.err
}

// fail makes add return err from now on.
func (c *counters) fail(err error) {
	c.each(func(s *shard) { s.err = err })
}

// seal lets nothing be added any more.
func (c *counters) seal() {
	c.each(func(s *shard) { s.sealed = true })
}

func (c *counters) sum() (all reconcile.Summary) {
	c.each(func(s *shard) { s.tally.AddTo(&all) })
	return all
}

// parts is the sum of what the shards have counted by parts.
func (c *counters) parts() *breakdown.Counter {
	all := breakdown.New()
	c.each(func(s *shard) {
		if s.parts != nil {
			s.parts.AddTo(all)
		}
	})
	return all
}

func (c *counters) each(do func(*shard)) {
	for i := range c {
		s := &c[i]
		s.mu.Lock()
		do(s)
		s.mu.Unlock()
	}
}
