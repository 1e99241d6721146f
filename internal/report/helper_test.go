package report

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

func init() { debug.SetGCPercent(400) } // TestMemory sets its own

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var testRun = Run{
	ID: "20261123T120000Z-1a2b", Command: "run", Version: "1.2.3",
	StartedAt: noon, FinishedAt: noon.Add(61500 * time.Millisecond), Complete: true,
	Source: "glacier", Targets: []string{"protected", "public"},
}

// newReport returns an empty report with all rows that is closed at the end.
func newReport(t testing.TB, opt Options) *Report {
	if opt.Rows == "" {
		opt.Rows = RowsAll
	}
	if opt.TempDir == "" {
		opt.TempDir = t.TempDir()
	}
	opt.Now = func() time.Time { return noon }
	r := New(opt)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func add(t testing.TB, r *Report, outcomes ...reconcile.Outcome) {
	t.Helper()
	for _, o := range outcomes {
		if err := r.Add(o); err != nil {
			t.Fatal(err)
		}
	}
}

// encoded writes the report in one format and returns it.
func encoded(t testing.TB, r *Report, f Format) string {
	t.Helper()
	var out bytes.Buffer
	err := r.Write(context.Background(), testRun, nil, nil, []Destination{{Path: "-", Format: f}}, Sinks{Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// outcome is a plausible one of the status, with everything that it can have.
func outcome(key string, status reconcile.Status) reconcile.Outcome {
	o := reconcile.Outcome{
		Source: reconcile.Object{
			Location: reconcile.Location{Bucket: "glacier", Key: key},
			Size:     1234, ETag: "9a0364b9e99bb480dd25e1f0284c8555-3", StorageClass: "DEEP_ARCHIVE",
			Restore: reconcile.RestoreState{Phase: reconcile.Restored, Expiry: noon.Add(20 * time.Hour)},
		},
		Target: reconcile.Object{Location: reconcile.Location{Bucket: "protected", Key: key}},
		Status: status, Attempts: 2, Elapsed: 1500 * time.Millisecond,
	}
	switch {
	case status == reconcile.Copied:
		o.Method, o.Proof = reconcile.MethodMultipart, reconcile.ProofETag
		compare(&o, reconcile.EvidenceCopy)
	case status == reconcile.Present:
		o.Proof = reconcile.ProofSize
		compare(&o, reconcile.EvidenceInventory.Of("2026-11-22"))
		o.Target.Checksum.Value = "AAAAAA=="
	case status == reconcile.Differs:
		compare(&o, reconcile.EvidenceHead)
		o.Target.ETag, o.Compared[reconcile.AspectETag] = "77", reconcile.Disagrees
		o.Catalog = reconcile.CatalogMismatch
	case status == reconcile.NotRestored:
		o.Archive = reconcile.ArchiveNotLooked
	case status == reconcile.Misplaced:
		o.Leak = true
	case status == reconcile.Orphan:
		o.Source = reconcile.Object{}
	case status == reconcile.Unrouted, status == reconcile.Excluded:
		o.Target, o.TargetSeen = reconcile.Object{}, false
	case status == reconcile.Failed:
		o.Refused, o.ErrorCode, o.ErrorBucket = 7, "AccessDenied", "protected"
		o.GranuleID, o.CollectionID = "g1", "MOD09GQ___006"
		o.ErrorKind, o.Message = reconcile.AccessDenied, `CopyObject s3://protected/a: AccessDenied: "no, <never> & not you"`
	}
	return o
}

// compare gives an outcome both sides, equal ones.
func compare(o *reconcile.Outcome, e reconcile.Evidence) {
	o.Source.LastModified, o.Source.VersionID = noon.Add(-48*time.Hour), "v1"
	o.Source.Checksum = reconcile.Checksum{Algorithm: "CRC32", Type: reconcile.FullObject, Value: "y/Q5Jg=="}
	at := o.Target.Location
	o.Target, o.TargetSeen = o.Source, true
	o.Target.Location, o.Target.VersionID, o.Target.StorageClass = at, "v2", "STANDARD"
	o.Target.Restore = reconcile.RestoreState{}
	o.Compared, o.Evidence, o.VerifiedAt = reconcile.CompareAspects(&o.Source, &o.Target), e, noon
}

// oddKeys are keys that break careless formats.
func oddKeys() []string {
	keys := []string{
		" leading", "trailing ", "a b+c", "a%2Bb", "a+b", `quote"quote`, `"`, `""`, "'", "''", "'=1", "line\nbreak", "cr\rlf\r\n",
		"\r", "\n", "\t", "tab\tinside", "\ttab first", "\x01", "nul\x00nul", "\x7f", "\x1b[31mred", "emoji 🎉", "//", "/", "./..", "../x", "a//b",
		"=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", ",", "a,b", ";", `back\slash`, `\`, `\\`, `\.`, `\n`, `\x41`, `'\t`,
		"<a href='x'>&amp;</a>", "\u2028", "\u2029x", "\uFEFFbom", "in\uFEFFside", "\u0085next", "\uFFFD", "\u202Ertl", "é", "e\u0301",
		strings.Repeat("k", 1024), strings.Repeat("é", 512), strings.Repeat("\\", 1024), "null", "true", "0", "1e5", "#comment", "\U0010FFFF",
	}
	pieces := []string{"a", "=", "+", "-", "@", "'", `"`, ",", "\n", "\r", "\t", "\x00", "\x1f", `\`, "x41", " ", "/", "%2B", "🎉", "\u2028", "\uFEFF", "é"}
	rng := rand.New(rand.NewPCG(1, 2))
	for len(keys) < 250 {
		var b strings.Builder
		for range 1 + rng.IntN(8) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		keys = append(keys, fmt.Sprint(b.String(), len(keys)))
	}
	return keys
}

// files lists what is in a folder.
func files(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func readFile(t testing.TB, parts ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
