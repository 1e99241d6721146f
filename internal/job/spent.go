package job

import (
	"time"

	"reconcile/internal/pricing"
	"reconcile/internal/report"
	"reconcile/internal/restore"
)

// spent is what the job has cost until its report is written, nil where no
// prices are known. Restores are reckoned with their requests.
func (r *Running) spent(asked *restore.Spent) *report.Cost {
	cost := r.foreign(r.table.Cost(r.region, pricing.Work{Requests: r.priced(r.sent())}, pricing.Options{Name: r.Command, Now: time.Now()}))
	total := cost.Tiers[r.Command].Total
	if cost.Currency == nil || cost.Prices.Date == nil || total == nil {
		return nil
	}
	c := &report.Cost{Currency: *cost.Currency, Requests: *total, Region: cost.Prices.Region, Date: *cost.Prices.Date, Notes: append(cost.Notes, r.besides...)}
	if asked != nil {
		c.Restores = asked.Cost
	}
	c.Total = c.Requests + c.Restores
	return c
}
