package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// htmlOut is where the tests of test/web have the pages made that they open in a
// browser: go test ./internal/report -run PagesForABrowser -args -html-out DIR
var htmlOut = flag.String("html-out", "", "write pages for a browser to this folder")

// hostileKeys are such as a stranger could give to an object.
var hostileKeys = []string{
	`<script>window.hacked = 1</script>`, `"><img src=x onerror="window.hacked = 1">`, `</script><script>window.hacked=1</script>`,
	`{{.}}`, "${window.hacked=1}", "javascript:window.hacked=1", "\u202egpj.exe", "=cmd|' /C calc'!A0", "a\u0000b\u0001k\u0001", "new\nline\ttab", "<!--", "]]>",
	"\u2028\u2029", `\x3cscript\x3e`, "é漢字🛰", strings.Repeat("k", 1024), "&lt;b&gt;", "'single' \"double\" `back`",
}

// hostileReport has n rows, most of them of hostile keys.
func hostileReport(t testing.TB, n int) *Report {
	t.Helper()
	r := New(Options{Rows: RowsAll, Command: "run", TempDir: t.TempDir()})
	t.Cleanup(func() { r.Close() })
	statuses := []reconcile.Status{reconcile.Copied, reconcile.Present, reconcile.Failed, reconcile.Differs}
	for i := range n {
		o := reconcile.Outcome{Status: statuses[i%len(statuses)], Attempts: 1}
		o.Source.Bucket, o.Source.Key = "the-glacier", fmt.Sprintf("%07d/%s", i, hostileKeys[i%len(hostileKeys)])
		if n > 100_000 {
			o.Source.Key = fmt.Sprintf("2026/%03d/MOD09GQ.A2026%07d.h21v08.061.hdf", i/1000, i)
		}
		o.Source.Size, o.Source.ETag, o.Source.StorageClass = int64(i)*1000, fmt.Sprintf("%032x", i), "GLACIER"
		o.Target.Bucket, o.Target.Key = "the-archive", o.Source.Key
		switch o.Status {
		case reconcile.Copied, reconcile.Present:
			o.Proof = reconcile.ProofETag
		case reconcile.Failed:
			o.ErrorKind, o.ErrorCode, o.Message = reconcile.AccessDenied, "AccessDenied", "CopyObject s3://the-archive/"+o.Source.Key+": AccessDenied: <b>no</b>"
		}
		if err := r.Add(o); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func hostilePage(t testing.TB, n int) []byte {
	t.Helper()
	run := Run{
		ID: "20260101T000000Z-00000000", Command: "run", Version: `<script>window.hacked=1</script>`, Source: "the-glacier", Prefix: hostileKeys[0],
		StartedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), FinishedAt: time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC),
		Complete: true, Targets: []string{hostileKeys[1]}, Notes: []string{hostileKeys[2]}, Settings: map[string]any{"rules": hostileKeys[0]},
	}
	var b bytes.Buffer
	err := hostileReport(t, n).Write(context.Background(), run, map[string]int64{"CopyObject": 3}, nil,
		[]Destination{{Path: stdoutPath, Format: HTML}}, Sinks{Stdout: &b})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestHTMLRows: the page has every row, cell by cell, as the CSV has them.
func TestHTMLRows(t *testing.T) {
	var data struct {
		Columns []struct {
			Name string
			Few  bool
		}
		Rows        [][]any
		Left        int
		LeftNotGood int
	}
	page := hostilePage(t, 500)
	m := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindSubmatch(page)
	if m == nil {
		t.Fatal("the page has no rows")
	}
	if err := json.Unmarshal(m[1], &data); err != nil {
		t.Fatal(err)
	}
	if len(data.Rows) != 500 || data.Left != 0 || len(data.Columns) != len(columns) {
		t.Fatalf("%d rows, %d left, %d columns", len(data.Rows), data.Left, len(data.Columns))
	}
	key := func(i int) string { return fmt.Sprintf("%07d/%s", i, hostileKeys[i%len(hostileKeys)]) }
	cells := make([]string, len(columns))
	var seen []string
	for i, packed := range data.Rows {
		next := 2
		for j := range cells {
			if int(packed[j/30].(float64))&(1<<(j%30)) != 0 {
				number, isNumber := packed[next].(float64)
				if isNumber && number >= 0 {
					cells[j] = cells[int(number)]
				} else {
					if isNumber {
						cells[j] = seen[-1-int(number)]
					} else if cells[j] = packed[next].(string); data.Columns[j].Few && len(cells[j]) > 4 {
						seen = append(seen, cells[j])
					}
					if j > 1 {
						cells[j] = strings.NewReplacer("\x01k", cells[1], "\x01m", "\x01").Replace(cells[j])
					}
				}
				next++
			}
		}
		if next != len(packed) || cells[1] != key(i) || cells[3] != key(i) || cells[4] != fmt.Sprint(i*1000) || cells[5] != fmt.Sprintf("%032x", i) {
			t.Fatalf("row %d is %q", i, cells)
		}
		want := ""
		if i%4 == 2 {
			want = "CopyObject s3://the-archive/" + key(i) + ": AccessDenied: <b>no</b>"
		}
		if cells[10] != want {
			t.Errorf("row %d: err_msg %q, want %q", i, cells[10], want)
		}
	}
}

// TestHTMLHostile: nothing that is data stands in the page as markup.
func TestHTMLHostile(t *testing.T) {
	page := string(hostilePage(t, 200))
	text := regexp.MustCompile(`(?s)<script type="application/json".*?</script>`).ReplaceAllString(page, "")
	if strings.ContainsAny(text, "\u202e\u2028") {
		t.Error("what turns or breaks lines stands in the text")
	}
	for _, bad := range []string{"<script>window", "<img", "onerror=\"window", "<b>no"} {
		if i := strings.Index(page, bad); i >= 0 {
			t.Errorf("%q stands in the page: …%s…", bad, page[max(0, i-60):min(len(page), i+80)])
		}
	}
	if n := strings.Count(page, "<script"); n != 2 {
		t.Errorf("%d scripts, want the data and the page's own", n)
	}
}

// TestHTMLPolicy: the policy names the digests of what stands in the page, and
// allows nothing else.
func TestHTMLPolicy(t *testing.T) {
	page := hostilePage(t, 1)
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindSubmatch(page)
	if policy == nil || !bytes.Contains(policy[1], []byte("default-src &#39;none&#39;")) {
		t.Fatalf("policy %q", policy)
	}
	for _, pattern := range []string{`(?s)<style>(.*?)</style>`, `(?s)<script>(.*?)</script>`} {
		m := regexp.MustCompile(pattern).FindSubmatch(page)
		sum := sha256.Sum256(m[1])
		want := strings.ReplaceAll("sha256-"+base64.StdEncoding.EncodeToString(sum[:]), "+", "&#43;")
		if !bytes.Contains(policy[1], []byte(want)) {
			t.Errorf("%s: the policy %s lacks %s", pattern, policy[1], want)
		}
	}
	if m := regexp.MustCompile(`(?i)\s(src|href|style|on[a-z]+)=["'][^"'#]`).Find(page); m != nil {
		t.Errorf("the page has %s", m)
	}
}

// TestHTMLSize: a page stays below 10 MiB whatever the report, keeps rows that
// somebody has to look at before others, and says how many it has no place for.
func TestHTMLSize(t *testing.T) {
	n := 52_000
	if raceEnabled {
		t.Skip("the same without")
	}
	page := hostilePage(t, n)
	if len(page) > 10<<20 {
		t.Errorf("%d bytes", len(page))
	}
	m := regexp.MustCompile(`"left":(\d+),"leftNotGood":(\d+)}`).FindSubmatch(page)
	rows := bytes.Count(page, []byte("\n[")) + 1
	if m == nil || rows < 20_000 {
		t.Fatalf("%d rows, left %s", rows, m)
	}
	var left, leftNotGood int
	fmt.Sscan(string(m[1]), &left)
	fmt.Sscan(string(m[2]), &leftNotGood)
	if left+rows != n || leftNotGood >= left {
		t.Errorf("%d rows and %d left of %d; of those %d not good", rows, left, n, leftNotGood)
	}
	t.Logf("%d objects: %.1f MiB with %d rows", n, float64(len(page))/(1<<20), rows)
}

// TestPagesForABrowser writes the pages that test/web opens.
func TestPagesForABrowser(t *testing.T) {
	if *htmlOut == "" {
		t.Skip("no -html-out")
	}
	write := func(name string, page []byte) {
		if err := os.WriteFile(filepath.Join(*htmlOut, name), page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("charts.json", []byte(encoded(t, partsReport(t), JSON)))
	write("charts.html", []byte(encoded(t, partsReport(t), HTML)))
	for name, n := range map[string]int{"hostile.html": 50_000, "million.html": 1_000_000} {
		write(name, hostilePage(t, n))
	}
}
