package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"reconcile/internal/display"
	"reconcile/internal/report/html"
	"reconcile/internal/strictjson"
)

// planCost is what the page shows of plan.cost.
type planCost struct {
	Currency *string
	Tiers    map[string]struct{ Total *float64 }
	Monthly  struct{ Total *float64 }
}

// costsOf stands what was planned and what was spent side by side, with a note.
func costsOf(h *head) (all []html.Cost, note string) {
	planned, currency := h.planned()
	spent := h.run.Cost
	if spent != nil {
		currency = spent.Currency
		note = fmt.Sprintf("By the prices of %s for %s.", spent.Date, spent.Region)
		for _, n := range spent.Notes {
			note += " " + upperFirst(n) + "."
		}
	}
	add := func(what string, planned, actual *float64) {
		if planned != nil || actual != nil {
			all = append(all, html.Cost{What: what, Planned: money(planned, currency), Actual: money(actual, currency)})
		}
	}
	asked, _ := h.run.Settings["tier"].(string)
	if asked == "" {
		asked = "run"
	}
	if h.plan != nil && h.plan.Planned != nil {
		var actual *float64
		if h.plan.Actual != nil {
			actual = h.plan.Actual.Cost
		}
		add("restores", h.plan.Planned.Cost, actual)
	}
	var requests, total *float64
	if spent != nil {
		requests, total = &spent.Requests, &spent.Total
	}
	if h.run.Command == "plan" {
		add("this plan's own requests", nil, requests)
		add("a run", planned.Tiers[asked].Total, nil)
	} else {
		add("requests", nil, requests)
		if h.plan != nil {
			add("all of it", planned.Tiers[asked].Total, total)
		}
	}
	for _, tier := range slices.Sorted(maps.Keys(planned.Tiers)) {
		if tier != asked {
			add("all of it, by "+tier, planned.Tiers[tier].Total, nil)
		}
	}
	add("storage in the archives, a month", planned.Monthly.Total, nil)
	return all, note
}

// planned is the plan's cost, whether it was reckoned or read.
func (h *head) planned() (c planCost, currency string) {
	if h.plan == nil || h.plan.Cost == nil {
		return c, ""
	}
	text, err := strictjson.Marshal(h.plan.Cost)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil || c.Currency == nil {
		return planCost{}, ""
	}
	return c, *c.Currency
}

// money has more digits where the amount is small.
func money(amount *float64, currency string) string {
	if amount == nil {
		return "–"
	}
	if *amount > 0 && *amount < 0.0001 {
		return "less than 0.0001 " + currency
	}
	if *amount > 0 && *amount < 1 {
		return strings.TrimSpace(strconv.FormatFloat(*amount, 'f', 4, 64) + " " + currency)
	}
	whole, cents, _ := strings.Cut(strconv.FormatFloat(*amount, 'f', 2, 64), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return whole + "." + cents + " " + currency
	}
	return display.Number(n) + "." + cents + " " + currency
}
