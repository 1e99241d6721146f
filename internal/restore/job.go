package restore

import "reconcile/internal/reconcile"

// JobState is how a job of S3 Batch Operations stands that asks for restores.
type JobState struct {
	ID, Status string
	Done       int64 // objects that were asked for
	Failed     int64 // objects that could not be
	Over       bool
	Failure    error // why the job as a whole has failed; nil: it has not
}

// Refusal is why a job could not ask for an object.
type Refusal struct {
	Kind reconcile.Kind
	Why  string
}
