package merge

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/storage"
)

// memory is a place with one file.
type memory []byte

func (m memory) Each(_ context.Context, f func(string) error) error { return f("file") }
func (m memory) Open(context.Context, string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m)), nil
}
func (m memory) Write(context.Context, string, string, func(io.Writer) error) (storage.Written, error) {
	panic("results are not written")
}
func (m memory) Remove(context.Context, string) error       { panic("results are not removed") }
func (m memory) Find(string, string, string) (string, bool) { return "", false }
func (m memory) URL(name string) string                     { return name }

// joinBytes merges files given as their content.
func joinBytes(t testing.TB, files ...[]byte) merged {
	t.Helper()
	var o Options
	for _, f := range files {
		o.Results = append(o.Results, memory(f))
	}
	m := New(o)
	defer m.Close()
	if err := m.Read(context.Background()); err != nil {
		t.Fatal(err)
	}
	var got merged
	err := m.Rows(context.Background(), func(r report.Row) error {
		if _, err := r.Outcome(); err != nil {
			t.Errorf("%v: %+v", err, r)
		}
		got.rows = append(got.rows, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got.head = m.Head()
	return got
}

// FuzzResults: whatever a file is, every row taken from it is one that a report
// can have, each object has one, and reading it twice says no more than once.
func FuzzResults(f *testing.F) {
	err := filepath.WalkDir("testdata", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		f.Add(text)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"all.json", "all.csv", "changes.json"} {
		text, err := os.ReadFile(filepath.Join("../report/testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		once := joinBytes(t, text)
		seen := map[object]bool{}
		for _, r := range once.rows {
			said, _, err := cutRecord(appendRecord(nil, told, 1, &r))
			if err != nil || seen[said.Object] {
				t.Fatalf("%+v comes twice, or cannot be read: %v", r, err)
			}
			seen[said.Object] = true
		}
		twice := joinBytes(t, text, text)
		if !sameRows(once.rows, twice.rows) || once.head.Complete != twice.head.Complete {
			t.Errorf("%s\n%s", once.says(), twice.says())
		}
	})
}

// FuzzRecord: a record that is cut has the parts that it was made of.
func FuzzRecord(f *testing.F) {
	f.Add("key", "bucket", byte(1))
	f.Add("a\x00\x00b", "\x00", byte(0))
	f.Add("a\x00\x00b", "\x00\x00", byte(9))
	f.Fuzz(func(t *testing.T, key, bucket string, c byte) {
		row := report.Row{SourceKey: report.Text(key), SourceBucket: report.Text(bucket), TargetKey: "t", Status: "copied", Success: true}
		if c&8 != 0 {
			row.Status, row.Success, row.TargetBucket = reconcile.Misplaced, false, report.Text(bucket)
		}
		want := claim(c) % (guessed + 1)
		got, back, err := cutRecord(appendRecord(nil, want, int(c), &row))
		if err != nil || got.Claim != want || got.From != int(c) || got.Object != objectOf(&row) {
			t.Fatalf("%v %+v", err, got)
		}
		if Compare(&back, &row) != 0 {
			t.Errorf("%+v, want %+v", back, row)
		}
	})
}
