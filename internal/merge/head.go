package merge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"reconcile/internal/manifest"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// Head is what the merged report says beside its rows.
type Head struct {
	Complete bool
	Error    string // why it is not complete
	Source   string // bucket; empty where there are several
	Prefix   string // empty where there are several
	Targets  []string
	Notes    []string
	Rows     report.Rows      // changes where some report has left rows out
	Requests map[string]int64 // of all runs together
	// Inventories are those that any run has read in place of a listing.
	Inventories []report.Inventory
	Unseen      reconcile.Summary // what reports have counted without a row
}

// heads gathers what reports say beside their rows. A run is counted once,
// however many copies of its report there are.
type heads struct {
	runs      map[string]bool
	sources   map[string]bool
	prefixes  map[string]bool
	targets   map[string]bool
	requests  map[string]int64
	reports   []reported         // whether they could be read or not
	base      map[part]*reported // the run of each part that counts
	shards    []part
	inventory []report.Inventory
	changes   []string // reports that keep rows for changes only
	headless  int      // CSV reports
	unplanned int64    // objects
	disputed  int64    // objects that one report has as copied or present, and another as differs
	planned   bool
	lookedFor map[reconcile.Status]bool // by some run
}

func newHeads() heads {
	return heads{
		runs: map[string]bool{}, sources: map[string]bool{}, prefixes: map[string]bool{},
		targets: map[string]bool{}, requests: map[string]int64{}, base: map[part]*reported{},
		lookedFor: map[reconcile.Status]bool{},
	}
}

// plan takes the head of the plan.
func (h *heads) plan(x *manifest.Index) {
	h.planned = true
	h.prefixes[x.Prefix] = true
	h.bucket(x.Source, x.Targets)
}

func (h *heads) bucket(source string, targets []string) {
	if source != "" {
		h.sources[source] = true
	}
	for _, t := range targets {
		h.targets[t] = true
	}
}

// add takes the head of a report. rowed are the counts of its rows.
func (h *heads) add(from int, head report.Head, rowed reconcile.Summary) error {
	h.bucket(head.Run.Source, head.Run.Targets)
	if !h.planned { // a plan's workers have none
		h.prefixes[head.Run.Prefix] = true
	}
	for _, status := range reconcile.Statuses() {
		if !head.Summary.NotLookedFor[status] {
			h.lookedFor[status] = true
		}
	}
	rest, err := unrowed(head, rowed)
	if err != nil {
		return err
	}
	name := h.reports[from-1].name
	if head.Rows != report.RowsAll {
		h.changes = append(h.changes, name)
	}
	r := reported{name: name, run: cmp.Or(head.Run.ID, name), part: partOf(head.Run), finished: head.Run.FinishedAt,
		complete: head.Run.Complete, why: head.Run.Error, rows: head.Rows, unseen: rest}
	h.reports[from-1] = r
	h.last(r)
	if h.runs[r.run] {
		return nil
	}
	h.runs[r.run] = true
	if head.Run.Shard != nil {
		h.shards = append(h.shards, r.part)
	}
	h.inventory = append(h.inventory, head.Run.Inventories...)
	for op, n := range head.Summary.Requests {
		h.requests[op] += n
	}
	return nil
}

// unrowed is what a report counts beyond its rows. Bytes and what expires soon
// are always those of rows. A row too many or too few is an error.
func unrowed(head report.Head, rowed reconcile.Summary) (reconcile.Summary, error) {
	rest := head.Summary.Beyond(rowed)
	rest.BytesCopied, rest.ExpiringSoon, rest.Scanned = 0, 0, 0
	for status, n := range rowed.Counts {
		if head.Summary.Counts[status] < n {
			return rest, fmt.Errorf("it counts %d objects %s, and has rows for %d", head.Summary.Counts[status], status, n)
		}
	}
	for status, n := range rest.Counts {
		if n > 0 && (head.Rows == report.RowsAll || status.Changed()) {
			return rest, fmt.Errorf("it counts %d objects %s, and %d of them have no row", head.Summary.Counts[status], status, n)
		}
		rest.Scanned += n
	}
	for proof, n := range rest.Proofs {
		rest.Proofs[proof] = max(n, 0)
	}
	return rest, nil
}

// Head is what the report says beside its rows. Once all Rows are through it may
// have more notes than before.
func (m *Merger) Head() Head {
	h := Head{
		Complete: len(m.problems) == 0, Error: strings.Join(clip(m.problems), "; "),
		Source: single(m.heads.sources), Prefix: single(m.heads.prefixes), Targets: slices.Sorted(maps.Keys(m.heads.targets)),
		Rows: report.RowsAll, Requests: m.heads.requests, Notes: append(slices.Clone(m.notes), m.heads.notes()...),
	}
	h.Inventories = distinct(m.heads.inventory)
	h.Unseen.NotLookedFor = m.heads.notLookedFor()
	if !m.withPlan() { // else every object that is asked for has a row
		for _, r := range m.heads.base {
			h.Unseen.AddCounts(r.unseen)
		}
		if len(m.heads.changes) > 0 {
			h.Rows = report.RowsChanges
		}
	}
	return h
}

// notLookedFor are the statuses that no run has looked for.
func (h *heads) notLookedFor() map[reconcile.Status]bool {
	none := reconcile.NotLookedFor("merge", false)
	for status := range h.lookedFor {
		delete(none, status)
	}
	return none
}

// notes are what a reader of the merged report should know.
func (h *heads) notes() (notes []string) {
	note := func(is bool, format string, args ...any) {
		if is {
			notes = append(notes, fmt.Sprintf(format, args...))
		}
	}
	note(len(h.sources) > 1, "the results are of several sources: %s", strings.Join(slices.Sorted(maps.Keys(h.sources)), ", "))
	note(h.unplanned > 0, "objects that were reported and are not in the plan: %d", h.unplanned)
	note(h.disputed > 0, "objects that one report found right in their archive, and another one found to differ: %d; they count as right, and an audit tells which was later", h.disputed)
	note(len(h.changes) > 0 && h.planned,
		"reports with rows for changes only say nothing of what was present: a planned object may be missing here for that (%s)", some(h.changes))
	note(h.headless > 0, "reports as CSV (%d) do not say what was requested", h.headless)
	return notes
}

// distinct returns each inventory once, the one whose reading was last: shards
// read the same.
func distinct(all []report.Inventory) []report.Inventory {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b report.Inventory) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Manifest, b.Manifest), cmp.Compare(b.AgeSeconds, a.AgeSeconds))
	})
	return slices.CompactFunc(all, func(a, b report.Inventory) bool { return a.Bucket == b.Bucket && a.Manifest == b.Manifest })
}

// single returns the only member of a set, "" where there are several.
func single(set map[string]bool) string {
	if len(set) != 1 {
		return ""
	}
	for s := range set {
		return s
	}
	return ""
}

// clip keeps the reason of a report readable.
func clip(problems []string) []string {
	const most = 10
	if len(problems) <= most {
		return problems
	}
	return append(slices.Clone(problems[:most]), fmt.Sprintf("and %d more", len(problems)-most))
}
