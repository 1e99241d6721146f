package report

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"reconcile/internal/reconcile"
)

// again reads a JSON report and writes what was read.
func again(t testing.TB, text []byte) ([]byte, error) {
	t.Helper()
	var rows []Row
	head, err := ReadJSON(bytes.NewReader(text), func(r Row) error { rows = append(rows, r); return nil })
	if err != nil {
		return nil, err
	}
	r := New(Options{Rows: head.Rows, Now: func() time.Time { return noon }})
	defer r.Close()
	for _, row := range rows {
		if err := r.AddRow(row); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	rest := head.Summary.Beyond(r.Summary())
	rest.NotLookedFor = head.Summary.NotLookedFor
	r.AddCounts(rest)
	err = r.Write(context.Background(), head.Run, head.Summary.Requests, head.Plan, []Destination{{Path: "-", Format: JSON}}, Sinks{Stdout: &out})
	return out.Bytes(), err
}

// TestReadJSONGolden: the golden reports are read and written as they were.
func TestReadJSONGolden(t *testing.T) {
	for _, name := range []string{"all.json", "changes.json"} {
		text := []byte(readFile(t, "testdata", name))
		got, err := again(t, text)
		if name == "changes.json" { // its breakdown counts what has no row, too
			text, got = withoutParts(text), withoutParts(got)
		}
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

// withoutParts is a JSON report as it was before there was a breakdown.
func withoutParts(report []byte) []byte {
	before, rest, _ := bytes.Cut(report, []byte(",\n  \"breakdown\""))
	_, after, _ := bytes.Cut(rest, []byte("\n  }"))
	return append(bytes.Clone(before), after...)
}

// TestReadCSVGolden: CSV is read as it was written.
func TestReadCSVGolden(t *testing.T) {
	for _, name := range []string{"all.csv", "changes.csv"} {
		text := readFile(t, "testdata", name)
		got, err := csvAgain(t, text)
		if err != nil || got != text {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

func csvAgain(t testing.TB, text string) (string, error) {
	r := New(Options{Rows: RowsAll, Now: func() time.Time { return noon }})
	defer r.Close()
	err := ReadCSV(strings.NewReader(text), r.AddRow)
	if err != nil {
		return "", err
	}
	return encoded(t, r, CSV), nil
}

// TestReadOddKeys: both formats give every key back, and everything about it.
func TestReadOddKeys(t *testing.T) {
	r := newReport(t, Options{})
	var want []Row
	for _, key := range append(oddKeys(), "broken\xff\xfe") {
		for _, s := range []reconcile.Status{reconcile.Failed, reconcile.Copied, reconcile.Orphan} {
			o := outcome(key, s)
			add(t, r, o)
			want = append(want, RowOf(o))
		}
	}
	rows := map[Row]int{}
	for _, w := range want {
		rows[flat(w)]++
	}
	err := ReadCSV(strings.NewReader(encoded(t, r, CSV)), func(r Row) error { rows[flat(r)]--; return nil })
	if err != nil {
		t.Fatal(err)
	}
	for row, n := range rows {
		if n != 0 {
			t.Fatalf("%+v: %d", row, n)
		}
	}
	r = newReport(t, Options{})
	for _, key := range oddKeys() { // JSON cannot hold the broken one
		add(t, r, outcome(key, reconcile.Failed), outcome(key, reconcile.Orphan))
	}
	text := []byte(encoded(t, r, JSON))
	if got, err := again(t, text); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%v\n%s", err, got)
	}
}

// flat takes the pointers out of a row.
func flat(r Row) Row {
	if r.SizeBytes != nil {
		r.Attempts += *r.SizeBytes << 20
		r.SizeBytes = nil
	}
	if r.TargetSizeBytes != nil {
		r.Refused += *r.TargetSizeBytes << 20
		r.TargetSizeBytes = nil
	}
	return r
}

// TestRowOutcome: a row is made of its outcome again, byte for byte.
func TestRowOutcome(t *testing.T) {
	for _, s := range reconcile.Statuses() {
		want := RowOf(outcome("a/b", s))
		o, err := want.Outcome()
		if got := RowOf(o); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\n%+v, want\n%+v", s, err, got, want)
		}
	}
	for name, row := range map[string]Row{
		"no object":       {Status: reconcile.Copied, Success: true},
		"no status":       {SourceKey: "k"},
		"wrong success":   {SourceKey: "k", Status: reconcile.Failed, Success: true},
		"negative":        {SourceKey: "k", Status: reconcile.Failed, Attempts: -1},
		"negative time":   {SourceKey: "k", Status: reconcile.Failed, ElapsedMS: -1},
		"endless":         {SourceKey: "k", Status: reconcile.Failed, ElapsedMS: 1 << 62},
		"no time of ours": {SourceKey: "k", Status: reconcile.Failed, RestoreExpiry: "tomorrow"},
	} {
		if o, err := row.Outcome(); err == nil {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

// TestReadJSONRefuses: what is not whole, or not a report, is an error.
func TestReadJSONRefuses(t *testing.T) {
	whole := readFile(t, "testdata", "all.json")
	step := max(len(whole)/400, 1)
	for cut := 0; cut < len(strings.TrimSpace(whole)); cut += step {
		if _, err := ReadJSON(strings.NewReader(whole[:cut]), func(Row) error { return nil }); err == nil {
			t.Fatalf("cut at %d of %d: no error", cut, len(whole))
		}
	}
	for _, text := range []string{
		"", "null", "[]", "{}", whole + "{}", strings.Replace(whole, `"schema_version": 1`, `"schema_version": 2`, 1),
		strings.Replace(whole, `"objects": [`, `"rows": [`, 1), strings.Replace(whole, `"status":"copied"`, `"status":"failed"`, 1),
		strings.Replace(whole, `"summary"`, `"run"`, 1), strings.Replace(whole, `"2026-11-23T12:00:00.000Z"`, `"noon"`, 1),
		`{"objects":[{"status":"copied","success":true}]}`, `{"objects":{}}`,
	} {
		if _, err := ReadJSON(strings.NewReader(text), func(Row) error { return nil }); err == nil {
			t.Errorf("%.60s: no error", text)
		}
	}
	broken := errors.New("the line is dead")
	from := io.MultiReader(strings.NewReader(whole[:len(whole)/2]), iotest.ErrReader(broken))
	if _, err := ReadJSON(from, func(Row) error { return nil }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if _, err := ReadJSON(strings.NewReader(whole), func(Row) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// TestReadJSONOrder: what serialises JSON anew may put the rows first.
func TestReadJSONOrder(t *testing.T) {
	text := `{"objects":[{"source_bucket":"b","source_key":"k","status":"copied","success":true,"new":[1]}],"later":{"a":1},` +
		`"summary":{"scanned":1,"copied":1,"fresh":0,"requests":{"CopyObject":1}},"schema_version":1,` +
		`"run":{"id":"x","started_at":"2026-01-01T00:00:00Z","finished_at":"2026-01-01T00:00:01Z","complete":true,"rows":"all"}}`
	var rows []Row
	head, err := ReadJSON(strings.NewReader(text), func(r Row) error { rows = append(rows, r); return nil })
	if err != nil || len(rows) != 1 || rows[0].SizeBytes != nil || head.Run.ID != "x" || head.Rows != RowsAll ||
		head.Summary.Counts[reconcile.Copied] != 1 || head.Summary.Requests["CopyObject"] != 1 || head.Summary.Scanned != 1 {
		t.Errorf("%+v %+v %v", head, rows, err)
	}
}

// firstColumns is how many columns reports had at first.
const firstColumns = 16

// TestReadFirst: reports of the first version of this program, which had fewer
// columns and counts, are read still.
func TestReadFirst(t *testing.T) {
	var rows []Row
	take := func(r Row) error { rows = append(rows, r); return nil }
	head, err := ReadJSON(strings.NewReader(readFile(t, "testdata", "first.json")), take)
	if err != nil || head.Summary.Scanned != 15 || head.Summary.Unproved != 1 || head.Summary.Counts[reconcile.Copied] != 2 {
		t.Fatalf("%+v %v", head.Summary, err)
	}
	fromJSON := rows
	rows = nil
	if err := ReadCSV(strings.NewReader(readFile(t, "testdata", "first.csv")), take); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 15 || !reflect.DeepEqual(rows, fromJSON) {
		t.Errorf("JSON and CSV do not agree:\n%+v\n%+v", fromJSON, rows)
	}
}

// TestReadCSVRefuses: a line that is not whole is an error, and so are columns
// that are missing.
func TestReadCSVRefuses(t *testing.T) {
	header := strings.Join(Columns()[:firstColumns], ",") // the others need not be there
	line := `b,k,t,k,1,,,,copied,true,,,1,copy,etag,5`
	for _, text := range []string{
		"", "a,b\n", strings.Replace(header, "etag", "etags", 1) + "\n", header + ",etag\n",
		header + "\n" + line[:10] + "\n", header + "\nb,\\q" + line[3:] + "\n", header + "\n" + strings.Replace(line, "true", "yes", 1) + "\n",
		header + "\n" + strings.Replace(line, ",1,,", ",x,,", 1) + "\n", header + "\n" + strings.Replace(line, ",1,,,,", ",1,,,soon,", 1) + "\n", header + "\n\"" + line + "\n",
	} {
		if err := ReadCSV(strings.NewReader(text), func(Row) error { return nil }); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
	var got Row
	reordered := "\uFEFFmore," + header + "\nx," + line + "\r\n"
	if err := ReadCSV(strings.NewReader(reordered), func(r Row) error { got = r; return nil }); err != nil || got.Method != "copy" || *got.SizeBytes != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

// FuzzReadJSON: whatever is read as a report is, once written, read and written
// the same.
func FuzzReadJSON(f *testing.F) {
	for _, name := range []string{"all.json", "changes.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"objects":[],"summary":{},"schema_version":1,"run":{"id":"x","started_at":"2026-01-01T00:00:00Z","finished_at":"2026-01-01T00:00:01Z"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		first, err := again(t, text)
		if err != nil {
			return
		}
		second, err := again(t, first)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%v\n%s\nbecame\n%s", err, first, second)
		}
	})
}

// FuzzReadCSV does so for CSV, whose keys may be any bytes.
func FuzzReadCSV(f *testing.F) {
	text, err := os.ReadFile(filepath.Join("testdata", "all.csv"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Fuzz(func(t *testing.T, text string) {
		first, err := csvAgain(t, text)
		if err != nil {
			return
		}
		second, err := csvAgain(t, first)
		if err != nil || first != second {
			t.Errorf("%v\n%q\nbecame\n%q", err, first, second)
		}
	})
}
