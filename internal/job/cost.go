package job

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/copier"
	"reconcile/internal/pricing"
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
	plan := &report.Plan{Objects: p.Objects, Bytes: p.Bytes, Requests: p.Requests}
	w := pricing.Work{}
	all := maps.Clone(r.requests())
	for op, n := range p.Requests {
		all[op] += n
	}
	class := r.storageClass()
	for _, op := range slices.Sorted(maps.Keys(all)) {
		of := pricing.Requests{Operation: op, Count: all[op]}
		if !strings.HasPrefix(op, "Head") && !strings.HasPrefix(op, "Get") {
			of.Class = class
		}
		w.Requests = append(w.Requests, of)
	}
	w.Stored = []pricing.Objects{{Class: class, Count: p.Objects, Bytes: p.Bytes}}
	cost := r.table.Cost(r.region, w, pricing.Options{Name: "run", Now: time.Now()})
	if !r.Store.Amazon(r.Scan.Bucket) {
		cost.Notes = append(cost.Notes, "the endpoint is not Amazon's, and the prices are")
	}
	plan.Cost = cost
	plan.Copies = &report.Copies{
		Seconds:          int64(max(float64(p.Objects)/copiesPerSecond, float64(p.Bytes)/bytesPerSecond) + 0.999),
		ObjectsPerSecond: copiesPerSecond, BytesPerSecond: bytesPerSecond,
	}
	return plan
}

// storageClass is that of the copies. Where the archive buckets have several it
// is that of the first: copies cost about the same in all of them.
func (r *Running) storageClass() string {
	if targets := r.targets(); len(targets) > 0 {
		return r.Store.StorageClass(targets[0])
	}
	return "STANDARD"
}

// printCost prints what a plan's report says of money and time.
func printCost(w io.Writer, p *report.Plan) {
	if p == nil {
		return
	}
	cost, ok := p.Cost.(pricing.Cost)
	if !ok || p.Copies == nil { // restore and recover have shown theirs
		return
	}
	cost.WriteText(w)
	if c := p.Copies; p.Objects > 0 {
		fmt.Fprintf(w, "  copies     about %s, at %d objects and %s a second\n",
			time.Duration(c.Seconds)*time.Second, c.ObjectsPerSecond, bytesInWords(c.BytesPerSecond))
	}
}
