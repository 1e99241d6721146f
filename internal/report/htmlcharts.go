package report

import (
	"cmp"
	"fmt"

	"slices"
	"strings"
	"time"

	"reconcile/internal/display"
	"reconcile/internal/reconcile"
	"reconcile/internal/report/breakdown"
	"reconcile/internal/report/html"
)

// partsOf are the charts that divide the objects. What divides nothing is left
// out.
func partsOf(b *breakdown.Breakdown, s *reconcile.Summary, command string) (all []html.Parts) {
	about := "Red: somebody has to look at it. Amber: not settled. Green: in order."
	if b.Objects < s.Scanned {
		about += fmt.Sprintf(" Counted are %s of %s objects: of the others there was no row.", display.Number(b.Objects), display.Number(s.Scanned))
	}
	const wrong = "to look at"
	for _, p := range []struct {
		html.Parts
		least int
	}{
		{html.Parts{ID: "h-buckets", Name: "By bucket", About: about, By: "from, to", Wrong: wrong, Rows: drawn(bucketParts(b.Buckets), command)}, 1},
		{html.Parts{ID: "h-prefixes", Name: "By prefix", By: "prefix", Wrong: wrong, Rows: drawn(prefixParts(b.Prefixes), command)}, 2},
		{html.Parts{ID: "h-collections", Name: "By collection", By: "collection", Wrong: wrong, Rows: drawn(collectionParts(b.Collections), command)}, 1},
		{html.Parts{ID: "h-expiries", Name: "When restored copies lapse", About: expiriesAbout, By: "day", Wrong: "not settled", Rows: expiryParts(b.Expiries)}, 1},
	} {
		if len(p.Rows) >= p.least {
			all = append(all, p.Parts)
		}
	}
	return all
}

// part is a part of the objects with its name.
type part struct {
	name string
	rest bool // it stands for several, and last
	breakdown.Share
}

// bad counts what somebody has to look at, and good what is a success.
func (p *part) bad(command string) (bad, good int64) {
	for status, n := range p.Statuses {
		switch levelOf(status, command) {
		case html.Bad:
			bad += n
		case html.Good:
			good += n
		}
	}
	return bad, good
}

// shownParts is how many parts a chart has. The JSON report has them all.
const shownParts = 20

// drawn puts those first of which somebody has to look at most, then the
// largest, and makes one of those that there is no place for.
func drawn(all []part, command string) (rows []html.Part) {
	slices.SortStableFunc(all, func(a, b part) int {
		if a.rest != b.rest {
			return cmp.Compare(fmt.Sprint(a.rest), fmt.Sprint(b.rest))
		}
		aBad, _ := a.bad(command)
		bBad, _ := b.bad(command)
		return cmp.Or(cmp.Compare(bBad, aBad), cmp.Compare(b.Objects, a.Objects))
	})
	longest := int64(0)
	all = joined(all)
	for _, p := range all {
		longest = max(longest, p.Objects)
	}
	for _, p := range all {
		bad, good := p.bad(command)
		rows = append(rows, html.Part{
			Name: p.name, Good: good, Bad: bad, Note: p.Objects - good - bad, Of: longest,
			Objects: display.Number(p.Objects), Bytes: binarySize(p.Bytes), Wrong: display.Number(bad),
		})
	}
	return rows
}

// joined makes one part of those that there is no place for.
func joined(all []part) []part {
	if len(all) <= shownParts {
		return all
	}
	rest := part{name: fmt.Sprintf("%d others", len(all)-shownParts+1), Share: breakdown.Share{Statuses: map[reconcile.Status]int64{}}}
	for _, p := range all[shownParts-1:] {
		if p.rest {
			rest.name = "all others"
		}
		rest.Objects += p.Objects
		rest.Bytes += p.Bytes
		for status, n := range p.Statuses {
			rest.Statuses[status] += n
		}
	}
	return append(all[:shownParts-1:shownParts-1], rest)
}

func bucketParts(buckets []breakdown.Bucket) (all []part) {
	for _, b := range buckets {
		p := part{name: "all others", rest: b.Other, Share: b.Share}
		switch {
		case b.Other:
		case b.Source == nil && b.Target == nil:
			p.name = "in no bucket"
		case b.Source == nil:
			p.name = "without an original, in s3://" + *b.Target
		case b.Target == nil:
			p.name = "s3://" + *b.Source + ", and no archive"
		default:
			p.name = "s3://" + *b.Source + " → s3://" + *b.Target
		}
		all = append(all, p)
	}
	return all
}

func prefixParts(prefixes []breakdown.Prefix) (all []part) {
	for _, p := range prefixes {
		name := p.Prefix
		switch {
		case name == "":
			name = "(in no folder)"
			if len(prefixes) == 1 {
				name = "(all)"
			}
		case !strings.HasSuffix(name, "/"):
			name += "…"
		}
		all = append(all, part{name: name, Share: p.Share})
	}
	return all
}

func collectionParts(collections []breakdown.Collection) (all []part) {
	for _, c := range collections {
		p := part{name: "all others", rest: c.Other, Share: c.Share}
		if c.ID != nil {
			p.name = *c.ID
		}
		all = append(all, p)
	}
	return all
}

const expiriesAbout = "By day, UTC. Amber: no success yet, and to be copied or restored again by then."

func expiryParts(expiries []breakdown.Expiry) (rows []html.Part) {
	longest := int64(0)
	for _, e := range expiries {
		longest = max(longest, e.Objects)
	}
	for _, e := range expiries {
		rows = append(rows, html.Part{
			Name: daysOf(e), Good: e.Objects - e.Open, Note: e.Open, Of: longest,
			Objects: display.Number(e.Objects), Bytes: binarySize(e.Bytes), Wrong: display.Number(e.Open),
		})
	}
	return rows
}

// daysOf names the days that an Expiry is of.
func daysOf(e breakdown.Expiry) string {
	from, err := time.Parse(time.DateOnly, e.From)
	if err != nil || e.Days <= 1 {
		return e.From
	}
	return e.From + " to " + from.AddDate(0, 0, int(e.Days)-1).Format(time.DateOnly)
}

// granuleLevels are the statuses of granules, the worst first. They are
// selection.GranuleStatus.
var granuleLevels = []struct {
	status string
	level  html.Level
	about  string
}{
	{"error", html.Bad, "some files are absent, or failed"},
	{"pending", html.Note, "some files are still to be restored"},
	{"staged", html.Note, "all files can be read, and some are still to be copied"},
	{"success", html.Good, "all files are in their archive"},
}

func granuleBars(states map[string]int64) (all []html.Bar) {
	for _, g := range granuleLevels {
		if n := states[g.status]; n > 0 {
			all = append(all, html.Bar{Name: g.status + ": " + g.about, Count: n, Text: display.Number(n), Level: g.level})
		}
	}
	return scaled(all)
}

func sizeBars(sizes []breakdown.SizeClass) (all []html.Bar) {
	for _, c := range sizes {
		name := "0"
		if c.Below > 1 {
			name = fmt.Sprintf("%s to %s", binarySize(c.From), binarySize(c.Below))
		}
		all = append(all, html.Bar{Name: name, Count: c.Objects, Text: sizesInWords(c)})
	}
	return scaled(all)
}

func sizesInWords(c breakdown.SizeClass) string {
	if c.Objects == 0 {
		return "–"
	}
	return display.Number(c.Objects) + ", " + binarySize(c.Bytes)
}

// scaled makes the longest bar as long as there is room.
func scaled(all []html.Bar) []html.Bar {
	longest := int64(0)
	for _, b := range all {
		longest = max(longest, b.Count)
	}
	for i := range all {
		all[i].Of = longest
	}
	return all
}
