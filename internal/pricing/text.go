package pricing

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Money prints an amount as $1.23, or as 1.23 EUR. What is more than nothing
// and less than a cent is <$0.01; an amount that is not known is a dash.
func Money(amount *float64, currency string) string {
	if amount == nil {
		return "–"
	}
	text := fmt.Sprintf("%.2f", math.Abs(*amount))
	sign, less := "", ""
	switch {
	case *amount > 0 && text == "0.00":
		text, less = "0.01", "<"
	case *amount < 0:
		sign = "-"
	}
	whole, cents, _ := strings.Cut(text, ".")
	text = thousands(whole) + "." + cents
	if currency == "USD" {
		return less + sign + "$" + text
	}
	return less + sign + text + " " + currency
}

// thousands puts a comma before every three digits.
func thousands(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// WriteText prints the cost for a person: each way with its lines, its total
// and when the first and the last object arrive.
func (c Cost) WriteText(w io.Writer) error {
	var b strings.Builder
	currency := ""
	if c.Currency != nil {
		currency = *c.Currency
		fmt.Fprintf(&b, "cost in %s, prices of %s\n", c.Prices.Region, *c.Prices.Date)
	}
	for _, name := range slices.SortedFunc(maps.Keys(c.Tiers), byTier) {
		c.Tiers[name].text(&b, name, currency)
	}
	if len(c.Monthly.Lines) > 0 {
		c.Monthly.text(&b, "each month", currency)
	}
	if c.Saved.Objects > 0 {
		fmt.Fprintf(&b, "  saved: %d objects are restored already, %s\n", c.Saved.Objects, Money(c.Saved.Amount, currency))
	}
	for _, n := range c.Notes {
		fmt.Fprintf(&b, "  note: %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t Tier) text(b *strings.Builder, name, currency string) {
	fmt.Fprintf(b, "  %-11s %12s", name, Money(t.Total, currency))
	if t.FirstArrival != nil {
		fmt.Fprintf(b, "   first arrival %s, last %s", t.FirstArrival.Format(time.RFC3339), t.LastArrival.Format(time.RFC3339))
	}
	b.WriteByte('\n')
	for _, l := range t.Lines {
		fmt.Fprintf(b, "    %12s  %s: %s %s\n", Money(l.Amount, currency), l.What, quantity(l.Quantity), l.Unit)
	}
}

// byTier puts the tiers in the order in which Amazon names them, cheapest of
// the usual first, and anything else before them.
func byTier(a, b string) int {
	return cmp.Or(slices.Index(Tiers(), a)-slices.Index(Tiers(), b), strings.Compare(a, b))
}

func quantity(x float64) string {
	if x == math.Trunc(x) {
		return thousands(fmt.Sprintf("%.0f", x))
	}
	return fmt.Sprintf("%.3f", x)
}
