package merge

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/manifest"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/storage"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// merged is what came of a merge.
type merged struct {
	head Head
	rows []report.Row
}

func (m merged) row(key string) report.Row {
	for _, r := range m.rows {
		if string(r.SourceKey) == key {
			return r
		}
	}
	return report.Row{}
}

// says lists the rows as key:status.
func (m merged) says() string {
	var all []string
	for _, r := range m.rows {
		all = append(all, fmt.Sprintf("%s:%s", cmp.Or(r.SourceKey, r.TargetKey), r.Status))
	}
	return strings.Join(all, " ")
}

// join merges what is at the paths, held against plans.
func join(t testing.TB, plans []string, results ...string) merged {
	t.Helper()
	o := Options{TempDir: t.TempDir(), Memory: 4 << 10}
	for _, path := range plans {
		dir, err := storage.OpenDir(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		o.Plans = append(o.Plans, Plan{dir, filepath.Base(path)})
	}
	for _, path := range results {
		dir, err := storage.OpenDir(path)
		if err != nil {
			t.Fatal(err)
		}
		o.Results = append(o.Results, dir)
	}
	m := New(o)
	defer m.Close()
	if err := m.Read(context.Background()); err != nil {
		t.Fatal(err)
	}
	var got merged
	if err := m.Rows(context.Background(), func(r report.Row) error { got.rows = append(got.rows, r); return nil }); err != nil {
		t.Fatal(err)
	}
	got.head = m.Head()
	return got
}

// file writes a file and returns its path.
func write(t testing.TB, name string, text any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	b, ok := text.([]byte)
	if s, is := text.(string); is {
		b, ok = []byte(s), true
	}
	if !ok {
		var err error
		if b, err = json.Marshal(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// reportOf writes a report of rows and returns its path.
func reportOf(t testing.TB, run report.Run, rows report.Rows, all ...report.Row) string {
	t.Helper()
	r := report.New(report.Options{Rows: rows, Now: func() time.Time { return noon }})
	defer r.Close()
	for _, row := range all {
		if err := r.AddRow(row); err != nil {
			t.Fatal(err)
		}
	}
	run.StartedAt, run.FinishedAt = noon, noon.Add(time.Second)
	path := filepath.Join(t.TempDir(), "r.json")
	dest, err := report.ParseDestination(path)
	if err == nil {
		err = r.Write(context.Background(), run, map[string]int64{"CopyObject": 2}, nil, []report.Destination{dest}, report.Sinks{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var complete = report.Run{ID: "run-1", Command: "run", Complete: true, Source: "my-glacier", Targets: []string{"my-protected"}}

func rowOf(key string, s reconcile.Status) report.Row {
	size := int64(5)
	return report.Row{
		SourceBucket: "my-glacier", SourceKey: report.Text(key), TargetBucket: "my-protected", TargetKey: report.Text(key),
		SizeBytes: &size, ETag: "abc", StorageClass: "GLACIER", RestoreExpiry: "2026-12-01T00:00:00Z",
		Status: s, Success: s.Success(),
	}
}

// planOf writes a plan of keys and returns the path of its index.
func planOf(t testing.TB, keys ...string) string {
	t.Helper()
	w := manifest.New(manifest.Options{Run: "plan-1", Source: "my-glacier", Targets: []string{"my-protected"}})
	defer w.Close()
	for _, key := range keys {
		row := rowOf(key, reconcile.Missing)
		o, err := row.Outcome()
		if err == nil {
			err = w.Add(o)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	to, err := storage.MakeDir(dir)
	if err == nil {
		_, err = w.Write(context.Background(), to)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, manifest.IndexName)
}

// sameRows compares rows as they would be written.
func sameRows(a, b []report.Row) bool {
	return slices.EqualFunc(a, b, func(a, b report.Row) bool { return Compare(&a, &b) == 0 })
}
