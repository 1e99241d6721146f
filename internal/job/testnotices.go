package job

import (
	"context"
	"fmt"

	"reconcile/internal/display"
	"reconcile/internal/notify"
)

// TestNotices is the job of notify-test: it sends a notice to everybody who is
// told of jobs, and says of each on stdout whether it was taken.
func (j *Job) TestNotices(ctx context.Context) Result {
	to := j.Notify
	to.Publisher = j.Store
	notice := &notify.Notice{Run: j.ID, Command: notify.Test, Complete: true, Reports: []string{},
		Headline: "This is a test: notices of reconcile " + j.Version + " arrive here."}
	failed := 0
	for i, err := range to.Try(ctx, notice) {
		line := "taken    " + to.Targets[i].String()
		if err != nil {
			failed++
			line = "FAILED   " + err.Error()
		}
		if _, err := fmt.Fprintln(j.Stdout, display.Line(line)); err != nil {
			return reported(ctx, fmt.Errorf("standard output: %w", err))
		}
	}
	if failed > 0 {
		return reported(ctx, fmt.Errorf("%d of %d notices were not taken", failed, len(to.Targets)))
	}
	return reported(ctx, nil)
}
