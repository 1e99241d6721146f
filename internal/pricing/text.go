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

// WriteText prints the cost for a person: the tiers side by side, with their
// lines, their totals and when the first and the last object arrive.
func (c Cost) WriteText(w io.Writer) error {
	var b strings.Builder
	currency := ""
	if c.Currency != nil {
		currency = *c.Currency
		fmt.Fprintf(&b, "cost in %s, prices of %s\n", c.Prices.Region, *c.Prices.Date)
	}
	names := slices.SortedFunc(maps.Keys(c.Tiers), byTier)
	if len(names) == 1 {
		c.Tiers[names[0]].text(&b, names[0], currency)
	} else {
		c.sideBySide(&b, names, currency)
	}
	if len(c.Monthly.Lines) > 0 {
		c.Monthly.text(&b, "each month", currency)
	}
	if c.Saved.Objects > 0 {
		fmt.Fprintf(&b, "  saved: %d objects are restored or being restored already, %s\n", c.Saved.Objects, Money(c.Saved.Amount, currency))
	}
	for _, n := range c.Notes {
		fmt.Fprintf(&b, "  note: %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sideBySide prints a column a tier, and a row a line of the bill.
func (c Cost) sideBySide(b *strings.Builder, names []string, currency string) {
	row := func(label string, cell func(name string) string, after string) {
		fmt.Fprintf(b, "  %-42s", label)
		for _, name := range names {
			fmt.Fprintf(b, " %20s", cell(name))
		}
		b.WriteString(after + "\n")
	}
	row("", func(name string) string { return name }, "")
	for _, l := range c.lines(names) {
		row(l.What, func(name string) string { return Money(c.Tiers[name].amount(l.What, name), currency) }, "   "+quantity(l.Quantity)+" "+l.Unit)
	}
	row("total", func(name string) string { return Money(c.Tiers[name].Total, currency) }, "")
	row("first arrival", func(name string) string { return timeOr(c.Tiers[name].FirstArrival) }, "")
	row("last arrival", func(name string) string { return timeOr(c.Tiers[name].LastArrival) }, "")
}

// lines are those of all tiers, without the tier's name: a tier that is not
// offered has none.
func (c Cost) lines(names []string) (all []Line) {
	for _, name := range names {
		if t := c.Tiers[name]; len(t.Lines) > len(all) {
			all = slices.Clone(t.Lines)
			for i := range all {
				all[i].What = strings.TrimSuffix(all[i].What, ", "+name)
			}
		}
	}
	return all
}

// amount is that of a line, which may be named for the tier.
func (t Tier) amount(what, tier string) *float64 {
	for _, l := range t.Lines {
		if strings.TrimSuffix(l.What, ", "+tier) == what {
			return l.Amount
		}
	}
	return nil
}

func timeOr(t *time.Time) string {
	if t == nil {
		return "–"
	}
	return t.Format(time.RFC3339)
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
