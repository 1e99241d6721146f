package job

import (
	"context"
	"io"
	"log/slog"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/metrics"
	"reconcile/internal/notify"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// announcer tells monitors and people of a job. That they cannot be told is a
// warning, and changes nothing of the job.
type announcer struct {
	notices  notify.Notifier
	reports  []report.Destination
	source   string    // bucket
	billed   bool      // by the prices that a cost is reckoned by
	file     string    // for metrics; empty: none
	embedded io.Writer // for metrics, where a Lambda function's log is read; nil: none
	log      *slog.Logger
}

func (r *Running) announcer() *announcer {
	a := &announcer{notices: r.Notify, reports: r.Reports, source: r.Scan.Bucket, billed: r.Store.Amazon(r.Scan.Bucket), file: r.MetricsFile, log: r.Log}
	a.notices.Publisher = r.Store
	if r.EmbeddedMetrics {
		a.embedded = r.Stderr
	}
	return a
}

// begun says that the job has begun.
func (a *announcer) begun(ctx context.Context, about *report.Run) {
	a.tell(ctx, &notify.Notice{Run: about.ID, Command: about.Command, JobID: about.JobID})
}

// ended says what the job came to.
func (a *announcer) ended(ctx context.Context, about *report.Run, code int, s reconcile.Summary) {
	incomplete := ""
	if !about.Complete {
		incomplete = about.Error
	}
	a.tell(ctx, &notify.Notice{
		Run: about.ID, Command: about.Command, JobID: about.JobID, ExitCode: &code, Complete: about.Complete,
		Headline: s.Headline(about.Command, incomplete), Summary: report.SummaryJSON(s, about.Command, incomplete),
	})
	if a.file == "" && a.embedded == nil {
		return
	}
	m := metrics.Run{
		Command: about.Command, Source: a.source, Ended: time.Now(), Duration: time.Since(about.StartedAt),
		Complete: about.Complete, Success: code == exit.OK, Summary: s,
	}
	if c := about.Cost; c != nil && c.Currency == "USD" && a.billed { // others do not bill by these prices
		m.CostUSD = &c.Total
	}
	if !s.OldestVerified.IsZero() && s.NeverVerified == 0 { // else some are as old as they are
		m.OldestProof = oldestProof(s.OldestVerified, about.Inventories)
	}
	if a.file != "" {
		if err := metrics.WriteFile(a.file, m); err != nil {
			a.log.Warn("the metrics were not written", "file", a.file, "err", err)
		}
	}
	if a.embedded != nil {
		a.embed(m)
	}
}

// oldestProof is as of when the oldest of what was compared was seen: an
// inventory is older than the comparison.
func oldestProof(compared time.Time, inventories []report.Inventory) time.Time {
	for _, i := range inventories {
		if i.CreatedAt.Before(compared) {
			compared = i.CreatedAt
		}
	}
	return compared
}

// embed writes a line of metrics. It is no record of the log: CloudWatch wants it
// alone on its line.
func (a *announcer) embed(m metrics.Run) {
	line, err := metrics.Embedded(m)
	if err == nil {
		_, err = a.embedded.Write(append(line, '\n'))
	}
	if err != nil {
		a.log.Warn("the metrics were not written", "err", err)
	}
}

func (a *announcer) tell(ctx context.Context, n *notify.Notice) {
	n.Reports = make([]string, 0, len(a.reports))
	for _, d := range a.reports {
		n.Reports = append(n.Reports, d.String())
	}
	for _, err := range a.notices.Tell(ctx, n) {
		a.log.Warn("a notice was not delivered", "err", err)
	}
}
