package report

import (
	"bytes"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// TestKeptReport: a report that is read and written again is the same bytes,
// whatever its head has, and however many of its rows fit in memory.
func TestKeptReport(t *testing.T) {
	code, cost := 3, 1.5
	run := testRun
	run.StartedAt = run.StartedAt.Add(-999 * 1000) // not of whole milliseconds
	run.ExitCode, run.Identity, run.Host, run.JobID = &code, "arn:aws:iam::1:user/a", "host", "job-1"
	run.Settings = map[string]any{"proof": "any", "attempts": 3, "rules": []any{"x <y>"}}
	run.Shard, run.Notes = &Shard{Index: 1, Count: 4, After: "a"}, []string{"a note"}
	plan := &Plan{Objects: 2, Bytes: 10, Requests: map[string]int64{"CopyObject": 2},
		Cost: struct {
			Currency string  `json:"currency"`
			Amount   float64 `json:"amount"`
		}{"USD", 0.000008}, Planned: &Asked{Objects: 2, Cost: &cost}}
	for _, rows := range []Rows{RowsAll, RowsChanges} {
		r := newReport(t, Options{Rows: rows, Command: "run"})
		for i, status := range reconcile.Statuses() {
			add(t, r, outcome(strings.Repeat("k", i+1), status))
		}
		r.SetGranules(func(write func([]byte) error) error { return write([]byte("[\n    {\"granule_id\":\"<g>\"}\n  ]")) })
		var first bytes.Buffer
		if err := r.Write(t.Context(), run, map[string]int64{"HeadObject": 7}, plan, []Destination{{"-", JSON}}, Sinks{Stdout: &first}); err != nil {
			t.Fatal(err)
		}
		again := newReport(t, Options{MemoryLimit: 1 << 10})
		head, err := ReadJSON(bytes.NewReader(first.Bytes()), again.AddRow)
		if err != nil {
			t.Fatal(err)
		}
		again.Keep(head)
		var second bytes.Buffer
		if err := again.Write(t.Context(), Run{}, nil, nil, []Destination{{"-", JSON}}, Sinks{Stdout: &second}); err != nil {
			t.Fatal(err)
		}
		if first.String() != second.String() {
			t.Errorf("rows %s: written again it is\n%s\nand was\n%s", rows, second.String(), first.String())
		}
	}
}
