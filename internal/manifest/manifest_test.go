package manifest

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/event"
	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func missing(key string, size int64) reconcile.Outcome {
	return reconcile.Outcome{
		Source: reconcile.Object{
			Location: reconcile.Location{Bucket: "glacier", Key: key}, Size: size, ETag: "abc-2", StorageClass: "GLACIER",
			Restore: reconcile.RestoreState{Phase: reconcile.Restored, Expiry: noon.Add(time.Hour)},
		},
		Target: reconcile.Object{Location: reconcile.Location{Bucket: "archive", Key: "to/" + key}}, Status: reconcile.Missing,
	}
}

func newWriter(t testing.TB, o Options) *Writer {
	o.Run, o.Program, o.Source, o.Targets = "run-1", "1.2.3", "glacier", []string{"archive"}
	o.Now = func() time.Time { return noon }
	o.TempDir = t.TempDir()
	w := New(o)
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func add(t testing.TB, w *Writer, outcomes ...reconcile.Outcome) {
	t.Helper()
	for _, o := range outcomes {
		if err := w.Add(o); err != nil {
			t.Fatal(err)
		}
	}
}

// written writes the manifest and returns its folder and index.
func written(t testing.TB, w *Writer) (string, *Index) {
	t.Helper()
	dir := t.TempDir()
	to, err := storage.MakeDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	x, err := w.Write(context.Background(), to)
	if err != nil {
		t.Fatal(err)
	}
	return dir, x
}

func read(t testing.TB, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestClasses: each object is in the class of its size, and in no other.
func TestClasses(t *testing.T) {
	w := newWriter(t, Options{})
	sizes := []int64{0, 1, 64 << 20, 64<<20 + 1, 5 << 30, 5<<30 + 1, 128 << 30, 128<<30 + 1, 48 << 40}
	for i, size := range sizes {
		add(t, w, missing(fmt.Sprint("k", i), size))
	}
	dir, x := written(t, w)
	want := map[string]string{"small": "k0 k1 k2", "medium": "k3 k4", "large": "k5 k6", "huge": "k7 k8"}
	for _, c := range x.Classes {
		var keys []string
		if err := c.each(context.Background(), mustDir(t, dir), func(i Item) error { keys = append(keys, string(i.SourceKey)); return nil }); err != nil {
			t.Error(err)
		}
		if got := strings.Join(keys, " "); got != want[c.Name] || int(c.Objects) != len(keys) {
			t.Errorf("%s: %s", c.Name, got)
		}
		if (c.CSV == nil) != (c.Name == "huge") || (c.UpTo == nil) != (c.Name == "huge") || c.BatchItems < 1 {
			t.Errorf("%+v", c)
		}
	}
	if x.Objects != 9 || len(x.Classes) != 4 {
		t.Errorf("%+v", x)
	}
	// Ten minutes at 60 MiB a second and stream are enough for each unit.
	for i, streams := range []int64{1, 1, 4} {
		if c := Classes[i]; c.UpTo*int64(c.BatchItems) > 600*60<<20*streams {
			t.Errorf("%s: %d objects of %d bytes take too long", c.Name, c.BatchItems, c.UpTo)
		}
	}
}

func mustDir(t testing.TB, path string) storage.Folder {
	t.Helper()
	dir, err := storage.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestPlannedOnly: what a run would not copy is not in the manifest.
func TestPlannedOnly(t *testing.T) {
	for _, overwrite := range []bool{false, true} {
		w := newWriter(t, Options{Overwrite: overwrite})
		for _, s := range reconcile.Statuses() {
			o := missing(string(s), 5)
			o.Status = s
			add(t, w, o)
		}
		dir, x := written(t, w)
		want := "missing"
		if overwrite {
			want = "differs missing"
		}
		var keys []string
		if err := x.Each(context.Background(), mustDir(t, dir), func(i Item) error { keys = append(keys, string(i.SourceKey)); return nil }); err != nil || strings.Join(keys, " ") != want {
			t.Errorf("overwrite %v: %v %v", overwrite, keys, err)
		}
	}
}

// TestFiles: both files of a class hold every object once, in the order of
// keys, whatever the keys are and in whatever order they came, also when they
// do not fit in memory; the same plan is the same bytes.
func TestFiles(t *testing.T) {
	keys := []string{"a b+c", "a%2Bb", "\x00", "\x00\x00", "a\x00", "a\x00b", "a", "é", "nl\n", `q"`, "q,", "=1", "'", "%", "日本", "~._-/", strings.Repeat("k", 1024)}
	for i := range 3000 {
		keys = append(keys, fmt.Sprintf("many/%05d", i))
	}
	var files []string
	for seed := range uint64(2) {
		w := newWriter(t, Options{Memory: 8 << 10})
		shuffled := slices.Clone(keys)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(keys), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, key := range shuffled {
			add(t, w, missing(key, 5))
		}
		if runs, _ := w.items.Spilled(); runs < 2 {
			t.Fatalf("%d runs: it fits in memory", runs)
		}
		dir, x := written(t, w)
		checkFiles(t, dir, x, keys)
		files = append(files, read(t, dir, "run-1-small.csv")+read(t, dir, "run-1-small.jsonl")+read(t, dir, "plan.json"))
	}
	if files[0] != files[1] {
		t.Error("two plans of the same objects are not the same bytes")
	}
}

func checkFiles(t *testing.T, dir string, x *Index, keys []string) {
	t.Helper()
	c := x.Classes[0]
	sorted := slices.Sorted(slices.Values(keys))
	lines, err := csv.NewReader(strings.NewReader(read(t, dir, c.CSV.Name))).ReadAll()
	if err != nil || len(lines) != len(keys) {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for i, line := range lines {
		path, err := url.PathUnescape(line[1])
		query, err2 := url.QueryUnescape(line[1])
		if err != nil || err2 != nil || path != sorted[i] || query != path || line[0] != "glacier" || strings.ContainsAny(line[1], "+ \",") {
			t.Fatalf("line %d is %q, want %q", i, line, sorted[i])
		}
	}
	i := 0
	err = x.Each(context.Background(), mustDir(t, dir), func(item Item) error {
		want := itemOf(missing(sorted[i], 5))
		if item != want {
			t.Fatalf("item %d is %+v, want %+v", i, item, want)
		}
		i++
		return nil
	})
	if err != nil || i != len(keys) {
		t.Errorf("%d items, %v", i, err)
	}
	for _, f := range []*File{c.CSV, c.JSONL} {
		text := read(t, dir, f.Name)
		if sum := md5.Sum([]byte(text)); f.MD5 != hex.EncodeToString(sum[:]) || f.Size != int64(len(text)) || f.ETag != "" {
			t.Errorf("%+v", f)
		}
	}
}

// TestEventReadsItems: what the lines say, the worker understands, exactly.
func TestEventReadsItems(t *testing.T) {
	w := newWriter(t, Options{})
	for _, key := range []string{"a b+c", "a%2Bb", "é\x01"} {
		add(t, w, missing(key, 5))
	}
	dir, x := written(t, w)
	items := strings.ReplaceAll(strings.TrimSpace(read(t, dir, x.Classes[0].JSONL.Name)), "\n", ",")
	e, err := event.Decode([]byte(`{"Items":[` + items + `]}`))
	if err != nil || len(e.Items) != 3 {
		t.Fatal(err, len(e.Items))
	}
	for i, key := range []string{"a b+c", "a%2Bb", "é\x01"} {
		if it := e.Items[i]; !it.Named() || it.Location.Key != key || it.Alternate != "" || it.Hint.Size != 5 || it.Hint.Target.Key != "to/"+key {
			t.Errorf("%+v", it)
		}
	}
	lines := strings.Split(read(t, dir, x.Classes[0].CSV.Name), "\n")
	_, key, _ := strings.Cut(lines[0], ",")
	e, err = event.Decode([]byte(`{"tasks":[{"taskId":"1","s3Bucket":"glacier","s3Key":` + fmt.Sprintf("%q", key) + `}]}`))
	if err != nil || e.Items[0].Location.Key != "a b+c" || e.Items[0].Alternate != "" {
		t.Errorf("%+v %v", e.Items, err)
	}
}

// failing is a place where one file cannot be written.
type failing struct {
	storage.Folder
	suffix string
}

var errFull = errors.New("the disk is full")

func (f *failing) Write(ctx context.Context, name, contentType string, body func(io.Writer) error) (storage.Written, error) {
	if strings.HasSuffix(name, f.suffix) {
		return storage.Written{}, errFull
	}
	return f.Folder.Write(ctx, name, contentType, body)
}

// TestIndexLast: where any file cannot be written the index is what it was.
func TestIndexLast(t *testing.T) {
	for _, suffix := range []string{".csv", ".jsonl", "plan.json"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, IndexName), []byte("before"), 0o600); err != nil {
			t.Fatal(err)
		}
		w := newWriter(t, Options{})
		add(t, w, missing("k", 5))
		if _, err := w.Write(context.Background(), &failing{mustDir(t, dir), suffix}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", suffix, err)
		}
		if read(t, dir, IndexName) != "before" {
			t.Errorf("%s: the index is another", suffix)
		}
		if err := w.Add(missing("late", 5)); err == nil {
			t.Error("an object came too late, and was taken")
		}
	}
	w := newWriter(t, Options{})
	add(t, w, missing("k", 5))
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errFull)
	if _, err := w.Write(ctx, mustDir(t, t.TempDir())); !errors.Is(err, errFull) {
		t.Errorf("%v", err)
	}
}

// TestEmptyPlan: a plan with nothing to do is a plan.
func TestEmptyPlan(t *testing.T) {
	dir, x := written(t, newWriter(t, Options{}))
	back, err := Read(context.Background(), mustDir(t, dir), IndexName)
	if err != nil || back.Objects != 0 || len(back.Classes) != 0 || back.Run != x.Run || !back.CreatedAt.Equal(noon) {
		t.Errorf("%+v %v", back, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%v", entries)
	}
}

// TestParseIndexRefuses: an index that is none, or does not add up.
func TestParseIndexRefuses(t *testing.T) {
	w := newWriter(t, Options{})
	add(t, w, missing("k", 5))
	dir, _ := written(t, w)
	text := read(t, dir, IndexName)
	if x, err := ParseIndex([]byte(text)); err != nil || x.Classes[0].CSV.Name != "run-1-small.csv" {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"plan_version": 1`, `"plan_version": 2`}, {`"plan_version": 1`, `"version": 1`}, {`"objects": 1`, `"objects": 2`},
		{`"bytes": 5`, `"bytes": 6`}, {"run-1-small.csv", "../small.csv"}, {"run-1-small.jsonl", "a/small.jsonl"}, {"run-1-small.jsonl", ""},
		{`"name": "small"`, `"name": ""`}, {`"jsonl": {`, `"lines": {`}, {`"run_id": "run-1"`, `"run_id": ""`}, {"{", "["},
	} {
		if x, err := ParseIndex([]byte(strings.Replace(text, change[0], change[1], 1))); err == nil {
			t.Errorf("%v: %+v", change, x)
		}
	}
	if _, err := Read(context.Background(), mustDir(t, dir), "none.json"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// FuzzParseIndex: what is read as an index has files beside it only, and adds up.
func FuzzParseIndex(f *testing.F) {
	f.Add([]byte(`{"plan_version":1,"run_id":"r","source":"b","objects":1,"bytes":5,"classes":[{"name":"small","objects":1,"bytes":5,"jsonl":{"name":"r-small.jsonl"}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		x, err := ParseIndex(text)
		if err != nil {
			return
		}
		var n int64
		for _, c := range x.Classes {
			n += c.Objects
			if filepath.Base(c.JSONL.Name) != c.JSONL.Name || c.JSONL.Name == ".." || c.CSV != nil && filepath.Base(c.CSV.Name) != c.CSV.Name {
				t.Errorf("%+v", c)
			}
		}
		if n != x.Objects {
			t.Errorf("%d objects, %d", n, x.Objects)
		}
	})
}

// FuzzLines: an item that is read is one that is written the same.
func FuzzLines(f *testing.F) {
	f.Add([]byte(`{"source_bucket":"b","source_key":"k","target_bucket":"t","target_key":null,"size_bytes":5,"etag":"a","storage_class":"GLACIER","restore_expiry":null}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var items []Item
		var out []byte
		if eachLine(bytes.NewReader(text), func(i Item) (err error) {
			items = append(items, i)
			out, err = i.appendLine(out)
			return err
		}) != nil {
			return
		}
		var again []Item
		if err := eachLine(bytes.NewReader(out), func(i Item) error { again = append(again, i); return nil }); err != nil || !slices.Equal(items, again) {
			a, _ := json.Marshal(items)
			t.Errorf("%v: %s became %s", err, a, out)
		}
	})
}

// FuzzEncodeKey: an encoded key reads as the key, in either way of reading.
func FuzzEncodeKey(f *testing.F) {
	f.Add("a b+c%2B/é\x00")
	f.Fuzz(func(t *testing.T, key string) {
		encoded := EncodeKey(key)
		path, err := url.PathUnescape(encoded)
		query, err2 := url.QueryUnescape(encoded)
		if err != nil || err2 != nil || path != key || query != key || strings.ContainsAny(encoded, "\",+\r\n ") {
			t.Errorf("%q: %q", key, encoded)
		}
	})
}
