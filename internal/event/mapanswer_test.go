package event_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"reconcile/internal/event"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

type mapAnswer struct {
	Success       bool
	Summary       map[string]int
	Statuses      []reconcile.Status
	Failed        []report.Row
	FailedLeftOut int `json:"failed_left_out"`
	Rows          []report.Row
}

func readMap(t testing.TB, body []byte, err error) mapAnswer {
	t.Helper()
	var a mapAnswer
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return a
}

// Step Functions gets the counts, the failed rows and all rows; no error.
func TestMapAnswer(t *testing.T) {
	e := decode(t, sample(t, "map-keys"))
	body, err := event.Answer(e, outcomes(e, reconcile.Copied, reconcile.InRestore))
	a := readMap(t, body, err)
	if a.Success || fmt.Sprint(a.Summary) != "map[copied:1 failed:2 restoring:1]" ||
		fmt.Sprint(a.Statuses) != "[copied restoring failed failed]" {
		t.Errorf("%s", body)
	}
	if len(a.Rows) != 4 || len(a.Failed) != 2 || a.FailedLeftOut != 0 || a.Rows[1].SourceKey != "a+b%20c.hdf" ||
		a.Failed[0].ErrMsg != "no object key in the event" || a.Failed[0].SizeBytes != nil {
		t.Errorf("%s", body)
	}
	if event.Failed(e, outcomes(e, reconcile.Copied)) == nil {
		t.Error("nothing failed")
	}
	e = decode(t, sample(t, "map-one"))
	body, err = event.Answer(e, outcomes(e, reconcile.InRestore))
	if a = readMap(t, body, err); !a.Success || len(a.Rows) != 1 || len(a.Failed) != 0 {
		t.Errorf("%s", body)
	}
}

// keysEvent is a batch of n keys.
func keysEvent(t *testing.T, n int) event.Event {
	var b strings.Builder
	b.WriteString(`{"BatchInput":{"bucket":"glacier"},"Items":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"some/prefix/of/a/granule/%06d.hdf"`, i)
	}
	return decode(t, []byte(b.String()+`]}`))
}

// An answer fits in a state's output. What is left out is counted, and every
// item's status stays.
func TestMapAnswerFits(t *testing.T) {
	tests := []struct {
		items    int
		statuses []reconcile.Status
		rows     bool
		failed   int // all that are left in
	}{
		{500, []reconcile.Status{reconcile.Copied}, true, 0},
		{5000, []reconcile.Status{reconcile.Copied}, false, 0},
		{5000, many(reconcile.Copied, 99, reconcile.Failed), false, 50},
		{5000, []reconcile.Status{reconcile.Failed}, false, -1},
	}
	for _, tt := range tests {
		e := keysEvent(t, tt.items)
		body, err := event.Answer(e, outcomes(e, tt.statuses...))
		a := readMap(t, body, err)
		if len(body) > 240<<10 || len(a.Statuses) != tt.items || (a.Rows != nil) != tt.rows {
			t.Errorf("%d items: %d bytes, %d statuses, %d rows", tt.items, len(body), len(a.Statuses), len(a.Rows))
		}
		all := a.Summary["failed"]
		if len(a.Failed)+a.FailedLeftOut != all {
			t.Errorf("%d items: %d failed rows and %d left out, of %d", tt.items, len(a.Failed), a.FailedLeftOut, all)
		}
		if tt.failed >= 0 && len(a.Failed) != tt.failed {
			t.Errorf("%d items: %d failed rows, want %d", tt.items, len(a.Failed), tt.failed)
		}
		if tt.failed < 0 && (a.FailedLeftOut == 0 || len(body) < 239<<10) {
			t.Errorf("%d items: %d bytes with %d rows left out", tt.items, len(body), a.FailedLeftOut)
		}
	}
}

// many is a n times, then b.
func many(a reconcile.Status, n int, b reconcile.Status) []reconcile.Status {
	var all []reconcile.Status
	for range n {
		all = append(all, a)
	}
	return append(all, b)
}
