package merge

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// part is what a run looked at, and as what. Runs of one part look at the same
// objects; parts join only where all but the shard is equal.
type part struct {
	command, source, prefix, targets, settings string
	shard                                      report.Shard // zero: all of it
}

func partOf(run report.Run) part {
	p := part{
		command: run.Command, source: run.Source, prefix: run.Prefix,
		targets: strings.Join(slices.Sorted(slices.Values(run.Targets)), " "), settings: settingsOf(run.Settings),
	}
	if run.Shard != nil {
		p.shard = *run.Shard
	}
	return p
}

// whole is the part without its shard.
func (p part) whole() part {
	p.shard = report.Shard{}
	return p
}

// own are settings in which the runs of one division may differ: they say where
// and how one of them works, not what becomes of an object.
var own = []string{"shard", "shard-map", "report", "report-rows", "journal", "lock", "concurrency", "min-concurrency", "max-concurrency",
	"deadline", "quiet", "log-format", "job-id", "metrics-file", "notify"}

// settingsOf are the settings that all runs of one division have in common, as
// text; "" where the report does not tell them.
func settingsOf(all map[string]any) string {
	if all == nil {
		return ""
	}
	all = maps.Clone(all)
	for _, name := range own {
		delete(all, name)
		delete(all, strings.ReplaceAll(name, "-", "_"))
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err.Error() // it came from JSON
	}
	return string(text)
}

// reported is a report that was read; without a run where it could not be.
type reported struct {
	name, run string
	part      part
	finished  time.Time
	complete  bool
	why       string // it is not
	rows      report.Rows
	unseen    reconcile.Summary // what it counts without a row
}

// next makes room for a report that is going to be read, and returns its number.
func (h *heads) next(name string) int {
	h.reports = append(h.reports, reported{name: name})
	return len(h.reports)
}

// last keeps, of several runs of one part, the one that counts: the last complete
// one, else the last. What the others have counted without a row it has counted
// again.
func (h *heads) last(r reported) {
	old := h.base[r.part]
	if old == nil || cmp.Or(order(r.complete, old.complete), r.finished.Compare(old.finished), cmp.Compare(r.run, old.run)) > 0 {
		h.base[r.part] = &r
	}
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// incomplete returns the reports of runs that were not complete, and apart from
// them those whose part was looked at by a complete run later on.
func (h *heads) incomplete() (open, repeated []reported) {
	seen := map[string]bool{}
	for _, r := range h.reports {
		if r.run == "" || r.complete || seen[r.run] {
			continue
		}
		seen[r.run] = true
		if base := h.base[r.part]; base.complete && !base.finished.Before(r.finished) {
			repeated = append(repeated, r)
		} else {
			open = append(open, r)
		}
	}
	return open, repeated
}

// discount takes an object that has a row of an earlier run off what the last
// complete run of that part has counted without a row: it is one object.
func (h *heads) discount(from []int, row *report.Row) {
	for i, n := range from {
		r := &h.reports[n-1]
		base := h.base[r.part]
		if r.run == "" || base == nil || !base.complete || base.rows == report.RowsAll {
			continue
		}
		again := func(n int) bool { return h.reports[n-1].part == r.part }
		has := func(n int) bool { return again(n) && h.reports[n-1].run == base.run }
		if !slices.ContainsFunc(from, has) && !slices.ContainsFunc(from[:i], again) {
			takeOff(&base.unseen, row)
		}
	}
}

// rowless are the statuses that an object with a row most likely has in a later
// report that has none for it, the likeliest first.
var rowless = []reconcile.Status{reconcile.Present, reconcile.NotRestored, reconcile.LeftOnline, reconcile.Excluded}

// takeOff takes one object off.
func takeOff(s *reconcile.Summary, row *report.Row) {
	for _, status := range rowless {
		if s.Counts[status] == 0 {
			continue
		}
		one := reconcile.Summary{Numbers: reconcile.Numbers{Scanned: 1}, Counts: map[reconcile.Status]int64{status: 1}}
		if status == reconcile.Present {
			one.Proofs = map[reconcile.Proof]int64{likely(s.Proofs, reconcile.Proof(row.Proof)): 1}
			one.Unproved = one.Proofs[reconcile.ProofSize]
		}
		all := s.Beyond(one)
		all.Failures, all.NotLookedFor = s.Failures, s.NotLookedFor
		*s = all
		return
	}
}

// likely is a proof that was counted, the wanted one if there is one.
func likely(counted map[reconcile.Proof]int64, want reconcile.Proof) reconcile.Proof {
	for _, p := range []reconcile.Proof{want, reconcile.ProofETag, reconcile.ProofChecksum, reconcile.ProofSize, reconcile.ProofBytes} {
		if counted[p] > 0 {
			return p
		}
	}
	return want
}

// gap says what is missing of the shards.
func (h *heads) gap() string {
	var shards []report.Shard
	for _, p := range h.shards {
		if p.whole() != h.shards[0].whole() {
			return "the shards are of different runs, which do not join: one source, prefix, command and the same settings and archive buckets are wanted"
		}
		shards = append(shards, p.shard)
	}
	return gap(shards)
}
