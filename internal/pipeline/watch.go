package pipeline

import (
	"sync/atomic"
	"time"

	"reconcile/internal/progress"
	"reconcile/internal/report"
	"reconcile/internal/report/breakdown"
	"reconcile/internal/retry"
)

// watcher looks at a run from time to time.
type watcher struct {
	report   *report.Report
	meter    *progress.Meter
	requests func() map[string]int64 // sent so far, by S3 operation
	retry    *retry.Retrier
	now      func() time.Time
	inFlight atomic.Pointer[func() int] // requests of what works at present; nil: nothing does
}

// watch has it shown, and noted for the report, how far the run is until stop
// is called.
func (w *watcher) watch() (stop func()) {
	noted := w.note()
	shown := w.meter.Watch(func() progress.State {
		return progress.State{Summary: w.report.Summary(), InFlight: w.busy(), Throttled: w.retry.Throttled()}
	})
	return func() {
		shown()
		noted()
	}
}

// note looks at the run again and again, for the report's timeline, until stop
// is called.
func (w *watcher) note() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	next := w.report.Look(w.moment())
	go func() {
		defer close(ended)
		for {
			timer := time.NewTimer(next)
			select {
			case <-timer.C:
				next = w.report.Look(w.moment())
			case <-done:
				timer.Stop()
				w.report.Look(w.moment())
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// moment is what the run does now.
func (w *watcher) moment() breakdown.Moment {
	m := breakdown.Moment{At: w.now(), InFlight: int64(w.busy()), Refused: w.retry.Refused()}
	for _, n := range w.requests() {
		m.Requests += n
	}
	return m
}

// busy is how many requests are in flight.
func (w *watcher) busy() int {
	if inFlight := w.inFlight.Load(); inFlight != nil {
		return (*inFlight)()
	}
	return 0
}

// works says whose requests are in flight from now on.
func (w *watcher) works(inFlight func() int) { w.inFlight.Store(&inFlight) }
