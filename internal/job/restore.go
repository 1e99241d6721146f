package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/pipeline"
	"reconcile/internal/pricing"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/restore"
)

// Agree is asked before anything is asked for that costs money. Its error ends
// the job.
type Agree func(ctx context.Context) error

// Restore is the job of restore: what is missing from the archives is asked for.
func (j *Job) Restore(ctx context.Context, agree Agree) Result {
	if j.Show {
		return j.stand(ctx)
	}
	return j.asking(ctx, agree, (*pipeline.Job).RestoreMissing)
}

// Recover is the job of recover: what is missing is asked for, waited for and
// copied.
func (j *Job) Recover(ctx context.Context, agree Agree) Result {
	return j.asking(ctx, agree, (*pipeline.Job).Recover)
}

// stand is the job of restore --status: it shows where everything is.
func (j *Job) stand(ctx context.Context) Result {
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		p, err := r.Pipeline(ctx)
		if err != nil {
			return pipeline.Result{StartedAt: r.About.StartedAt}, err
		}
		p.Restore = r.Settings.Restore
		p.Confirm = func(_ context.Context, s restore.Survey) error { return standing(r.Stdout, s, time.Now()) }
		return p.Stand(ctx)
	})
}

func (j *Job) asking(ctx context.Context, agree Agree, do func(*pipeline.Job, context.Context) (pipeline.Result, error)) Result {
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		result := pipeline.Result{StartedAt: r.About.StartedAt}
		p, err := r.Pipeline(ctx)
		if err != nil {
			return result, err
		}
		c, err := r.newCosting(ctx)
		if err != nil {
			return result, err
		}
		if r.Command == "restore" && slices.Contains(r.Rows, reconcile.Differs) { // it is restored, and nothing is written
			p.Scan.Policy.Overwrite, p.Copy.Policy.Overwrite = true, true
		}
		p.Restore, p.Waiting = r.Settings.Restore, pipeline.Waiting{Poll: r.Poll, GiveUp: r.GiveUp, MaxOut: r.MaxOut}
		p.Restore.Budget.Price = c.price
		p.Confirm = func(ctx context.Context, s restore.Survey) error {
			r.Plan = c.plan(s)
			return r.agreed(ctx, s, c, agree)
		}
		result, err = do(p, ctx)
		if r.Plan != nil {
			r.Plan.Actual = c.actual(result)
		}
		return result, err
	})
}

// agreed says what is going to be asked for, and asks whether that is agreed
// to. What costs nothing needs no agreement.
func (r *Running) agreed(ctx context.Context, s restore.Survey, c *costing, agree Agree) error {
	if !r.Quiet {
		if err := c.text(r.Stderr, s); err != nil {
			return err
		}
	}
	paid := s.Sum(restore.Cold, restore.TooShort).Objects > 0 || r.Settings.Restore.Upgrade && s.Sum(restore.Restoring).Objects > 0
	if !paid || r.Yes {
		return nil
	}
	return agree(ctx)
}

// costing reckons what the job costs.
type costing struct {
	table  *pricing.Table
	region string
	opts   restore.Options
	copies bool // are made too
	unit   map[string]func(bytes int64) float64
	now    time.Time
}

func (r *Running) newCosting(ctx context.Context) (*costing, error) {
	c := &costing{table: r.table, opts: r.Settings.Restore, copies: r.Command == "recover", now: time.Now()}
	var err error
	if c.region, err = r.Store.Region(ctx, r.Scan.Bucket); err != nil {
		return nil, err
	}
	if _, known := c.table.Region(c.region); !known && c.opts.Budget.Cost > 0 {
		return nil, &config.Error{
			Err:  fmt.Errorf("--max-cost: no prices are known for region %q", c.region),
			Hint: "give the region with --region, its prices with --prices FILE, or a budget with --max-bytes",
		}
	}
	c.unit = map[string]func(int64) float64{}
	for _, class := range []string{reconcile.ClassGlacier, reconcile.ClassDeepArchive, reconcile.ClassIntelligentTiering} {
		c.unit[class] = c.line(class)
	}
	return c, nil
}

// line is what a restore of an object of the class costs: so much, and so much
// a byte.
func (c *costing) line(class string) func(int64) float64 {
	const sample = 1 << 30
	cost := func(bytes int64) float64 {
		w := pricing.Work{Restores: []pricing.Objects{{Class: class, Count: 1000, Bytes: 1000 * bytes}}, Days: c.opts.Days}
		if total := c.table.Cost(c.region, w, pricing.Options{Tiers: []string{c.opts.Tier}}).Tiers[c.opts.Tier].Total; total != nil {
			return *total / 1000
		}
		return 0
	}
	request := cost(0)
	perByte := (cost(sample) - request) / sample
	return func(bytes int64) float64 { return request + perByte*float64(bytes) }
}

// price is what the restore of one object costs.
func (c *costing) price(o reconcile.Object) float64 {
	if of, ok := c.unit[o.StorageClass]; ok {
		return of(o.Size)
	}
	return 0
}

// work is what there is to be paid for.
func (c *costing) work(s restore.Survey) pricing.Work {
	w := pricing.Work{Days: c.opts.Days}
	for class, a := range s.By[restore.Cold] {
		w.Restores = append(w.Restores, pricing.Objects{Class: class, Count: a.Objects, Bytes: a.Bytes})
	}
	for _, state := range []restore.State{restore.Readable, restore.TooShort, restore.Restoring} {
		for class, a := range s.By[state] {
			w.Restored = append(w.Restored, pricing.Objects{Class: class, Count: a.Objects, Bytes: a.Bytes})
		}
	}
	if missing := s.Sum(); c.copies && missing.Objects > 0 {
		w.Requests = []pricing.Requests{{Operation: "CopyObject", Count: missing.Objects}, {Operation: "ListObjectsV2", Count: looks * (missing.Objects/1000 + 1)}}
		w.Stored = []pricing.Objects{{Class: reconcile.ClassStandard, Count: missing.Objects, Bytes: missing.Bytes}}
	}
	return w
}

// looks is about how often a recovery lists what it waits for.
const looks = 10

// cost has every tier side by side, the one asked for first.
func (c *costing) cost(s restore.Survey) pricing.Cost {
	tiers := []string{c.opts.Tier}
	for _, tier := range pricing.Tiers() {
		if tier != c.opts.Tier {
			tiers = append(tiers, tier)
		}
	}
	return c.table.Cost(c.region, c.work(s), pricing.Options{Tiers: tiers, Now: c.now, Rate: c.opts.Rate})
}

// plan is what the report says of what was planned.
func (c *costing) plan(s restore.Survey) *report.Plan {
	sum, cold := s.Sum(), s.Sum(restore.Cold)
	p := &report.Plan{Objects: sum.Objects, Bytes: sum.Bytes, Requests: map[string]int64{"RestoreObject": cold.Objects + s.Sum(restore.TooShort).Objects}, Cost: c.cost(s)}
	if c.copies {
		p.Requests["CopyObject"] = sum.Objects
	}
	p.Planned = &report.Asked{Objects: cold.Objects, Bytes: cold.Bytes, Cost: c.money(c.total(s))}
	return p
}

// total is what the restores cost by the tier asked for.
func (c *costing) total(s restore.Survey) (sum float64) {
	for class, a := range s.By[restore.Cold] {
		if of, ok := c.unit[class]; ok && a.Objects > 0 {
			sum += float64(a.Objects) * of(a.Bytes/a.Objects)
		}
	}
	return sum
}

// actual is what was asked for in the end.
func (c *costing) actual(result pipeline.Result) *report.Asked {
	if result.Spent == nil {
		return nil
	}
	a := &report.Asked{Objects: result.Spent.Objects, Bytes: result.Spent.Bytes, Cost: c.money(result.Spent.Cost)}
	if w := result.Waiting; w != nil {
		a.Again, a.Lapsed, a.Arrived, a.Copied = w.Again, w.Lapsed, w.Arrived, result.Summary.Counts[reconcile.Copied]
	}
	return a
}

// money is an amount where the region has prices.
func (c *costing) money(amount float64) *float64 {
	if _, known := c.table.Region(c.region); !known {
		return nil
	}
	return &amount
}

// ErrDeclined ends a job whose cost was not agreed to.
var ErrDeclined = errors.New("not agreed to: nothing was asked for")
