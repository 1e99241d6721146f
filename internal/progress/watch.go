package progress

import (
	"time"

	"reconcile/internal/reconcile"
)

// State is what the meter does not count itself.
type State struct {
	Summary   reconcile.Summary // so far
	InFlight  int               // requests
	Throttled time.Time         // since when the service refuses requests; zero: it does not
}

// redraw is the time between two pictures of the live area.
const redraw = 200 * time.Millisecond

// window is the time over which rates are measured.
const window = 20 * time.Second

// Watch shows how far the run is until stop is called, and leaves nothing of
// the live area behind.
func (m *Meter) Watch(read func() State) (stop func()) {
	if m == nil || m.opts.Terminal == nil && m.opts.Every <= 0 {
		return func() {}
	}
	every := m.opts.Every
	if m.opts.Terminal != nil {
		every = redraw
	}
	done, ended := make(chan struct{}), make(chan struct{})
	w := &watch{meter: m, began: m.opts.Now(), window: max(window, m.opts.Every)}
	w.sample(State{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				w.tell(read())
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		if m.opts.Terminal != nil {
			m.opts.Terminal.show(nil)
		}
	}
}

// watch is one Watch.
type watch struct {
	meter   *Meter
	began   time.Time
	window  time.Duration
	samples []sample
}

func (w *watch) tell(s State) {
	p := w.sample(s)
	if t := w.meter.opts.Terminal; t != nil {
		t.show(p.lines())
		return
	}
	w.meter.opts.Log.Info("progress", p.attrs()...)
}

// sample is what had been done at a time. The numbers only grow.
type sample struct {
	at                  time.Time
	scanned             int64
	copied, copiedBytes int64
	ended, endedBytes   int64
	compared            int64
}

// sample takes one, and reckons the rates since the oldest of the window.
func (w *watch) sample(s State) picture {
	m := w.meter
	now := sample{
		at: m.opts.Now(), scanned: m.found.Load() + m.ended.Load(), copied: s.Summary.Counts[reconcile.Copied], copiedBytes: s.Summary.BytesCopied,
		ended: m.ended.Load(), endedBytes: m.endedBytes.Load(), compared: m.compared.Load(),
	}
	w.samples = append(w.samples, now)
	for len(w.samples) > 2 && now.at.Sub(w.samples[1].at) >= w.window {
		w.samples = w.samples[1:]
	}
	p := picture{State: s, command: m.opts.Command, now: now, elapsed: now.at.Sub(w.began), listed: m.listed.Load(), expected: m.opts.Expected, expectedBy: m.opts.ExpectedBy}
	m.mu.Lock()
	p.comparedBytes, p.soonest, p.awaited = m.comparedSize.Load(), m.soonest(), m.awaited
	m.mu.Unlock()
	p.waiting, p.waitingBytes = max(m.began.Load()-now.ended, 0), max(m.beganBytes.Load()-now.endedBytes, 0)
	p.rates(w.samples[0])
	return p
}

// picture is how far the run is.
type picture struct {
	State
	command    string
	now        sample
	elapsed    time.Duration
	listed     bool  // to the end
	expected   int64 // objects; 0: nobody knows
	expectedBy string

	comparedBytes         int64
	waiting, waitingBytes int64 // begun, and not ended
	soonest               time.Time
	awaited               Awaited

	copies, bytes, compares float64 // in a second
	left                    time.Duration
	known                   bool // left is
}

// rates reckons what was done in a second since an earlier sample, and how long
// the rest takes at that rate.
func (p *picture) rates(since sample) {
	seconds := p.now.at.Sub(since.at).Seconds()
	if seconds <= 0 {
		return
	}
	per := func(now, then int64) float64 { return float64(now-then) / seconds }
	p.copies, p.bytes = per(p.now.copied, since.copied), per(p.now.copiedBytes, since.copiedBytes)
	p.compares = per(p.now.compared, since.compared)
	unlisted := max(p.expected-p.now.scanned-p.waiting, 0)
	if p.listed {
		unlisted = 0
	}
	p.take(p.waiting, per(p.now.ended, since.ended))
	p.take(p.waitingBytes, per(p.now.endedBytes, since.endedBytes))
	p.take(unlisted, per(p.now.scanned, since.scanned))
}

// take makes the time left as long as so much takes at a rate.
func (p *picture) take(amount int64, rate float64) {
	if amount <= 0 || rate <= 0 {
		return
	}
	const longest = 10000 * time.Hour
	d := time.Duration(min(float64(amount)/rate, longest.Seconds()) * float64(time.Second))
	p.left, p.known = max(p.left, d), true
}

// atLeast reports whether more may be found than is known of.
func (p *picture) atLeast() bool { return !p.listed && p.expected <= p.objects() }

// objects are those that are known of.
func (p *picture) objects() int64 { return p.now.scanned + p.waiting }
