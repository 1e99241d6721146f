package job

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/copier"
	"reconcile/internal/display"
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

// prices is the table of --prices, or the one in the program.
func (j *Job) prices() (*pricing.Table, error) {
	if j.Prices == "" {
		return pricing.Default(), nil
	}
	f, err := os.Open(j.Prices)
	if err != nil {
		return nil, &config.Error{Err: fmt.Errorf("--prices: %w", err)}
	}
	defer f.Close()
	t, err := pricing.Read(f, j.Prices)
	if err != nil {
		return nil, &config.Error{Err: fmt.Errorf("--prices: %w", err)}
	}
	return t, nil
}

// planned is what a plan's report says of what a run would do, and what that
// costs: the requests that the plan has sent itself are sent again by a run.
func (r *Running) planned(p copier.Planned) *report.Plan {
	plan := &report.Plan{Command: "run", Objects: p.Objects, Bytes: p.Bytes, Requests: p.Requests, ByBucket: together(r.sent(), p.ByBucket)}
	class := r.storageClass()
	w := pricing.Work{Requests: r.priced(plan.ByBucket), Stored: []pricing.Objects{{Class: class, Count: p.Objects, Bytes: p.Bytes}}}
	plan.Cost = r.foreign(r.table.Cost(r.region, w, pricing.Options{Name: "run", Now: time.Now()}))
	plan.Copies, plan.Proofs = copies(p.Objects, p.Bytes), r.proofs(p.Heads)
	return plan
}

// foreign says where prices are not those of whom they are paid to.
func (r *Running) foreign(c pricing.Cost) pricing.Cost {
	if !r.Store.Amazon(r.Scan.Bucket) {
		c.Notes = append(c.Notes, "the endpoint is not Amazon's, and the prices are")
	}
	return c
}

// copies is how long copies take.
func copies(objects, bytes int64) *report.Copies {
	return &report.Copies{
		Seconds:          int64(max(float64(objects)/copiesPerSecond, float64(bytes)/bytesPerSecond) + 0.999),
		ObjectsPerSecond: copiesPerSecond, BytesPerSecond: bytesPerSecond,
	}
}

// priced are requests as they are billed: what is written by its storage class,
// which is that of the bucket. Restore requests are billed with the retrieval.
func (r *Running) priced(all map[string]map[string]int64) (bill []pricing.Requests) {
	sums := map[pricing.Requests]int64{}
	for bucket, requests := range all {
		if bucket == "" { // to other services
			continue
		}
		for op, n := range requests {
			of := pricing.Requests{Operation: op}
			if !strings.HasPrefix(op, "Head") && !strings.HasPrefix(op, "Get") && !strings.HasPrefix(op, "List") {
				of.Class = r.Store.StorageClass(bucket)
			}
			if op != "RestoreObject" {
				sums[of] += n
			}
		}
	}
	for of, n := range sums {
		of.Count = n
		bill = append(bill, of)
	}
	slices.SortFunc(bill, func(a, b pricing.Requests) int {
		return cmp.Or(strings.Compare(a.Operation, b.Operation), strings.Compare(a.Class, b.Class))
	})
	return bill
}

// together adds up requests by bucket and operation.
func together(all ...map[string]map[string]int64) map[string]map[string]int64 {
	sum := map[string]map[string]int64{}
	for _, some := range all {
		for bucket, requests := range some {
			for op, n := range requests {
				if sum[bucket] == nil {
					sum[bucket] = map[string]int64{}
				}
				sum[bucket][op] += n
			}
		}
	}
	return sum
}

// proofs prices the HEADs of each --proof, the cheapest first.
func (r *Running) proofs(h reconcile.Heads) (all []report.ProofHeads) {
	for _, one := range []report.ProofHeads{{Proof: "listing", Heads: h.Listing}, {Proof: "any", Heads: h.Any}, {Proof: "checksum", Heads: h.Checksum}} {
		w := pricing.Work{Requests: []pricing.Requests{{Operation: "HeadObject", Count: one.Heads}}}
		one.Amount = r.table.Cost(r.region, w, pricing.Options{Name: "heads", Now: time.Now()}).Tiers["heads"].Total
		all = append(all, one)
	}
	return all
}

// storageClass is that of the copies. Where the archive buckets have several it
// is that of the first: copies cost about the same in all of them.
func (r *Running) storageClass() string {
	if targets := r.targets(); len(targets) > 0 {
		return r.Store.StorageClass(targets[0])
	}
	return "STANDARD"
}

// printPlan prints what a report says of money, time and requests.
func printPlan(w io.Writer, p *report.Plan) {
	cost, ok := p.Cost.(pricing.Cost)
	if !ok {
		return
	}
	cost.WriteText(w)
	if len(p.Proofs) > 0 {
		printProofs(w, p.Proofs, cost.Currency)
	}
	printVerify(w, p.Verify, cost.Currency)
	if c := p.Copies; c != nil && p.Objects > 0 {
		fmt.Fprintf(w, "  copies     about %s, at %d objects and %s a second\n",
			time.Duration(c.Seconds)*time.Second, c.ObjectsPerSecond, display.Size(c.BytesPerSecond))
	}
	for _, bucket := range slices.Sorted(maps.Keys(p.ByBucket)) {
		if bucket != "" {
			fmt.Fprintf(w, "  to s3://%s: %s\n", bucket, counts(p.ByBucket[bucket]))
		}
	}
}

// printProofs says what each choice of --proof takes, where that is not the same.
func printProofs(w io.Writer, all []report.ProofHeads, currency *string) {
	if all[0].Heads == all[len(all)-1].Heads {
		return
	}
	var said []string
	for _, p := range all {
		one := fmt.Sprintf("%s %d", p.Proof, p.Heads)
		if p.Amount != nil && currency != nil {
			one += " (" + pricing.Money(p.Amount, *currency) + ")"
		}
		said = append(said, one)
	}
	fmt.Fprintf(w, "  HEADs      of a run, by --proof: %s\n", strings.Join(said, ", "))
}
