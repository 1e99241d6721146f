package report

import (
	"encoding/csv"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/strictjson"
)

// decode reads a JSON report with encoding/json.
func decode(t testing.TB, report string) (map[string]any, []Row) {
	t.Helper()
	var top map[string]any
	var body struct{ Objects []Row }
	for _, into := range []any{&top, &body} {
		if err := json.Unmarshal([]byte(report), into); err != nil {
			t.Fatalf("%v in\n%s", err, report)
		}
	}
	return top, body.Objects
}

// expected are the rows of outcomes, in the order of Outcome.Less.
func expected(outcomes []reconcile.Outcome) []Row {
	sorted := slices.Clone(outcomes)
	slices.SortStableFunc(sorted, func(a, b reconcile.Outcome) int {
		switch {
		case a.Less(b):
			return -1
		case b.Less(a):
			return 1
		}
		return 0
	})
	var rows []Row
	for _, o := range sorted {
		rows = append(rows, RowOf(o))
	}
	return rows
}

// TestRowsDecode: encoding/json reads back every status and every odd key.
func TestRowsDecode(t *testing.T) {
	var all []reconcile.Outcome
	for _, s := range reconcile.Statuses() {
		all = append(all, outcome("a/"+string(s), s))
	}
	for _, k := range oddKeys() {
		all = append(all, outcome(k, reconcile.Failed))
	}
	r := newReport(t, Options{MemoryLimit: 8 << 10})
	add(t, r, all...)
	_, rows := decode(t, encoded(t, r, JSON))
	if want := expected(all); !reflect.DeepEqual(rows, want) {
		t.Errorf("got %d rows, want %d:\n%+v\n%+v", len(rows), len(want), rows, want)
	}
}

// TestAppendRow holds the fast encoder against encoding/json, and both against
// the columns.
func TestAppendRow(t *testing.T) {
	for _, k := range append(oddKeys(), "broken\xff\xfe") {
		for _, s := range reconcile.Statuses() {
			row := RowOf(outcome(k, s))
			want, err := strictjson.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			if got := appendRow(nil, &row); string(got) != string(want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
	}
	for _, s := range reconcile.Statuses() {
		row := RowOf(outcome("k", s))
		b, err := strictjson.Marshal(Compact{row})
		var back Row
		if err == nil {
			err = json.Unmarshal(b, &back)
		}
		if err != nil || !reflect.DeepEqual(back, row) || strings.Contains(string(b), `"leak":null`) {
			t.Errorf("compact %s: %v", b, err)
		}
	}
	var tags []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Row]()) {
		tags = append(tags, f.Tag.Get("json"))
	}
	if !slices.Equal(tags, Columns()) {
		t.Errorf("tags %v, columns %v", tags, columns)
	}
}

func TestRowOf(t *testing.T) {
	o := outcome("k", reconcile.Copied)
	o.Message, o.ErrorKind, o.Elapsed = "retried once", reconcile.Network, -time.Second
	if r := RowOf(o); r.ErrMsg != "" || r.ErrorKind != "" || r.ElapsedMS != 0 || !r.Success {
		t.Errorf("a success with a message: %+v", r)
	}
	if r := RowOf(outcome("k", reconcile.Orphan)); r.SizeBytes != nil || r.SourceKey != "" || r.SourceBucket != "" || r.TargetKey != "k" {
		t.Errorf("orphan: %+v", r)
	}
	if r := RowOf(outcome("k", reconcile.Excluded)); r.TargetBucket != "" || r.TargetKey != "" || *r.SizeBytes != 1234 {
		t.Errorf("excluded: %+v", r)
	}
	o.Source.Restore.Phase = reconcile.Archived
	if r := RowOf(o); r.RestoreExpiry != "" {
		t.Errorf("not restored, expires %s", r.RestoreExpiry)
	}
}

// TestOddKeysInCSV reads them back with encoding/csv; each row is one line.
func TestOddKeysInCSV(t *testing.T) {
	r := newReport(t, Options{})
	keys := append(oddKeys(), "broken\xff", "\xc3", "a\xf0\x9f\x8e")
	for _, k := range keys {
		add(t, r, outcome(k, reconcile.Copied))
	}
	text := encoded(t, r, CSV)
	if lines := strings.Count(text, "\n"); lines != len(keys)+1 {
		t.Errorf("%d lines for %d rows", lines, len(keys))
	}
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, record := range records[1:] {
		key, err := UnescapeCell(record[1])
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, key)
	}
	slices.Sort(keys)
	if !slices.Equal(got, keys) {
		t.Errorf("got  %q\nwant %q", got, keys)
	}
}
