package pricing

import (
	_ "embed"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
)

// Item is what a price is paid for.
type Item string

// The items, with the unit of their price.
const (
	List            Item = "list"             // 1,000 requests
	Put             Item = "put"              // 1,000 requests
	Copy            Item = "copy"             // 1,000 requests
	Get             Item = "get"              // 1,000 requests
	Head            Item = "head"             // 1,000 requests
	Restore         Item = "restore"          // 1,000 requests, by tier
	Retrieval       Item = "retrieval"        // GB, by tier
	Storage         Item = "storage"          // GB-month
	BatchJob        Item = "batch_job"        // job of S3 Batch Operations
	BatchObject     Item = "batch_object"     // 1,000,000 objects of such a job
	ComputeChecksum Item = "compute_checksum" // GB read by such a job
	MinimumDays     Item = "minimum_days"     // days that are paid at least; no price
)

// traits says of an item what its rows must name.
type traits struct{ class, tier bool }

var items = map[Item]traits{
	List: {}, BatchJob: {}, BatchObject: {}, ComputeChecksum: {},
	Put: {class: true}, Copy: {class: true}, Get: {class: true}, Head: {class: true},
	Storage: {class: true}, MinimumDays: {class: true},
	Restore: {class: true, tier: true}, Retrieval: {class: true, tier: true},
}

// The tiers of a restore, in the order in which they are shown.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
const (
	Standard  = "Standard"
	Bulk      = "Bulk"
	Expedited = "Expedited"
)

// Tiers returns all tiers of a restore.
func Tiers() []string { return []string{Standard, Bulk, Expedited} }

// Table has the prices of some regions.
type Table struct {
	regions map[string]*Prices
}

// Prices are those of one region.
type Prices struct {
	Region   string
	Currency string // USD …
	Date     string // of the oldest of its rows, as YYYY-MM-DD
	rows     map[row]float64
}

type row struct {
	item        Item
	class, tier string
}

// Of returns the price of an item, in Currency. class and tier are empty where
// the item has none. ok is false where the table does not say.
func (p *Prices) Of(item Item, class, tier string) (price float64, ok bool) {
	price, ok = p.rows[row{item, class, tier}]
	return price, ok
}

// Region returns the prices of a region of AWS. ok is false for one that the
// table does not have.
func (t *Table) Region(name string) (p *Prices, ok bool) {
	p, ok = t.regions[name]
	return p, ok
}

// Regions are the regions that the table has, sorted.
func (t *Table) Regions() []string {
	return slices.Sorted(maps.Keys(t.regions))
}

// HeadsPerList is how many HEADs of objects in STANDARD cost as much as one
// LIST in the region. Where the table does not say, it is what most regions
// charge.
func (t *Table) HeadsPerList(region string) float64 {
	p, ok := t.regions[region]
	if !ok {
		return usualHeadsPerList
	}
	list, listed := p.Of(List, "", "")
	head, headed := p.Of(Head, "STANDARD", "")
	if !listed || !headed || head == 0 {
		return usualHeadsPerList
	}
	return list / head
}

// usualHeadsPerList is 5 dollars for a million LISTs against 0.40 for a million
// HEADs.
const usualHeadsPerList = 12.5

//go:embed prices.csv
var embedded string

// Default returns the table in the program.
var Default = sync.OnceValue(func() *Table {
	t, err := ReadCSV(strings.NewReader(embedded), "prices.csv")
	if err != nil {
		panic(err) // a test reads it
	}
	return t
})

// add takes one row for each of the regions, which are separated by "|".
func (t *Table) add(date, regions, currency string, r row, price float64) error {
	if err := check(date, regions, currency, r, price); err != nil {
		return err
	}
	for name := range strings.SplitSeq(regions, "|") {
		if err := t.region(name, currency).add(date, currency, r, price); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) region(name, currency string) *Prices {
	p, ok := t.regions[name]
	if !ok {
		p = &Prices{Region: name, Currency: currency, rows: map[row]float64{}}
		if t.regions == nil {
			t.regions = map[string]*Prices{}
		}
		t.regions[name] = p
	}
	return p
}

func (p *Prices) add(date, currency string, r row, price float64) error {
	if p.Currency != currency {
		return fmt.Errorf("region %s has prices in %s and in %s", p.Region, p.Currency, currency)
	}
	if _, twice := p.rows[r]; twice {
		return fmt.Errorf("region %s has a second price of %s %s %s", p.Region, r.item, r.class, r.tier)
	}
	if p.Date == "" || date < p.Date {
		p.Date = date
	}
	p.rows[r] = price
	return nil
}

// check wants a row that can only mean one thing.
func check(date, regions, currency string, r row, price float64) error {
	want, known := items[r.item]
	switch {
	case !known:
		return fmt.Errorf("there is no item %q", r.item)
	case !isDate(date):
		return fmt.Errorf("date %q is not of the form 2026-11-25", date)
	case slices.Contains(strings.Split(regions, "|"), ""):
		return fmt.Errorf("a region is empty")
	case len(currency) != 3:
		return fmt.Errorf("currency %q is not of the form USD", currency)
	case want.class != (r.class != ""):
		return fmt.Errorf("item %s: class %q: %s", r.item, r.class, wanted(want.class))
	case want.tier && !slices.Contains(Tiers(), r.tier) || !want.tier && r.tier != "":
		return fmt.Errorf("item %s: tier %q: %s", r.item, r.tier, wanted(want.tier))
	case math.IsNaN(price) || math.IsInf(price, 0) || price < 0:
		return fmt.Errorf("price %v is none", price)
	}
	return nil
}

func wanted(yes bool) string {
	if yes {
		return "it needs one"
	}
	return "it has none"
}
