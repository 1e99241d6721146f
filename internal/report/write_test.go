package report

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// TestLocal: the mode is the usual one, an old report is replaced, and nothing
// else is in the folder.
func TestLocal(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "Report.JSON")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := newReport(t, Options{})
	add(t, r, outcome("k", reconcile.Copied))
	d, err := ParseDestination(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(t.Context(), testRun, nil, nil, []Destination{d}, Sinks{}); err != nil {
		t.Fatal(err)
	}
	if _, rows := decode(t, readFile(t, path)); len(rows) != 1 {
		t.Errorf("%d rows", len(rows))
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&^0o644 != 0 || info.Mode().Perm()&0o600 != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if left := files(t, dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// TestOldReportStays: when encoding fails midway the old report is whole, no
// file is left aside, and the other destinations are still tried.
func TestOldReportStays(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.csv")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	r := newReport(t, Options{TempDir: temp})
	for i := range 5000 {
		add(t, r, outcome(strings.Repeat("k", i%900+1), reconcile.Copied))
	}
	if err := r.rows.Add([]byte{0xff}); err != nil { // a broken record, which comes last
		t.Fatal(err)
	}
	var out strings.Builder
	err := r.Write(t.Context(), testRun, nil, nil, []Destination{{path, CSV}, {"-", JSON}}, Sinks{Stdout: &out, KeepDir: dir})
	var undelivered *UndeliveredError
	if !errors.As(err, &undelivered) || !errors.Is(err, errRecord) || undelivered.Destination != path || undelivered.Kept != "" {
		t.Errorf("%v", err)
	}
	if readFile(t, path) != "old" || len(files(t, dir)) != 1 || len(files(t, temp)) != 0 {
		t.Errorf("%q, files %v %v", readFile(t, path), files(t, dir), files(t, temp))
	}
	if out.Len() == 0 {
		t.Error("the second destination was not tried")
	}
}

func TestCanceledWrite(t *testing.T) {
	dir := t.TempDir()
	r := newReport(t, Options{})
	add(t, r, outcome("k", reconcile.Copied))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := r.Write(ctx, testRun, nil, nil, []Destination{{filepath.Join(dir, "r.json"), JSON}}, Sinks{})
	if !errors.Is(err, context.Canceled) || len(files(t, dir)) != 0 {
		t.Errorf("%v, files %v", err, files(t, dir))
	}
}

func TestUpload(t *testing.T) {
	temp := t.TempDir()
	r := newReport(t, Options{TempDir: temp})
	add(t, r, outcome("k", reconcile.Copied))
	var got []string
	upload := func(_ context.Context, bucket, key string, body io.Reader, contentType string) error {
		b, err := io.ReadAll(body)
		got = append(got, bucket, key, contentType, string(b))
		return err
	}
	dests := []Destination{{"s3://b/a/r.csv", CSV}}
	if err := r.Write(t.Context(), testRun, nil, nil, dests, Sinks{Upload: upload}); err != nil {
		t.Fatal(err)
	}
	if got[0] != "b" || got[1] != "a/r.csv" || got[2] != "text/csv; charset=utf-8" || got[3] != encoded(t, r, CSV) {
		t.Errorf("%q", got)
	}
	if left := files(t, temp); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestUploadFails: reports that were not taken are kept, each under its own
// name, and the error says where.
func TestUploadFails(t *testing.T) {
	temp, keep, dir := t.TempDir(), t.TempDir(), t.TempDir()
	r := newReport(t, Options{TempDir: temp})
	add(t, r, outcome("k", reconcile.Copied))
	denied := &reconcile.Error{Op: "PutObject", Kind: reconcile.AccessDenied}
	upload := func(context.Context, string, string, io.Reader, string) error { return denied }
	dests := []Destination{{"s3://b/a/../r.json", JSON}, {"s3://c/a/../r.json", JSON}, {filepath.Join(dir, "r.csv"), CSV}}
	err := r.Write(t.Context(), testRun, nil, nil, dests, Sinks{Upload: upload, KeepDir: keep})
	if !errors.Is(err, reconcile.AccessDenied) {
		t.Fatalf("%v", err)
	}
	for _, name := range []string{"a_.._r-20261123T120000Z-1a2b.json", "a_.._r-20261123T120000Z-1a2b-2.json"} {
		kept := filepath.Join(keep, name)
		if !strings.Contains(err.Error(), kept) {
			t.Errorf("%v\ndoes not name %s", err, kept)
		}
		if _, rows := decode(t, readFile(t, kept)); len(rows) != 1 {
			t.Errorf("%s has %d rows", kept, len(rows))
		}
	}
	if len(files(t, dir)) != 1 || len(files(t, temp)) != 0 {
		t.Errorf("files %v %v", files(t, dir), files(t, temp))
	}
}

// TestKeepFails: the report stays in the temporary file, which is named.
func TestKeepFails(t *testing.T) {
	temp := t.TempDir()
	r := newReport(t, Options{TempDir: temp})
	err := r.Write(t.Context(), testRun, nil, nil, []Destination{{"s3://b/r.json", JSON}}, Sinks{KeepDir: filepath.Join(temp, "none")})
	var undelivered *UndeliveredError
	if !errors.As(err, &undelivered) || filepath.Dir(undelivered.Kept) != temp {
		t.Fatalf("%v", err)
	}
	decode(t, readFile(t, undelivered.Kept))
}

// TestFolderGone: a local report whose folder went away is kept as well.
func TestFolderGone(t *testing.T) {
	keep := t.TempDir()
	r := newReport(t, Options{})
	err := r.Write(t.Context(), testRun, nil, nil, []Destination{{filepath.Join(keep, "gone", "r.csv"), CSV}}, Sinks{KeepDir: keep})
	var undelivered *UndeliveredError
	if !errors.As(err, &undelivered) || undelivered.Kept != filepath.Join(keep, "r-20261123T120000Z-1a2b.csv") {
		t.Fatalf("%v", err)
	}
	if readFile(t, undelivered.Kept) != encoded(t, r, CSV) {
		t.Error("another report was kept")
	}
}
