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
	Job   float64 // fee of a job that asks for restores, beside the prices of its objects
}

// Spent is what has been asked for.
type Spent struct {
	Objects, Bytes int64
	Cost           float64
}

// purse is a budget with what was spent of it. It is safe for concurrent use.
type purse struct {
	budget Budget
	mu     sync.Mutex
	spent  Spent
}

// rounding is what sums of prices may be off, as a share of them.
const rounding = 1e-9

// take spends what the object's restore takes, and a fee with it, or says why it
// must not. An
// object that is too large for what is left does not keep smaller ones from
// being asked for.
func (p *purse) take(o reconcile.Object, fee float64) error {
	cost := fee
	if p.budget.Price != nil {
		cost += p.budget.Price(o)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.budget.Bytes > 0 && p.spent.Bytes+o.Size > p.budget.Bytes:
		return fmt.Errorf("not asked for: %d bytes more than --max-bytes", p.spent.Bytes+o.Size-p.budget.Bytes)
	case p.budget.Cost > 0 && p.spent.Cost+cost > p.budget.Cost*(1+rounding):
		return fmt.Errorf("not asked for: over --max-cost by %.2f", p.spent.Cost+cost-p.budget.Cost)
	}
	p.add(o.Size, cost, 1)
	return nil
}

// giveBack takes back what a request would have cost that was not granted.
func (p *purse) giveBack(o reconcile.Object) {
	var cost float64
	if p.budget.Price != nil {
		cost = p.budget.Price(o)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(-o.Size, -cost, -1)
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
