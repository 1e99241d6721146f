package job

import (
	"time"

	"reconcile/internal/pricing"
	"reconcile/internal/report"
)

// spent is what the job has cost until its report is written, nil where no
// prices are known. restores is what restores have cost, with their requests.
func (r *Running) spent(restores float64) *report.Cost {
	cost := r.foreign(r.table.Cost(r.region, pricing.Work{Requests: r.priced(r.sent())}, pricing.Options{Name: r.Command, Now: time.Now()}))
	total := cost.Tiers[r.Command].Total
	if cost.Currency == nil || cost.Prices.Date == nil || total == nil {
		return nil
	}
	return &report.Cost{
		Currency: *cost.Currency, Requests: *total, Restores: restores, Total: *total + restores,
		Region: cost.Prices.Region, Date: *cost.Prices.Date, Notes: append(cost.Notes, r.besides...),
	}
}
