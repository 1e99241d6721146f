package report

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

func TestEscapeCell(t *testing.T) {
	tests := []struct{ value, cell string }{
		{"", ""}, {"data/a b,c\"d.hdf", "data/a b,c\"d.hdf"}, {"a=b'c", "a=b'c"}, {"é🎉\u202e", "é🎉\u202e"},
		{"=1", "'=1"}, {"+1", "'+1"}, {"-1", "'-1"}, {"@x", "'@x"}, {"'", "''"}, {"''", "'''"}, {"\ta", `'\ta`}, {"\ra", `'\ra`}, {"=é", "'=é"},
		{"\na", `\na`}, {`a\b`, `a\\b`}, {`\`, `\\`}, {"\x00\x1f\x7f", `\x00\x1f\x7f`}, {"\u0085\u2028", `\xc2\x85\xe2\x80\xa8`},
		{"\uFEFFa\uFEFF", `\xef\xbb\xbfa` + "\uFEFF"}, {"a\xffb", `a\xffb`}, {"\uFFFD", "\uFFFD"},
	}
	for _, tt := range tests {
		if got := EscapeCell(tt.value); got != tt.cell {
			t.Errorf("EscapeCell(%q) = %q, want %q", tt.value, got, tt.cell)
		}
		if got, err := UnescapeCell(tt.cell); got != tt.value || err != nil {
			t.Errorf("UnescapeCell(%q) = %q, %v, want %q", tt.cell, got, err, tt.value)
		}
	}
	for _, cell := range []string{`\`, `a\`, `\q`, `\x`, `\x1`, `\xzz`, `\x+1`} {
		if got, err := UnescapeCell(cell); err == nil {
			t.Errorf("UnescapeCell(%q) = %q, want an error", cell, got)
		}
	}
}

func FuzzCell(f *testing.F) {
	for _, k := range oddKeys() {
		f.Add(k)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		cell := EscapeCell(value)
		if strings.IndexAny(cell, "=+-@\t\r\n\x00") == 0 || strings.ContainsAny(cell, "\r\n") {
			t.Errorf("EscapeCell(%q) = %q", value, cell)
		}
		w.Write([]string{"x", cell, "y"})
		w.Flush()
		record, err := csv.NewReader(&b).Read()
		if err != nil || len(record) != 3 || record[1] != cell {
			t.Fatalf("%q was read as %q, %v", cell, record, err)
		}
		if got, err := UnescapeCell(record[1]); got != value || err != nil {
			t.Errorf("%q came back as %q, %v", value, got, err)
		}
	})
}

// TestPythonReads has Python's csv module read the odd keys, with the very
// lines that the documentation gives.
func TestPythonReads(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	r := newReport(t, Options{})
	keys := append(oddKeys(), "broken\xff", "\xc3", "a\xf0\x9f\x8e")
	for _, k := range keys {
		add(t, r, outcome(k, reconcile.Copied))
	}
	path := filepath.Join(t.TempDir(), "report.csv")
	if err := os.WriteFile(path, []byte(encoded(t, r, CSV)), 0o600); err != nil {
		t.Fatal(err)
	}
	script := readFile(t, "testdata", "unescape.py") + `
import sys
for row in read(sys.argv[1]):
    print(row["target_key"].encode("utf-8", "surrogateescape").hex())
`
	out, err := exec.Command(python, "-c", script, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	slices.Sort(keys)
	lines := strings.Fields(string(out))
	if len(lines) != len(keys) {
		t.Fatalf("Python reads %d rows, want %d", len(lines), len(keys))
	}
	for i, line := range lines {
		if line != hex.EncodeToString([]byte(keys[i])) {
			t.Errorf("Python reads %s for %q", line, keys[i])
		}
	}
}

// TestPythonInDoc: the package's comment shows what the test has run.
func TestPythonInDoc(t *testing.T) {
	doc := readFile(t, "doc.go")
	for line := range strings.Lines(readFile(t, "testdata", "unescape.py")) {
		if line != "\n" && !strings.Contains(doc, "//\t"+line) {
			t.Errorf("doc.go lacks %q", line)
		}
	}
}
