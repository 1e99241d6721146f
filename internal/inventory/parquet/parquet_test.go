package parquet_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"reconcile/internal/inventory/parquet"
)

// fixtures are Parquet files that another library has written; see
// ../testdata/README.md. What stands in them is compared in the package above,
// and with a second library in test/integration.
func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("../testdata/*.parquet")
	if err != nil || len(names) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		if all[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// readAll reads every column that can be read, and returns the number of values.
func readAll(b []byte) (n int, err error) {
	f, err := parquet.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return 0, err
	}
	for g := range f.Groups {
		for i := range f.Columns {
			c, err := f.Column(g, i)
			for err == nil {
				if _, err = c.Next(); err == nil {
					n++
				}
				if n > 1<<20 {
					return n, errors.New("endless")
				}
			}
			if err != io.EOF {
				return n, err
			}
		}
	}
	return n, nil
}

// TestEveryValue: a file has as many values in each column as it has rows.
func TestEveryValue(t *testing.T) {
	for name, b := range fixtures(t) {
		f, err := parquet.Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n, err := readAll(b); err != nil || int64(n) != f.Rows*int64(len(f.Columns)) {
			t.Errorf("%s: %d values of %d rows and %d columns: %v", name, n, f.Rows, len(f.Columns), err)
		}
	}
}

// TestTruncated: no file that was cut off can be opened: its end is the footer.
func TestTruncated(t *testing.T) {
	b := fixtures(t)["micros.parquet"]
	for n := range b {
		if _, err := parquet.Open(bytes.NewReader(b[:n]), int64(n)); err == nil {
			t.Fatalf("%d of %d bytes were opened", n, len(b))
		}
	}
}

// FuzzFile: whatever the file, reading it ends, with values or an error.
func FuzzFile(f *testing.F) {
	for _, b := range fixtures(f) {
		if len(b) < 16<<10 { // mutations of large ones take long to try
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) { readAll(b) })
}
