package report

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// oldReport stands where a report is to go.
var oldReport = firstHeader + "\n"

// TestLocal: the mode is the usual one, an old report is replaced, and nothing
// else is in the folder.
func TestLocal(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "Report.JSON")
	if err := os.WriteFile(path, []byte(oldReport), 0o644); err != nil {
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
	if err := os.WriteFile(path, []byte(oldReport), 0o644); err != nil {
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
	if !errors.As(err, &undelivered) || !errors.Is(err, extsort.ErrRecord) || undelivered.Destination != path || undelivered.Kept != "" {
		t.Errorf("%v", err)
	}
	if readFile(t, path) != oldReport || len(files(t, dir)) != 1 || len(files(t, temp)) != 0 {
		t.Errorf("%q, files %v %v", readFile(t, path), files(t, dir), files(t, temp))
	}
	if out.Len() != 0 || !strings.Contains(err.Error(), "standard output") {
		t.Errorf("half a report was printed, or it was not tried: %d bytes, %v", out.Len(), err)
	}
}

// TestBegunIsFinished: a report that is begun when a run is stopped already is
// written whole to local paths, and kept whole where nothing can be sent any
// more, each one under its own name.
func TestBegunIsFinished(t *testing.T) {
	dir, keep, temp := t.TempDir(), t.TempDir(), t.TempDir()
	r := newReport(t, Options{TempDir: temp})
	add(t, r, outcome("k", reconcile.Copied))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dests := []Destination{{"s3://b/1.json", JSON}, {"s3://b/2.csv", CSV}, {"-", JSON}, {filepath.Join(dir, "r.json"), JSON}}
	err := r.Write(ctx, testRun, nil, nil, dests, Sinks{KeepDir: keep})
	if !errors.Is(err, context.Canceled) || len(files(t, dir)) != 1 || len(files(t, keep)) != 3 || len(files(t, temp)) != 0 {
		t.Errorf("%v, files %v, kept %v, temporary %v", err, files(t, dir), files(t, keep), files(t, temp))
	}
	decode(t, readFile(t, dir, "r.json"))
	for _, name := range files(t, keep) {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v\ndoes not name %s", err, name)
		}
	}
}

// TestHangingDestinations: what hangs does not cost the others their report: the
// local one is written before, and each other one has all of the time.
func TestHangingDestinations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, keep := t.TempDir(), t.TempDir()
		r := newReport(t, Options{})
		add(t, r, outcome("k", reconcile.Copied))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var taken []string
		upload := func(ctx context.Context, at reconcile.Location, _ io.Reader, _ string, _ reconcile.Precondition) error {
			if at.Bucket == "hangs" {
				<-ctx.Done()
				return ctx.Err()
			}
			time.Sleep(900 * time.Millisecond)
			taken = append(taken, at.Key)
			return nil
		}
		pipe, reader := io.Pipe() // that nobody reads
		defer pipe.Close()
		dests := []Destination{{"s3://hangs/1.json", JSON}, {"-", JSON}, {"s3://slow/2.csv", CSV}, {filepath.Join(dir, "r.json"), JSON}}
		err := r.Write(ctx, testRun, nil, nil, dests, Sinks{Upload: upload, Stdout: reader, KeepDir: keep})
		if !errors.Is(err, context.DeadlineExceeded) || len(taken) != 1 || len(files(t, dir)) != 1 || len(files(t, keep)) != 2 {
			t.Errorf("%v, taken %v, files %v, kept %v", err, taken, files(t, dir), files(t, keep))
		}
	})
}

// TestForeign: what is no report of this program is never replaced, and the
// report is kept; nor does a plan's replace another command's.
func TestForeign(t *testing.T) {
	whole := func(command string) string {
		run := testRun
		run.Command = command
		var out strings.Builder
		r := newReport(t, Options{})
		add(t, r, outcome("k", reconcile.Copied))
		if err := r.Write(t.Context(), run, nil, nil, []Destination{{"-", JSON}}, Sinks{Stdout: &out}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for _, tt := range []struct {
		name, stands, command string
		replaced              bool
	}{
		{"nothing", "", "run", true},
		{"a report", whole("run"), "run", true},
		{"another command's", whole("plan"), "run", true},
		{"a plan's report by a plan's", whole("plan"), "plan", true},
		{"a run's report by a plan's", whole("run"), "plan", false},
		{"a report as CSV", readFile(t, "testdata", "all.csv"), "run", true},
		{"an old report", readFile(t, "testdata", "first.csv"), "run", true},
		{"an archived object", "HDF\x00\x01", "run", false},
		{"a plan", `{"plan_version":1,"run":"x","objects":0}`, "run", false},
		{"a shard map", `{"shard_map_version":1,"shards":[]}`, "run", false},
		{"somebody's JSON", `{"schema_version":1,"summary":{}}`, "run", false},
		{"somebody's CSV", "source_bucket,source_key\nb,k\n", "run", false},
	} {
		dir, keep := t.TempDir(), t.TempDir()
		path := filepath.Join(dir, "r.json")
		if err := os.WriteFile(path, []byte(tt.stands), 0o644); err != nil {
			t.Fatal(err)
		}
		uploaded := 0
		sinks := Sinks{
			KeepDir: keep,
			Upload: func(_ context.Context, _ reconcile.Location, _ io.Reader, _ string, when reconcile.Precondition) error {
				if uploaded++; when.IfMatch != "etag" || when.Off {
					t.Errorf("%s: uploaded under %+v", tt.name, when)
				}
				return nil
			},
			Standing: func(context.Context, reconcile.Location) (io.ReadCloser, string, error) {
				return io.NopCloser(strings.NewReader(tt.stands)), "etag", nil
			},
		}
		r := newReport(t, Options{})
		run := testRun
		run.Command = tt.command
		err := r.Write(t.Context(), run, nil, nil, []Destination{{path, JSON}, {"s3://b/r.json", JSON}}, sinks)
		checked := Destination{path, JSON}.Check(tt.command)
		if (err == nil) != tt.replaced || (readFile(t, path) == tt.stands) == tt.replaced || (uploaded == 1) != tt.replaced {
			t.Errorf("%s: %v, uploaded %d", tt.name, err, uploaded)
		}
		if !tt.replaced && (checked == nil || len(files(t, keep)) != 2 || len(files(t, dir)) != 1) {
			t.Errorf("%s: check %v, kept %v, files %v", tt.name, checked, files(t, keep), files(t, dir))
		}
	}
}

// TestStandingConditions: a new object must not be there, one that cannot be
// looked at is not replaced, and one that changes meanwhile is looked at again.
func TestStandingConditions(t *testing.T) {
	own := readFile(t, "testdata", "all.csv")
	for name, tt := range map[string]struct {
		err     error
		refused int // uploads
		want    []reconcile.Precondition
		ok      bool
	}{
		"nothing there":     {reconcile.NotFound, 0, []reconcile.Precondition{{}}, true},
		"may not look":      {reconcile.AccessDenied, 9, []reconcile.Precondition{{}, {}}, false},
		"written meanwhile": {nil, 1, []reconcile.Precondition{{IfMatch: "1"}, {IfMatch: "2"}}, true},
		"again and again":   {nil, 9, []reconcile.Precondition{{IfMatch: "1"}, {IfMatch: "2"}}, false},
		"cannot look":       {reconcile.Network, 0, nil, false},
	} {
		var got []reconcile.Precondition
		looks := 0
		sinks := Sinks{
			KeepDir: t.TempDir(),
			Upload: func(_ context.Context, _ reconcile.Location, _ io.Reader, _ string, when reconcile.Precondition) error {
				if got = append(got, when); len(got) <= tt.refused {
					return &reconcile.Error{Op: "PutObject", Kind: reconcile.Conflict, Status: 412}
				}
				return nil
			},
			Standing: func(context.Context, reconcile.Location) (io.ReadCloser, string, error) {
				looks++
				return io.NopCloser(strings.NewReader(own)), strconv.Itoa(looks), tt.err
			},
		}
		r := newReport(t, Options{})
		err := r.Write(t.Context(), testRun, nil, nil, []Destination{{"s3://b/r.csv", CSV}}, sinks)
		if (err == nil) != tt.ok || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, under %+v", name, err, got)
		}
	}
}

// TestNoTemporaryFolder: where no folder can be written to, reports are
// delivered from memory.
func TestNoTemporaryFolder(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "none")
	var got strings.Builder
	upload := func(_ context.Context, _ reconcile.Location, body io.Reader, _ string, _ reconcile.Precondition) error {
		_, err := io.Copy(&got, body)
		return err
	}
	var out strings.Builder
	r := newReport(t, Options{TempDir: nowhere})
	add(t, r, outcome("k", reconcile.Copied))
	err := r.Write(t.Context(), testRun, nil, nil, []Destination{{"s3://b/r.json", JSON}, {"-", JSON}}, Sinks{Upload: upload, Stdout: &out, KeepDir: nowhere})
	if _, rows := decode(t, got.String()); err != nil || len(rows) != 1 || out.String() != got.String() {
		t.Errorf("%v\n%s", err, got.String())
	}
}

func TestUpload(t *testing.T) {
	temp := t.TempDir()
	r := newReport(t, Options{TempDir: temp})
	add(t, r, outcome("k", reconcile.Copied))
	var got []string
	upload := func(_ context.Context, at reconcile.Location, body io.Reader, contentType string, _ reconcile.Precondition) error {
		length, err := body.(io.Seeker).Seek(0, io.SeekEnd) // as an uploader does, to know it
		body.(io.Seeker).Seek(0, io.SeekStart)
		b, readErr := io.ReadAll(body)
		if int64(len(b)) != length || readErr != nil {
			t.Errorf("%d bytes, and there are %d: %v", length, len(b), readErr)
		}
		got = append(got, at.Bucket, at.Key, contentType, string(b))
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
	upload := func(context.Context, reconcile.Location, io.Reader, string, reconcile.Precondition) error {
		return denied
	}
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
