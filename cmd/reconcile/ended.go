package main

import (
	"errors"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

// ended is the exit code of what a job came to. What the summary has said of
// objects is not said again, unless the job was quiet.
func ended(r job.Result, quiet bool) error {
	switch r.State {
	case job.Complete:
		return nil
	case job.Unsettled:
		if !quiet {
			r.Err = nil
		}
	}
	return exit.With(r.ExitCode(), r.Err, r.Hint)
}

// usage is the exit code of a mistake in the settings; nil for none.
func usage(err error) error {
	var mistake *config.Error
	if errors.As(err, &mistake) {
		return exit.Wrong(mistake.Err, mistake.Hint)
	}
	return err
}
