package restore

import (
	"errors"

	"reconcile/internal/reconcile"
)

// JobState is how a job of S3 Batch Operations stands that asks for restores.
type JobState struct {
	ID, Status string
	Done       int64 // objects that were asked for
	Failed     int64 // objects that could not be
	Over       bool
	Failure    error // why the job as a whole has failed; nil: it has not
}

// Plus is how two jobs stand together.
func (s JobState) Plus(o JobState) JobState {
	if s.ID == "" {
		return o
	}
	s.ID, s.Status = s.ID+" "+o.ID, s.Status+" "+o.Status
	s.Done, s.Failed, s.Over, s.Failure = s.Done+o.Done, s.Failed+o.Failed, s.Over && o.Over, errors.Join(s.Failure, o.Failure)
	return s
}

// Refusal is why a job could not ask for an object. The zero value: it could.
type Refusal struct {
	Kind reconcile.Kind
	Why  string
}
