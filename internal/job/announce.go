package job

import (
	"context"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/metrics"
	"reconcile/internal/notify"
	"reconcile/internal/pipeline"
	"reconcile/internal/report"
)

// ExitCode is the code of a command that did such a job.
func (r Result) ExitCode() int {
	switch r.State {
	case Complete:
		return exit.OK
	case Unsettled, Late:
		return exit.Unsettled
	case Interrupted:
		return r.Signal.Code()
	case Locked:
		return exit.Locked
	case Invalid:
		return exit.Usage
	}
	return exit.Incomplete
}

// announceStart tells those who want to know that the job has begun.
func (r *Running) announceStart(ctx context.Context) {
	r.tellAll(ctx, &notify.Notice{Run: r.ID, Command: r.Command, JobID: r.About.JobID, Reports: r.reportPaths()})
}

// announceEnd tells monitors and people what the job came to. That it cannot be
// told is a warning, and changes nothing of the job.
func (r *Running) announceEnd(got Result, result pipeline.Result) {
	code := got.ExitCode()
	incomplete := ""
	if !r.About.Complete {
		incomplete = r.About.Error
	}
	r.tellAll(r.end.last, &notify.Notice{
		Run: r.ID, Command: r.Command, JobID: r.About.JobID, ExitCode: &code, Complete: r.About.Complete,
		Headline: got.Summary.Headline(r.Command, incomplete), Summary: report.SummaryJSON(got.Summary, r.Command, incomplete), Reports: r.reportPaths(),
	})
	if r.MetricsFile == "" && !r.EmbeddedMetrics {
		return
	}
	m := metrics.Run{
		Command: r.Command, Source: r.Scan.Bucket, Ended: time.Now(), Duration: time.Since(result.StartedAt),
		Complete: r.About.Complete, Success: code == exit.OK, Summary: got.Summary,
	}
	if c := r.About.Cost; c != nil && c.Currency == "USD" && r.Store.Amazon(r.Scan.Bucket) { // others do not bill by these prices
		m.CostUSD = &c.Total
	}
	if oldest := got.Summary.OldestVerified; !oldest.IsZero() && got.Summary.NeverVerified == 0 { // else some are as old as they are
		m.OldestProof = r.oldestProof(oldest)
	}
	if r.MetricsFile != "" {
		if err := metrics.WriteFile(r.MetricsFile, m); err != nil {
			r.Log.Warn("the metrics were not written", "file", r.MetricsFile, "err", err)
		}
	}
	if r.EmbeddedMetrics {
		r.printEmbedded(m)
	}
}

// oldestProof is as of when the oldest of what was compared was seen: an
// inventory is older than the comparison.
func (r *Running) oldestProof(compared time.Time) time.Time {
	for _, i := range r.About.Inventories {
		if i.CreatedAt.Before(compared) {
			compared = i.CreatedAt
		}
	}
	return compared
}

// printEmbedded writes a line of metrics to where a Lambda function's log is
// read. It is no record of the log: CloudWatch wants it alone on its line.
func (r *Running) printEmbedded(m metrics.Run) {
	line, err := metrics.Embedded(m)
	if err == nil {
		_, err = r.Stderr.Write(append(line, '\n'))
	}
	if err != nil {
		r.Log.Warn("the metrics were not written", "err", err)
	}
}

func (r *Running) tellAll(ctx context.Context, n *notify.Notice) {
	to := r.Notify
	to.Publisher = r.Store
	for _, err := range to.Tell(ctx, n) {
		r.Log.Warn("a notice was not delivered", "err", err)
	}
}

func (r *Running) reportPaths() []string {
	all := []string{}
	for _, d := range r.Reports {
		all = append(all, d.String())
	}
	return all
}
