package restore

import (
	"fmt"
	"sync"

	"reconcile/internal/reconcile"
)

// Budget bounds what may be asked for. Zero bounds nothing.
type Budget struct {
	Bytes int64
	Cost  float64 // in the currency of Price
	// Price is what one restore costs: its request, the retrieval, and its
	// readable copy for as long as it stays. nil: nothing is known of prices.
	Price func(reconcile.Object) float64
	// Longer is what it costs that one readable copy stays for longer; nil: nothing.
	Longer func(reconcile.Object) float64
	Job    float64 // fee of a job that asks for restores, beside the prices of its objects
}

// Spent is what has been asked for.
type Spent struct {
	Objects, Bytes int64
	Cost           float64
}

// price is what the restore of one object costs.
func (b *Budget) price(o reconcile.Object) float64 {
	if b.Price == nil {
		return 0
	}
	return b.Price(o)
}

// longer is what one extension costs.
func (b *Budget) longer(o reconcile.Object) float64 {
	if b.Longer == nil {
		return 0
	}
	return b.Longer(o)
}

// purse is a budget with what was spent of it. It is safe for concurrent use.
type purse struct {
	budget Budget
	mu     sync.Mutex
	spent  Spent
}

// rounding is what sums of prices may be off, as a share of them.
const rounding = 1e-9

// take spends so much, for so many objects and bytes, or says why it must not. An
// object that is too large for what is left does not keep smaller ones from
// being asked for.
func (p *purse) take(objects, bytes int64, cost float64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.budget.Bytes > 0 && bytes > 0 && p.spent.Bytes+bytes > p.budget.Bytes:
		return fmt.Errorf("not asked for: %d bytes more than --max-bytes", p.spent.Bytes+bytes-p.budget.Bytes)
	case p.budget.Cost > 0 && p.spent.Cost+cost > p.budget.Cost*(1+rounding):
		return fmt.Errorf("not asked for: over --max-cost by %.2f", p.spent.Cost+cost-p.budget.Cost)
	}
	p.add(bytes, cost, objects)
	return nil
}

// giveBack takes back what something would have taken that was not granted.
func (p *purse) giveBack(objects, bytes int64, cost float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(-bytes, -cost, -objects)
}

func (p *purse) add(bytes int64, cost float64, objects int64) {
	p.spent.Objects += objects
	p.spent.Bytes += bytes
	p.spent.Cost += cost
}

func (p *purse) total() Spent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spent
}

// Bill adds up what the restores of a job cost, the job's fee included.
type Bill struct {
	asker *Asker
	sum   Spent
}

// Bill returns one without objects.
func (a *Asker) Bill() *Bill { return &Bill{a, Spent{Cost: a.opts.Budget.Job}} }

// Add adds an object.
func (b *Bill) Add(o reconcile.Object) {
	b.sum.Objects++
	b.sum.Bytes += o.Size
	b.sum.Cost += b.asker.opts.Budget.price(o)
}

// Reserve spends all of it, or nothing: then the error says why.
func (b *Bill) Reserve() error {
	return b.asker.purse.take(b.sum.Objects, b.sum.Bytes, b.sum.Cost)
}
