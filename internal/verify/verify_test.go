package verify

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/storage"
)

// run writes the reports of one run, an hour after the one before.
func run(t *testing.T, n int, paths ...string) {
	t.Helper()
	at := time.Unix(int64(n)*3600, 0)
	r := report.New(report.Options{Command: "run", TempDir: t.TempDir(), Now: func() time.Time { return at }})
	defer r.Close()
	var dests []report.Destination
	for _, path := range paths {
		d, err := report.ParseDestination(path)
		if err != nil {
			t.Fatal(err)
		}
		dests = append(dests, d)
	}
	about := report.Run{ID: fmt.Sprint("run", n), Command: "run", Complete: true, StartedAt: at, FinishedAt: at}
	if err := r.Write(t.Context(), about, nil, nil, dests, report.Sinks{Manifests: true}); err != nil {
		t.Fatal(err)
	}
}

func open(ctx context.Context, folder, name string) (io.ReadCloser, error) {
	dir, err := storage.OpenDir(folder)
	if err != nil {
		return nil, err
	}
	return dir.Open(ctx, name)
}

// results are the findings as "VERDICT file", sorted.
func results(t *testing.T, dir string, names ...string) string {
	t.Helper()
	var all []string
	for i := range names {
		names[i] = filepath.Join(dir, names[i])
	}
	err := Reports(t.Context(), names, open, nil, func(f Finding) {
		all = append(all, fmt.Sprint(f.Result, " ", filepath.Base(f.What)))
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// TestReports: what was done to the files of three runs is said, and nothing
// else is.
func TestReports(t *testing.T) {
	t.Parallel()
	const m = report.ManifestSuffix
	edit := func(old, new string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			text, err := os.ReadFile(path)
			if err != nil || !bytes.Contains(text, []byte(old)) {
				t.Fatalf("%v: %q is not in %s", err, old, text)
			}
			os.WriteFile(path, bytes.Replace(text, []byte(old), []byte(new), 1), 0o600)
		}
	}
	remove := func(t *testing.T, path string) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		file string
		do   func(t *testing.T, path string)
		ask  []string
		want string
	}{
		{name: "nothing", ask: []string{"1.json", "2.json", "3.json"}, want: "as written 1.json; as written 2.json; as written 3.json; not looked at 2.csv"},
		{name: "manifests", ask: []string{"1.json" + m, "2.csv" + m, "LATEST" + m}, want: "as written 1.json; as written 2.csv; as written 2.json; as written 3.json"},
		{name: "one alone", ask: []string{"1.json"}, want: "as written 1.json; not looked at 1.json" + m + "; not looked at LATEST" + m},
		{name: "altered", file: "2.json", do: edit("true", "True"), ask: []string{"2.json"}, want: "ALTERED 2.json"},
		{name: "longer", file: "2.json", do: edit("true", "true "), ask: []string{"2.json"}, want: "ALTERED 2.json"},
		{name: "missing", file: "2.json", do: remove, ask: []string{"2.json"}, want: "MISSING 2.json"},
		{name: "never there", ask: []string{"9.json"}, want: "MISSING 9.json"},
		{name: "no manifest", file: "2.json" + m, do: remove, ask: []string{"2.json"}, want: "NO MANIFEST 2.json"},
		{name: "no such manifest", ask: []string{"9.json" + m}, want: "MISSING 9.json" + m},
		{name: "a manifest altered", file: "2.json" + m, do: edit(`"complete": true`, `"complete": false`), ask: []string{"1.json", "2.json", "3.json"}, want: "OUT OF CHAIN 2.json" + m},
		{name: "the last manifest altered", file: "3.json" + m, do: edit(`"complete": true`, `"complete": false`), ask: []string{"3.json"}, want: "OUT OF CHAIN 3.json" + m},
		{name: "LATEST altered", file: "LATEST" + m, do: edit(`"complete": true`, `"complete": false`), ask: []string{"3.json"}, want: "OUT OF CHAIN "},
		{name: "LATEST gone", file: "LATEST" + m, do: remove, ask: []string{"3.json"}, want: "OUT OF CHAIN LATEST" + m},
		{name: "not a manifest any more", file: "3.json" + m, do: edit("manifest_version", "manifest"), ask: []string{"3.json"}, want: "ALTERED 3.json" + m},
		{name: "reordered", file: "2.json" + m, do: edit("1970-01-01T02", "1970-01-01T05"), ask: []string{"1.json", "2.json", "3.json"}, want: "OUT OF CHAIN 2.json" + m},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			run(t, 1, filepath.Join(dir, "1.json"))
			run(t, 2, filepath.Join(dir, "2.json"), filepath.Join(dir, "2.csv"))
			run(t, 3, filepath.Join(dir, "3.json"))
			if tt.do != nil {
				tt.do(t, filepath.Join(dir, tt.file))
			}
			got := results(t, dir, tt.ask...)
			if tt.do == nil && got != tt.want && !strings.HasPrefix(tt.want, "MISSING") || !strings.Contains(got, tt.want) {
				t.Errorf("%s; want %s", got, tt.want)
			}
		})
	}
}

// TestOlderReport: a report that was put back over a newer one of its name, with
// its manifest, is seen, although the two agree.
func TestOlderReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "1.json")
	both := []string{path, path + report.ManifestSuffix}
	run(t, 1, path)
	var older [][]byte
	for _, name := range both {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		older = append(older, text)
	}
	run(t, 2, path)
	if got := results(t, dir, "1.json"); strings.Contains(got, string(OutOfChain)) {
		t.Fatal(got)
	}
	for i, name := range both {
		os.WriteFile(name, older[i], 0o600)
	}
	if got := results(t, dir, "1.json"); got != "OUT OF CHAIN 1.json; as written 1.json" {
		t.Error(got)
	}
}

// TestCutManifest: what is wrong with a manifest is said once, on one line,
// however it is asked for.
func TestCutManifest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run(t, 1, filepath.Join(dir, "1.json"))
	path := filepath.Join(dir, "1.json"+report.ManifestSuffix)
	os.Truncate(path, 100)
	var got []string
	err := Reports(t.Context(), []string{filepath.Join(dir, "1.json"), path}, open, nil, func(f Finding) { got = append(got, f.Why) })
	if want := []string{"manifest: unexpected end of JSON input"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %q; want %q", err, got, want)
	}
}

// TestRemoved: a chain that was begun anew after its last manifest was removed is
// seen where both parts are given.
func TestRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run(t, 1, filepath.Join(dir, "1.json"))
	os.Remove(filepath.Join(dir, report.LatestManifest))
	run(t, 2, filepath.Join(dir, "2.json"))
	if got := results(t, dir, "1.json", "2.json"); !strings.Contains(got, "OUT OF CHAIN 2.json") {
		t.Error(got)
	}
}

// TestAtTheSameTime: runs that write in one folder at the same time come after
// one another.
func TestAtTheSameTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var all sync.WaitGroup
	var names []string
	for i := range 8 {
		name := fmt.Sprint(i, ".json")
		names = append(names, name)
		all.Go(func() { run(t, 1, filepath.Join(dir, name)) })
	}
	all.Wait()
	if got := results(t, dir, names...); strings.Contains(got, string(OutOfChain)) {
		t.Error(got)
	}
}

// TestForeign: a manifest replaces nothing that is none.
func TestForeign(t *testing.T) {
	t.Parallel()
	for _, name := range []string{report.LatestManifest, "r.json" + report.ManifestSuffix} {
		dir := t.TempDir()
		foreign := filepath.Join(dir, name)
		os.WriteFile(foreign, []byte("mine"), 0o600)
		r := report.New(report.Options{Command: "run", TempDir: t.TempDir()})
		d := report.Destination{Path: filepath.Join(dir, "r.json"), Format: report.JSON}
		err := r.Write(t.Context(), report.Run{Command: "run"}, nil, nil, []report.Destination{d}, report.Sinks{Manifests: true})
		if text, _ := os.ReadFile(foreign); err == nil || string(text) != "mine" {
			t.Errorf("%s: %v, %s", name, err, text)
		}
		r.Close()
	}
}

// TestInS3: manifests in S3 are written under the condition that the last one is
// still what was read, again where it is not.
func TestInS3(t *testing.T) {
	t.Parallel()
	b := &bucket{objects: map[string][]byte{}}
	sinks := report.Sinks{Manifests: true, Upload: b.upload, Standing: b.standing}
	var all sync.WaitGroup
	var names []string
	for i := range 5 {
		name := fmt.Sprintf("s3://b/r/%d.json", i)
		names = append(names, name)
		all.Go(func() {
			r := report.New(report.Options{Command: "run"})
			defer r.Close()
			d := report.Destination{Path: name, Format: report.JSON}
			if err := r.Write(t.Context(), report.Run{ID: fmt.Sprint(i), Command: "run"}, nil, nil, []report.Destination{d}, sinks); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	fromBucket := func(_ context.Context, folder, name string) (io.ReadCloser, error) {
		text, ok := b.objects[strings.TrimPrefix(folder, "s3://b/")+"/"+name]
		if !ok {
			return nil, storage.ErrNotFound
		}
		return io.NopCloser(bytes.NewReader(text)), nil
	}
	var got []string
	if err := Reports(t.Context(), names, fromBucket, nil, func(f Finding) { got = append(got, f.String()) }); err != nil {
		t.Fatal(err)
	}
	for _, line := range got {
		if !strings.HasPrefix(line, string(AsWritten)) {
			t.Error(line)
		}
	}
	if len(got) != 5 {
		t.Errorf("%d findings of 5 reports: %q", len(got), got)
	}
}

// bucket is a bucket whose writes have conditions. The ETag is the length and
// the text itself.
type bucket struct {
	mu      sync.Mutex
	objects map[string][]byte
}

func (b *bucket) upload(_ context.Context, at reconcile.Location, body io.Reader, _ string, when reconcile.Precondition) error {
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if string(b.objects[at.Key]) != when.IfMatch {
		return &reconcile.Error{Op: "PutObject", Kind: reconcile.Conflict, Status: 412, Code: "PreconditionFailed"}
	}
	b.objects[at.Key] = text
	return nil
}

func (b *bucket) standing(_ context.Context, at reconcile.Location) (io.ReadCloser, string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	text, ok := b.objects[at.Key]
	if !ok {
		return nil, "", reconcile.NotFound
	}
	return io.NopCloser(bytes.NewReader(text)), string(text), nil
}
