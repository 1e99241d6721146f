package pipeline

import (
	"time"

	"reconcile/internal/progress"
	"reconcile/internal/report/breakdown"
)

// watch has it shown, and noted for the report, how far the run is until stop
// is called.
func (j *Job) watch() (stop func()) {
	noted := j.note()
	shown := j.Meter.Watch(func() progress.State {
		return progress.State{Summary: j.Report.Summary(), InFlight: j.busy(), Throttled: j.throttled()}
	})
	return func() {
		shown()
		noted()
	}
}

// note looks at the run again and again, for the report's timeline, until stop
// is called.
func (j *Job) note() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	next := j.Report.Look(j.moment())
	go func() {
		defer close(ended)
		for {
			timer := time.NewTimer(next)
			select {
			case <-timer.C:
				next = j.Report.Look(j.moment())
			case <-done:
				timer.Stop()
				j.Report.Look(j.moment())
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
func (j *Job) moment() breakdown.Moment {
	m := breakdown.Moment{At: j.Copy.Now(), InFlight: int64(j.busy())}
	for _, n := range j.Store.Requests() {
		m.Requests += n
	}
	if j.Copy.Retry != nil {
		m.Refused = j.Copy.Retry.Refused()
	}
	return m
}

func (j *Job) throttled() time.Time {
	if j.Copy.Retry == nil {
		return time.Time{}
	}
	return j.Copy.Retry.Throttled()
}

// busy is how many requests are in flight.
func (j *Job) busy() int {
	if inFlight := j.inFlight.Load(); inFlight != nil {
		return (*inFlight)()
	}
	return 0
}

// works says whose requests are in flight from now on.
func (j *Job) works(inFlight func() int) { j.inFlight.Store(&inFlight) }
