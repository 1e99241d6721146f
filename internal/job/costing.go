package job

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/pipeline"
	"reconcile/internal/pricing"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/restore"
)

// costing reckons what restore or recover costs.
type costing struct {
	bill
	command string
	opts    restore.Options
	via     string     // as asked for
	jobs    bool       // can ask
	copies  bool       // are made too
	batch   bool       // jobs ask for the restores
	unit    unitPrices // of a restore
	longer  unitPrices // of an extension
	now     time.Time
}

func (r *Running) newCosting(ctx context.Context) (*costing, error) {
	c := &costing{bill: r.bill, command: cmp.Or(r.PlanOf, r.Command), opts: r.restores(), via: r.Via, jobs: config.CanBatch(r.Batch), now: time.Now()}
	c.copies = c.command == "recover"
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
	return c, nil
}

// unitPrices are what work on one object costs, by storage class.
type unitPrices map[string]func(bytes int64) float64

func (u unitPrices) of(o reconcile.Object) float64 {
	if price, ok := u[o.StorageClass]; ok {
		return price(o.Size)
	}
	return 0
}

// units reckons what one restore, and one extension, costs of each class.
func (c *costing) units() {
	c.unit, c.longer = unitPrices{}, unitPrices{}
	for _, class := range []string{reconcile.ClassGlacier, reconcile.ClassDeepArchive, reconcile.ClassIntelligentTiering} {
		c.unit[class] = c.line(class, func(all []pricing.Objects) pricing.Work {
			w := pricing.Work{Restores: all, Days: c.opts.Days}
			if c.batch && class != reconcile.ClassIntelligentTiering {
				w.Handed = all[0].Count
			}
			return w
		})
		c.longer[class] = c.line(class, func(all []pricing.Objects) pricing.Work { return pricing.Work{Extended: all, Days: c.opts.Days} })
	}
}

// The least number of objects for which auto has a job ask, and the largest share
// of what the restores cost that the job's fees may be.
const (
	worthAJob = 1000
	feeShare  = 0.1
)

// choose chooses how what is missing is asked for.
func (c *costing) choose(s restore.Survey) {
	n := c.handed(s)
	c.batch = c.via == config.ViaBatch && n > 0
	c.units()
	if c.via != config.ViaAuto || !c.jobs || c.opts.Tier == reconcile.TierExpedited || n < worthAJob {
		return
	}
	fees := c.total(pricing.Work{Jobs: 1, Handed: n}, "")
	if c.batch = fees == nil || *fees <= feeShare*c.restores(s); c.batch {
		c.units()
	}
}

// fee is what a job costs beside the prices of its objects.
func (c *costing) fee() float64 { return orNothing(c.total(pricing.Work{Jobs: 1}, "")) }

// handed is how many objects a job would ask for.
func (c *costing) handed(s restore.Survey) (n int64) {
	for class, a := range s.By[restore.Cold] {
		if class != reconcile.ClassIntelligentTiering {
			n += a.Objects
		}
	}
	return n
}

// line is what work on one object of a class costs: so much, and so much a byte.
func (c *costing) line(class string, work func([]pricing.Objects) pricing.Work) func(int64) float64 {
	const sample = 1 << 30
	cost := func(bytes int64) float64 {
		return orNothing(c.total(work([]pricing.Objects{{Class: class, Count: 1000, Bytes: 1000 * bytes}}), c.opts.Tier)) / 1000
	}
	request := cost(0)
	perByte := (cost(sample) - request) / sample
	return func(bytes int64) float64 { return request + perByte*float64(bytes) }
}

func orNothing(amount *float64) float64 {
	if amount == nil {
		return 0
	}
	return *amount
}

// work is what there is to be paid for.
func (c *costing) work(s restore.Survey) pricing.Work {
	w := pricing.Work{Days: c.opts.Days, Batch: c.batch}
	if c.batch {
		w.Jobs, w.Handed = 1, c.handed(s)
	}
	add := func(to *[]pricing.Objects, state restore.State) {
		for class, a := range s.By[state] {
			*to = append(*to, pricing.Objects{Class: class, Count: a.Objects, Bytes: a.Bytes})
		}
	}
	add(&w.Restores, restore.Cold)
	add(&w.Restored, restore.Readable)
	add(&w.Restored, restore.TooShort)
	if c.opts.Upgrade {
		add(&w.Restores, restore.Restoring)
	} else {
		add(&w.Restored, restore.Restoring)
	}
	if !c.copies { // which are made in time
		add(&w.Extended, restore.TooShort)
	}
	w.Requests = c.priced(c.all(s))
	if c.copies {
		classes := map[string]pricing.Objects{}
		for bucket, a := range s.To {
			o := classes[c.store.StorageClass(bucket)]
			classes[c.store.StorageClass(bucket)] = pricing.Objects{Count: o.Count + a.Objects, Bytes: o.Bytes + a.Bytes}
		}
		for _, class := range slices.Sorted(maps.Keys(classes)) {
			w.Stored = append(w.Stored, pricing.Objects{Class: class, Count: classes[class].Count, Bytes: classes[class].Bytes})
		}
	}
	return w
}

// all are all requests that the command sends, by bucket and operation: those that
// have been sent to look at both sides, and those that follow.
func (c *costing) all(s restore.Survey) byBucket {
	return together(c.sent(), c.coming(s))
}

// coming are the requests that follow.
func (c *costing) coming(s restore.Survey) byBucket {
	source := map[string]int64{}
	n := s.Sum(restore.Cold, restore.TooShort).Objects
	if c.batch {
		n -= c.handed(s)
	}
	if n > 0 {
		source["RestoreObject"] = n
	}
	if n := s.Sum(restore.Restoring).Objects; n > 0 && c.opts.Upgrade {
		source["RestoreObject"] += n
	}
	all := byBucket{c.source: source}
	if !c.copies {
		return all
	}
	if n := s.Sum(restore.Cold, restore.Restoring).Objects; n > 0 {
		source["ListObjectsV2"] = looks * (n/1000 + 1)
	}
	return together(all, s.Copies)
}

// looks is about how often a recovery lists what it waits for.
const looks = 10

// tiers has every tier side by side, the one asked for first.
func (c *costing) tiers(s restore.Survey) pricing.Cost {
	tiers := []string{c.opts.Tier}
	for _, tier := range pricing.Tiers() {
		if tier != c.opts.Tier {
			tiers = append(tiers, tier)
		}
	}
	return c.cost(c.work(s), pricing.Options{Tiers: tiers, Now: c.now, Rate: c.opts.Rate})
}

// plan is what the report says of what was planned.
func (c *costing) plan(s restore.Survey) *report.Plan {
	sum, cold := s.Sum(), s.Sum(restore.Cold)
	p := &report.Plan{
		Command: c.command, Via: config.ViaDirect, Objects: sum.Objects, Bytes: sum.Bytes,
		Requests: c.coming(s).byOperation(), ByBucket: c.all(s), Cost: c.tiers(s),
	}
	if c.batch {
		p.Via = config.ViaBatch
	}
	if c.copies {
		p.Copies = copies(sum.Objects, sum.Bytes)
	}
	p.Planned = &report.Asked{Objects: cold.Objects, Bytes: cold.Bytes, Cost: c.money(c.restores(s))}
	return p
}

// over says what of the plan is over the budget, and so is not asked for.
func (c *costing) over(s restore.Survey) (notes []string) {
	if b, bytes := c.opts.Budget, s.Sum(restore.Cold).Bytes; b.Bytes > 0 && bytes > b.Bytes {
		notes = append(notes, fmt.Sprintf("%d bytes more than --max-bytes are missing: they are not asked for", bytes-b.Bytes))
	}
	if b, cost := c.opts.Budget, c.restores(s); b.Cost > 0 && cost > b.Cost {
		notes = append(notes, fmt.Sprintf("the restores cost %.2f, more than --max-cost: what is over it is not asked for", cost))
	}
	return notes
}

// restores is what the restores cost by the tier asked for, with the fee of a job
// that asks for them.
func (c *costing) restores(s restore.Survey) (sum float64) {
	if c.batch {
		sum = c.fee()
	}
	add := func(units unitPrices, state restore.State) {
		for class, a := range s.By[state] {
			if of, ok := units[class]; ok && a.Objects > 0 {
				sum += float64(a.Objects) * of(a.Bytes/a.Objects)
			}
		}
	}
	add(c.unit, restore.Cold)
	if c.opts.Upgrade {
		add(c.unit, restore.Restoring)
	}
	if !c.copies {
		add(c.longer, restore.TooShort)
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
