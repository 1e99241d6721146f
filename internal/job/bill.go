package job

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"reconcile/internal/audit"
	"reconcile/internal/config"
	"reconcile/internal/copier"
	"reconcile/internal/pricing"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// The rates by which a plan says how long copies will take: what one bucket
// takes of small ones without throttling anybody, and how fast S3 copies large
// ones by parts. They are assumptions, and are printed as such.
const (
	copiesPerSecond = 500
	bytesPerSecond  = 2 << 30
)

// bill prices what one job sends and stores, in the region of its source.
type bill struct {
	requests
	table   *pricing.Table
	source  string   // bucket; empty: not known
	region  string   // empty: not known
	besides []string // what the job costs beside its requests and restores, in words
}

// readPrices reads the table of --prices, or the one in the program.
func readPrices(name string) (*pricing.Table, error) {
	if name == "" {
		return pricing.Default(), nil
	}
	f, err := os.Open(name)
	var t *pricing.Table
	if err == nil {
		defer f.Close()
		t, err = pricing.Read(f, name)
	}
	if err != nil {
		return nil, &config.Error{Err: fmt.Errorf("--prices: %w", err)}
	}
	return t, nil
}

// cost is what work costs, and says where prices are not those of whom they are
// paid to.
func (b *bill) cost(w pricing.Work, o pricing.Options) pricing.Cost {
	c := b.table.Cost(b.region, w, o)
	if !b.store.Amazon(b.source) {
		c.Notes = append(c.Notes, "the endpoint is not Amazon's, and the prices are")
	}
	return c
}

// total is the sum of what work costs, with restores by that tier; nil: no prices
// are known.
func (b *bill) total(w pricing.Work, tier string) *float64 {
	o := pricing.Options{}
	if tier != "" {
		o.Tiers = []string{tier}
	}
	return b.table.Cost(b.region, w, o).Tiers[tier].Total
}

// spent is what the command has cost until its report is written, nil where no
// prices are known. restores is what restores have cost, with their requests.
func (b *bill) spent(command string, restores float64) *report.Cost {
	cost := b.cost(pricing.Work{Requests: b.priced(b.sent())}, pricing.Options{Name: command, Now: time.Now()})
	total := cost.Tiers[command].Total
	if cost.Currency == nil || cost.Prices.Date == nil || total == nil {
		return nil
	}
	return &report.Cost{
		Currency: *cost.Currency, Requests: *total, Restores: restores, Total: *total + restores,
		Region: cost.Prices.Region, Date: *cost.Prices.Date, Notes: append(cost.Notes, b.besides...),
	}
}

// planned is what a plan's report says of what a run would do, and what that
// costs: the requests that the plan has sent itself are sent again by a run.
// The storage class of copies is that of the first target: where they have several,
// copies cost about the same in all of them.
func (b *bill) planned(p copier.Planned, targets []string) *report.Plan {
	plan := &report.Plan{Command: "run", Objects: p.Objects, Bytes: p.Bytes, Requests: p.Requests, ByBucket: together(b.sent(), p.ByBucket)}
	class := "STANDARD"
	if len(targets) > 0 {
		class = b.store.StorageClass(targets[0])
	}
	w := pricing.Work{Requests: b.priced(plan.ByBucket), Stored: []pricing.Objects{{Class: class, Count: p.Objects, Bytes: p.Bytes}}}
	plan.Cost = b.cost(w, pricing.Options{Name: "run", Now: time.Now()})
	plan.Copies, plan.Proofs = copies(p.Objects, p.Bytes), b.proofs(p.Heads)
	return plan
}

// copies is how long copies take.
func copies(objects, bytes int64) *report.Copies {
	return &report.Copies{
		Seconds:          int64(max(float64(objects)/copiesPerSecond, float64(bytes)/bytesPerSecond) + 0.999),
		ObjectsPerSecond: copiesPerSecond, BytesPerSecond: bytesPerSecond,
	}
}

// proofs prices the HEADs of each --proof, the cheapest first.
func (b *bill) proofs(h reconcile.Heads) (all []report.ProofHeads) {
	for _, one := range []report.ProofHeads{{Proof: "listing", Heads: h.Listing}, {Proof: "any", Heads: h.Any}, {Proof: "checksum", Heads: h.Checksum}} {
		one.Amount = b.total(pricing.Work{Requests: []pricing.Requests{{Operation: "HeadObject", Count: one.Heads}}}, "")
		all = append(all, one)
	}
	return all
}

// priced are requests as they are billed: what is written by its storage class,
// which is that of the bucket. Restore requests are billed with the retrieval.
func (b *bill) priced(all byBucket) (billed []pricing.Requests) {
	sums := map[pricing.Requests]int64{}
	for bucket, some := range all {
		if bucket == "" { // to other services
			continue
		}
		for op, n := range some {
			of := pricing.Requests{Operation: op}
			if !strings.HasPrefix(op, "Head") && !strings.HasPrefix(op, "Get") && !strings.HasPrefix(op, "List") {
				of.Class = b.store.StorageClass(bucket)
			}
			if op != "RestoreObject" {
				sums[of] += n
			}
		}
	}
	for of, n := range sums {
		of.Count = n
		billed = append(billed, of)
	}
	slices.SortFunc(billed, func(a, b pricing.Requests) int {
		return cmp.Or(strings.Compare(a.Operation, b.Operation), strings.Compare(a.Class, b.Class))
	})
	return billed
}

// audit is what an audit would send, by the --verify that was asked for, with
// the price of each.
func (b *bill) audit(count *audit.Plan, verify audit.Verify) *report.Plan {
	byBucket, heads := headsOf(count.Heads(verify, b.source))
	plan := &report.Plan{Command: "audit", Objects: count.Pairs, Bytes: count.Bytes, Requests: map[string]int64{"HeadObject": heads}, ByBucket: together(b.sent(), byBucket)}
	plan.Cost = b.cost(pricing.Work{Requests: b.priced(plan.ByBucket)}, pricing.Options{Name: "audit", Now: time.Now()})
	for _, v := range []audit.Verify{audit.VerifyListing, audit.VerifyHead, audit.VerifyChecksum} {
		plan.Verify = append(plan.Verify, b.verify(string(v), count.Heads(v, b.source), pricing.Work{}))
	}
	// The side of what is proved by its listing needs no checksum.
	jobs := pricing.Work{Jobs: count.Jobs(), Handed: 2 * count.Unproved, Checksum: count.UnprovedBytes}
	plan.Verify = append(plan.Verify, b.verify("compute_checksum", count.Heads(audit.VerifyListing, b.source), jobs))
	return plan
}

// verify prices one way to verify: the listings, its HEADs and its jobs.
func (b *bill) verify(name string, heads map[string]int64, w pricing.Work) report.VerifyCost {
	byBucket, n := headsOf(heads)
	w.Requests = b.priced(together(b.sent(), byBucket))
	return report.VerifyCost{Verify: name, Heads: n, Jobs: w.Jobs, JobObjects: w.Handed, JobBytes: w.Checksum, Amount: b.total(w, "")}
}

// headsOf are HEADs, so many for each bucket, and their sum.
func headsOf(heads map[string]int64) (all byBucket, sum int64) {
	all = byBucket{}
	for bucket, n := range heads {
		all[bucket] = map[string]int64{"HeadObject": n}
		sum += n
	}
	return all, sum
}
