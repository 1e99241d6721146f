package pricing

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Cost is what work costs, as it stands in the report's plan.cost.
type Cost struct {
	Currency *string         `json:"currency"` // null: the region has no prices
	Prices   Origin          `json:"prices"`
	Tiers    map[string]Tier `json:"tiers"` // by tier of the restore; else one entry, named for the command
	Monthly  Tier            `json:"monthly"`
	Saved    Saved           `json:"saved"`
	Notes    []string        `json:"notes"` // what is not in the totals, and why
}

// Origin is where prices come from.
type Origin struct {
	Date   *string `json:"date"` // null: there are none
	Region string  `json:"region"`
}

// Tier is one way to have the work done, and its price.
type Tier struct {
	Total        *float64   `json:"total"` // sum of the amounts that are known; null: nothing is
	Lines        []Line     `json:"lines"`
	FirstArrival *time.Time `json:"first_arrival"` // UTC; null: nothing is to arrive
	LastArrival  *time.Time `json:"last_arrival"`
}

// Line is one item of the bill.
type Line struct {
	What     string   `json:"what"`
	Quantity float64  `json:"quantity"` // in Unit
	Unit     string   `json:"unit"`     // requests, GB, GB-month, jobs, objects
	Price    *float64 `json:"price"`    // of one Unit; null: the table does not say
	Amount   *float64 `json:"amount"`
}

// Saved is what is not paid again, because it is restored already.
type Saved struct {
	Objects int64    `json:"objects"`
	Bytes   int64    `json:"bytes"`
	Amount  *float64 `json:"amount"` // by the tier asked for; null: not known
}

// Requests are requests of one kind.
type Requests struct {
	Operation string // of S3: CopyObject …
	Class     string // of the object that is written or read; empty: STANDARD
	Count     int64
}

// Objects are objects of one storage class.
type Objects struct {
	Class string
	Count int64
	Bytes int64
}

// Work is what is to be paid for.
type Work struct {
	Requests []Requests // sent by this program; restore requests are counted from Restores
	Restores []Objects  // to be restored, by their class
	Restored []Objects  // readable already: saved
	Extended []Objects  // readable already, and asked to stay for Days from now on
	Days     int        // that restored copies are kept
	Jobs     int64      // of S3 Batch Operations
	Handed   int64      // objects in those jobs
	Checksum int64      // bytes that those jobs compute checksums of
	Stored   []Objects  // that the archive buckets will hold in addition, by their class there
	Batch    bool       // the restores are asked for by S3 Batch Operations
}

// Options says how to reckon.
type Options struct {
	Name  string    // of the one entry of Tiers where nothing is to be restored: run, audit …
	Tiers []string  // of the restore, the one asked for first; empty: all, where there are restores
	Now   time.Time // when the restores are asked for
	Rate  float64   // restore requests a second; 0: MaxRate
}

// MaxRate is how many restore requests a second one account may send in one
// region.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/archival-storage.html
const MaxRate = 1000

// GB is the gigabyte that storage is billed by, in bytes.
const GB = 1 << 30

// Cost reckons what the work costs in a region. A region that the table does
// not have has quantities, and no money.
func (t *Table) Cost(region string, w Work, o Options) Cost {
	p, known := t.regions[region]
	c := Cost{Prices: Origin{Region: region}, Tiers: map[string]Tier{}, Notes: []string{}}
	if known {
		c.Currency, c.Prices.Date = &p.Currency, &p.Date
	} else {
		p = &Prices{Region: region}
		c.Notes = append(c.Notes, unknownRegion(region, t))
	}
	b := bill{p: p, known: known, work: w, opts: o}
	for _, name := range b.tiers() {
		c.Tiers[name] = b.tier(name)
	}
	c.Monthly, c.Saved = b.monthly(), b.saved()
	c.Notes = append(c.Notes, b.notes...)
	return c
}

func unknownRegion(region string, t *Table) string {
	if region == "" {
		return "the region is not known: no prices. Known are " + strings.Join(t.Regions(), ", ")
	}
	return fmt.Sprintf("no prices are known for region %s. Known are %s; --prices takes others", region, strings.Join(t.Regions(), ", "))
}

// bill is one Cost being reckoned.
type bill struct {
	p     *Prices
	known bool
	work  Work
	opts  Options
	notes []string
}

// tiers are the names of the entries.
func (b *bill) tiers() []string {
	switch {
	case len(b.work.Restores)+len(b.work.Restored)+len(b.work.Extended) == 0 && len(b.opts.Tiers) == 0:
		return []string{b.opts.Name}
	case len(b.opts.Tiers) == 0:
		return Tiers()
	}
	return b.opts.Tiers
}

// tier reckons one entry.
func (b *bill) tier(name string) Tier {
	if class := b.refused(name); class != "" {
		b.note("%s is not offered for %s", name, class)
		return Tier{Lines: []Line{}}
	}
	if b.work.Batch && name == Expedited && len(b.work.Restores) > 0 {
		b.note("%s is not offered by S3 Batch Operations", name)
		return Tier{Lines: []Line{}}
	}
	lines := append(append(b.restoreLines(name), b.extendLines()...), b.requestLines()...)
	lines = append(lines, b.jobLines()...)
	t := b.sum(lines)
	t.FirstArrival, t.LastArrival = b.arrivals(name)
	return t
}

// refused returns a class whose objects the tier cannot restore.
func (b *bill) refused(tier string) string {
	for _, o := range b.work.Restores {
		if o.Count > 0 && !Offered(o.Class, tier) {
			return o.Class
		}
	}
	return ""
}

func (b *bill) restoreLines(tier string) (lines []Line) {
	for _, o := range b.work.Restores {
		lines = append(lines, b.restore(o, tier)...)
	}
	return lines
}

// restore is what restoring objects of one class costs.
func (b *bill) restore(o Objects, tier string) []Line {
	lines := []Line{
		b.line(Restore, o.Class, tier, fmt.Sprintf("restore requests, %s, %s", o.Class, tier), float64(o.Count), "requests", 1000),
		b.line(Retrieval, o.Class, tier, fmt.Sprintf("retrieval, %s, %s", o.Class, tier), float64(o.Bytes)/GB, "GB", 1),
	}
	if o.Class != intelligentTiering && b.work.Days > 0 { // whose objects move, and leave no copy
		months := float64(o.Bytes) / GB * float64(b.work.Days) / daysPerMonth
		what := fmt.Sprintf("temporary copies of %s, %d days", o.Class, b.work.Days)
		lines = append(lines, b.line(Storage, "STANDARD", "", what, months, "GB-month", 1))
	}
	return slices.DeleteFunc(lines, func(l Line) bool { return l.Quantity == 0 })
}

// extendLines are what it costs that readable copies stay for longer: a request
// each, and the copies for all of the days, of which some may have been paid.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
func (b *bill) extendLines() (lines []Line) {
	for _, o := range b.work.Extended {
		months := float64(o.Bytes) / GB * float64(b.work.Days) / daysPerMonth
		lines = append(lines,
			b.line(Restore, o.Class, Standard, fmt.Sprintf("restore requests that extend, %s", o.Class), float64(o.Count), "requests", 1000),
			b.line(Storage, "STANDARD", "", fmt.Sprintf("temporary copies of %s that stay, at most %d days", o.Class, b.work.Days), months, "GB-month", 1))
	}
	return slices.DeleteFunc(lines, func(l Line) bool { return l.Quantity == 0 })
}

const (
	intelligentTiering = "INTELLIGENT_TIERING"
	daysPerMonth       = 30
)

func (b *bill) requestLines() (lines []Line) {
	for _, r := range b.work.Requests {
		if r.Count == 0 {
			continue
		}
		item, class := itemOf(r)
		what := r.Operation
		if class != "" {
			what += ", " + class
		}
		if item == "" {
			lines = append(lines, free(r))
			continue
		}
		lines = append(lines, b.line(item, class, "", what, float64(r.Count), "requests", 1000))
	}
	return lines
}

// free is a line of requests that cost nothing.
// https://aws.amazon.com/s3/pricing/: DELETE and CANCEL requests are free.
func free(r Requests) Line {
	zero, amount := 0.0, 0.0
	return Line{What: r.Operation, Quantity: float64(r.Count), Unit: "requests", Price: &zero, Amount: &amount}
}

// itemOf returns what S3 bills an operation as; empty: it is free.
func itemOf(r Requests) (Item, string) {
	class := r.Class
	if class == "" {
		class = "STANDARD"
	}
	switch op := r.Operation; {
	case strings.HasPrefix(op, "List"):
		return List, ""
	case op == "CopyObject" || op == "UploadPartCopy":
		return Copy, class
	case strings.HasPrefix(op, "Put"), op == "CreateMultipartUpload", op == "CompleteMultipartUpload", op == "UploadPart":
		return Put, class
	case strings.HasPrefix(op, "Delete"), op == "AbortMultipartUpload":
		return "", ""
	case strings.HasPrefix(op, "Head"):
		return Head, class
	}
	return Get, class // "GET, SELECT, and all other requests"
}

func (b *bill) jobLines() []Line {
	lines := []Line{
		b.line(BatchJob, "", "", "S3 Batch Operations, jobs", float64(b.work.Jobs), "jobs", 1),
		b.line(BatchObject, "", "", "S3 Batch Operations, objects", float64(b.work.Handed), "objects", 1e6),
		b.line(ComputeChecksum, "", "", "S3 Batch Operations, Compute checksum", float64(b.work.Checksum)/GB, "GB", 1),
	}
	return slices.DeleteFunc(lines, func(l Line) bool { return l.Quantity == 0 })
}

// monthly is what the archive buckets cost more each month from then on.
func (b *bill) monthly() Tier {
	var lines []Line
	for _, o := range b.work.Stored {
		if o.Bytes > 0 {
			lines = append(lines, b.line(Storage, o.Class, "", "storage a month, "+o.Class, float64(o.Bytes)/GB, "GB-month", 1))
		}
		if days, ok := b.p.Of(MinimumDays, o.Class, ""); ok && o.Count > 0 {
			b.note("%s is paid for at least %g days", o.Class, days)
		}
	}
	return b.sum(lines)
}

// saved is what the restored objects would cost by the tier asked for.
func (b *bill) saved() (s Saved) {
	var lines []Line
	for _, o := range b.work.Restored {
		s.Objects += o.Count
		s.Bytes += o.Bytes
		tier := b.tiers()[0]
		if !Offered(o.Class, tier) {
			tier = Standard
		}
		lines = append(lines, b.restore(o, tier)...)
	}
	s.Amount = b.sum(lines).Total
	return s
}

// line reckons one line. per is how many units the table's price is for.
func (b *bill) line(item Item, class, tier, what string, quantity float64, unit string, per float64) Line {
	l := Line{What: what, Quantity: round(quantity), Unit: unit}
	price, ok := b.p.Of(item, class, tier)
	if !ok {
		if b.known && quantity > 0 {
			b.note("no price is known for %s: it is not in the total", what)
		}
		return l
	}
	unitPrice, amount := price/per, round(quantity*price/per)
	l.Price, l.Amount = &unitPrice, &amount
	return l
}

// sum adds the lines up. Amounts are rounded before, so that they add up to
// the total as they are shown.
func (b *bill) sum(lines []Line) Tier {
	if lines == nil {
		lines = []Line{}
	}
	t := Tier{Lines: lines}
	if !b.known {
		return t
	}
	var total float64
	for _, l := range lines {
		if l.Amount != nil {
			total += *l.Amount
		}
	}
	total = round(total)
	t.Total = &total
	return t
}

// note adds a note once.
func (b *bill) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(b.notes, n) {
		b.notes = append(b.notes, n)
	}
}

// round keeps millionths: a request costs 40 cents a million.
func round(x float64) float64 { return math.Round(x*1e6) / 1e6 }
