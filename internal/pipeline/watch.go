package pipeline

import "reconcile/internal/progress"

// watch has it shown how far the run is until stop is called.
func (j *Job) watch() (stop func()) {
	return j.Meter.Watch(func() progress.State {
		s := progress.State{Summary: j.Report.Summary()}
		if inFlight := j.inFlight.Load(); inFlight != nil {
			s.InFlight = (*inFlight)()
		}
		if j.Copy.Retry != nil {
			s.Throttled = j.Copy.Retry.Throttled()
		}
		return s
	})
}

// works says whose requests are in flight from now on.
func (j *Job) works(inFlight func() int) { j.inFlight.Store(&inFlight) }
