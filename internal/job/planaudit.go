package job

import (
	"context"
	"fmt"
	"io"
	"time"

	"reconcile/internal/audit"
	"reconcile/internal/display"
	"reconcile/internal/pipeline"
	"reconcile/internal/pricing"
	"reconcile/internal/report"
)

// planAudit is the job of plan --command audit: both sides are listed, and what
// an audit would ask beyond that is counted.
func (j *Job) planAudit(ctx context.Context) Result {
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		p, err := r.Pipeline(ctx)
		if err != nil {
			return pipeline.Result{StartedAt: r.About.StartedAt}, err
		}
		count := audit.NewPlan()
		r.prepareAudit(p)
		p.Audit.Verify, p.Audit.Plan = audit.VerifyListing, count
		result, err := p.RunAudit(ctx)
		r.Plan = r.auditPlan(count)
		return result, err
	})
}

// auditPlan is what an audit would send, by the --verify that was asked for, with
// the price of each.
func (r *Running) auditPlan(count *audit.Plan) *report.Plan {
	byBucket := map[string]map[string]int64{}
	heads := int64(0)
	for bucket, n := range count.Heads(r.Settings.Audit.Verify, r.Scan.Bucket) {
		byBucket[bucket] = map[string]int64{"HeadObject": n}
		heads += n
	}
	plan := &report.Plan{Command: "audit", Objects: count.Pairs, Bytes: count.Bytes, Requests: map[string]int64{"HeadObject": heads}, ByBucket: together(r.sent(), byBucket)}
	plan.Cost = r.foreign(r.table.Cost(r.region, pricing.Work{Requests: r.priced(plan.ByBucket)}, pricing.Options{Name: "audit", Now: time.Now()}))
	for _, v := range []audit.Verify{audit.VerifyListing, audit.VerifyHead, audit.VerifyChecksum} {
		plan.Verify = append(plan.Verify, r.verifyCost(string(v), count.Heads(v, r.Scan.Bucket), pricing.Work{}))
	}
	// The side of what is proved by its listing needs no checksum.
	jobs := pricing.Work{Jobs: count.Jobs(), Handed: 2 * count.Unproved, Checksum: count.UnprovedBytes}
	plan.Verify = append(plan.Verify, r.verifyCost("compute_checksum", count.Heads(audit.VerifyListing, r.Scan.Bucket), jobs))
	return plan
}

// verifyCost prices one way to verify: the listings, its HEADs and its jobs.
func (r *Running) verifyCost(name string, heads map[string]int64, w pricing.Work) report.VerifyCost {
	one := report.VerifyCost{Verify: name, Jobs: w.Jobs, JobObjects: w.Handed, JobBytes: w.Checksum}
	byBucket := map[string]map[string]int64{}
	for bucket, n := range heads {
		byBucket[bucket] = map[string]int64{"HeadObject": n}
		one.Heads += n
	}
	w.Requests = r.priced(together(r.sent(), byBucket))
	one.Amount = r.table.Cost(r.region, w, pricing.Options{Name: "audit", Now: time.Now()}).Tiers["audit"].Total
	return one
}

// printVerify says what each way to verify takes.
func printVerify(w io.Writer, all []report.VerifyCost, currency *string) {
	for i, v := range all {
		label := "verify"
		if i > 0 {
			label = ""
		}
		line := fmt.Sprintf("  %-10s %s: %d HEADs", label, v.Verify, v.Heads)
		if v.Jobs > 0 {
			line += fmt.Sprintf(", at most %d jobs with %d objects and %s", v.Jobs, v.JobObjects, display.Size(v.JobBytes))
		}
		if v.Amount != nil && currency != nil {
			line += ", " + pricing.Money(v.Amount, *currency) + " with the listings"
		}
		fmt.Fprintln(w, line)
	}
}
