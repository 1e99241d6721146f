package report

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"reconcile/internal/report/breakdown"
)

// Look ends an interval of the report's timeline. The report knows itself how
// many objects it has, and how many bytes were copied. It returns when to look
// next; the first look begins the timeline.
func (r *Report) Look(m breakdown.Moment) (next time.Duration) {
	s := r.Summary()
	m.Objects, m.Bytes = s.Scanned, s.BytesCopied
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.clock == nil {
		r.clock = breakdown.NewClock(m)
	} else {
		r.clock.Look(m)
	}
	return r.clock.Interval()
}

// breakdown needs the lock.
func (r *Report) breakdown() *breakdown.Breakdown {
	b := r.parts().Breakdown()
	b.Granules, b.Timeline = granuleStates(r.granules), r.timeline()
	return b
}

// parts needs the lock.
func (r *Report) parts() *breakdown.Counter {
	all := r.counts.parts()
	if r.before != nil {
		r.before.AddTo(all)
	}
	return all
}

// timeline needs the lock.
func (r *Report) timeline() *breakdown.Timeline {
	if r.clock == nil {
		return r.course
	}
	return r.clock.Timeline()
}

// granuleStates counts granules by their status; nil where none were named. An
// error is left to whoever writes the granules themselves.
func granuleStates(each func(write func([]byte) error) error) map[string]int64 {
	if each == nil {
		return nil
	}
	from, to := io.Pipe()
	var writer sync.WaitGroup
	writer.Go(func() {
		to.CloseWithError(each(func(b []byte) error { _, err := to.Write(b); return err }))
	})
	defer writer.Wait()
	defer from.Close()
	states := map[string]int64{}
	dec := json.NewDecoder(from)
	_, err := dec.Token()
	for err == nil && dec.More() {
		var g struct{ Status string }
		if err = dec.Decode(&g); err == nil {
			states[g.Status]++
		}
	}
	return states
}
