package selection

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/granule"
	"reconcile/internal/reconcile"
)

func init() { debug.SetGCPercent(400) } // TestMemory collects by itself

func newSelection(t testing.TB, o Options) *Selection {
	t.Helper()
	o.TempDir = t.TempDir()
	s := New(o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

var configured = Options{Source: "my-glacier", Archives: []string{"my-protected", "my-public"}}

func sample(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../examples/inputs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// read returns each entry in one line.
func read(t testing.TB, s *Selection) (all []string) {
	t.Helper()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	err := s.Each(func(e Entry) error {
		all = append(all, fmt.Sprintf("%s %s %v %d %s", e.Location, e.Target, e.Granules, e.Size, e.Checksum.Algorithm))
		return nil
	})
	if err != nil || int64(len(all)) != s.Objects() {
		t.Fatal(err, len(all), s.Objects())
	}
	return all
}

// TestSamples reads the documents as they are published, and as they stand in
// the examples.
func TestSamples(t *testing.T) {
	for name, c := range map[string]struct {
		opts Options
		want []string
		job  string
	}{
		"seed-request.json": {opts: Options{Archives: configured.Archives},
			want: []string{"s3://my-dr-fake-glacier-bucket/dr-glacier/MOD09GQ.A0219115.N5aUCG.006.0656338553321.hdf.txt  [{ MOD09GQ.A0219114.N5aUCG.006.0656338553321}] -1 "}},
		"orca-request.json": {opts: configured, job: "9e0a7a5c-1d0f-4a0b-8f0e-2d8c3a1b7f11 Bulk", want: []string{
			"s3://my-glacier/MOD09GQ/006/MOD09GQ.A2017025.h21v00.006.2017034065104.hdf my-protected [{MOD09GQ___006 MOD09GQ.A2017025.h21v00.006.2017034065104}] -1 ",
			"s3://my-glacier/MOD09GQ/006/MOD09GQ.A2017025.h21v00.006.2017034065104.hdf.met my-public [{MOD09GQ___006 MOD09GQ.A2017025.h21v00.006.2017034065104}] -1 ",
		}},
		"cumulus-granules.jsonl": {opts: configured, want: []string{
			"s3://my-glacier/MOD09GQ/006/MOD09GQ.A2017025.h21v00.006.2017034065104.hdf my-protected [{MOD09GQ___006 MOD09GQ.A2017025.h21v00.006.2017034065104}] 1098034 MD5",
			"s3://my-glacier/MOD09GQ/006/MOD09GQ.A2017026.h21v00.006.2017034065105.hdf my-protected [{MOD09GQ___006 MOD09GQ.A2017026.h21v00.006.2017034065105}] 1098035 CKSUM",
		}},
	} {
		s := newSelection(t, c.opts)
		if err := s.AddGranules(strings.NewReader(sample(t, name)), name); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := read(t, s); !slices.Equal(got, c.want) || strings.TrimSpace(s.Job()+" "+s.Tier()) != c.job {
			t.Errorf("%s: %q\n%q %q", name, got, s.Job(), s.Tier())
		}
	}
}

func TestKeys(t *testing.T) {
	s := newSelection(t, configured)
	for _, name := range []string{"keys.txt", "keys.csv", "keys.jsonl"} {
		if err := s.AddKeys(strings.NewReader(sample(t, name)), name); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"s3://my-glacier/MOD09GQ/006/a.hdf  [] -1 ", "s3://my-glacier/MOD09GQ/006/b, second.hdf  [] -1 ", "s3://my-glacier/line\\u000abreak.hdf  [] -1 "}
	if got := read(t, s); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestOneObjectTwoGranules: the same id in two collections is two granules, and
// the object is one.
func TestOneObjectTwoGranules(t *testing.T) {
	s := newSelection(t, configured)
	text := `[{"collectionId":"B","granuleId":"g","keys":["k"]},{"collectionId":"A","granuleId":"g","keys":[{"key":"k"}]},{"collectionId":"A","granuleId":"g","filepaths":["k"]}]`
	if err := s.AddGranules(strings.NewReader(text), "-"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s); len(got) != 1 || !strings.Contains(got[0], "[{A g} {B g}]") {
		t.Errorf("%q", got)
	}
}

// TestDefaults: what stands behind the granules counts for them, and only for
// those of its own document.
func TestDefaults(t *testing.T) {
	s := newSelection(t, configured)
	text := `{"granules":[{"granuleId":"1","keys":["a"]}]}
{"granules":[{"granuleId":"2","keys":["b",{"key":"c","destBucket":"my-protected"}]}],"defaultBucketOverride":"my-public"}
{"granules":[{"granuleId":"3","recoveryBucketOverride":"my-public","keys":["d"]}],"config":{"defaultBucketOverride":"my-glacier"}}`
	if err := s.AddGranules(strings.NewReader(text), "r.jsonl"); err != nil {
		t.Fatal(err)
	}
	if err := s.AddKeys(strings.NewReader("e\n"), "k.txt"); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"s3://my-glacier/a  [{ 1}] -1 ", "s3://my-glacier/b my-public [{ 2}] -1 ", "s3://my-glacier/c my-protected [{ 2}] -1 ",
		"s3://my-glacier/d my-public [{ 3}] -1 ", "s3://my-glacier/e  [] -1 ",
	}
	if got := read(t, s); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestOrcaEvent: an event of ORCA has the granules as records too, with the
// glacier bucket, and only the keys are asked for.
func TestOrcaEvent(t *testing.T) {
	s := newSelection(t, configured)
	text := `{"optionalValues":{"config":{"asyncOperationId":"event.cumulus_meta.asyncOperationId"}},"input":{"granules":[{"collectionId":"c___v","granuleId":"g","version":"x",
	"files":[{"fileName":"f","key":"f","bucket":"my-glacier","size":5},{"key":"excluded.xml","bucket":"my-glacier"}],"keys":[{"key":"f","destBucket":"my-public"}]}]},
	"event":{"payload":{"granules":[{"granuleId":"g"}]}}}`
	if err := s.AddGranules(strings.NewReader(text), "-"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s); len(got) != 1 || got[0] != "s3://my-glacier/f my-public [{c___v g}] 5 " || s.Job() != "" {
		t.Errorf("%q", got)
	}
}

// TestRefused: what contradicts itself, or is not there, is named with file and
// line before anything is asked.
func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "r:1: there is no document",
		"{}":                            "r:1: there are no granules",
		`{"granules":[]}`:               "r:1: granules: there are no granules",
		"{\"granules\":[\n{\"granuleId": "r:2: the JSON ends in the middle",
		`{"granules":[{"granuleId":"g"`: "ends in the middle",
		`{"granules":[{"keys":["k"]}]}`: "granules[0].granuleId: the granule has no id",
		"{\"granules\":[\n\n{\"granuleId\":\"g\",\"keys\":[]}]}":                                    "r:3: granules[0]: granule g has no files",
		`{"granules":[{"granuleId":"g","keys":[{"key":""}]}]}`:                                      "granules[0].keys[0].key: the key is empty",
		`{"granules":[{"granuleId":"g","keys":[{"destBucket":"x"}]}]}`:                              "the key is empty",
		`{"granules":[{"granuleId":"g","granuleId":"h","keys":["k"]}]}`:                             `the field "granuleId" is there twice`,
		`{"granules":[{"granuleId":"g","keys":["k"]}],"granules":[{"granuleId":"g","keys":["k"]}]}`: `"granules" is there twice`,
		`{"granules":[{"granuleId":"g","keys":["k"]}],"results":[{"granuleId":"g","keys":["k"]}]}`:  "in a second place",
		`{"granuleId":"x","granules":[{"granuleId":"g","keys":["k"]}]}`:                             "it is a granule, and has granules",
		`{"granules":{"granuleId":"g"}}`:                                                            "granules: {",
		`{"granules":["g"]}`:                                                                        "granules[0]: ",
		`{"granules":[{"granuleId":7,"keys":["k"]}]}`:                                               "7 is not a string",
		`[]`: "there are no granules",
		`7`:  "neither a document",
		"{\"granules\":[{\"granuleId\":\"g\",\"keys\":[\"k\"]}]}\n]":                                                                                                             "invalid character",
		`{"granules":[{"granuleId":"g","keys":[{"key":"k","destBucket":"elsewhere"}]}]}`:                                                                                         "elsewhere is not among the archive buckets",
		`{"granules":[{"granuleId":"g","keys":["k"]}],"defaultBucketOverride":"elsewhere"}`:                                                                                      "elsewhere is not the source",
		`{"granules":[{"granuleId":"g","recoveryBucketOverride":"elsewhere","keys":["k"]}]}`:                                                                                     "elsewhere is not among",
		`{"glacierBucket":"other","granules":[{"granuleId":"g","filepaths":["k"]}]}`:                                                                                             "other is not the source",
		`{"glacierBucket":"my-public","granules":[{"granuleId":"g","filepaths":["k"]}]}`:                                                                                         "is an archive bucket",
		`{"granules":[{"granuleId":"g","files":[{"bucket":"other","key":"k"}]}]}`:                                                                                                "other is not the source",
		`{"granules":[{"granuleId":"g","recoveryBucketOverride":"my-public","files":[{"bucket":"my-protected","key":"k"}]}]}`:                                                    "it lies in my-protected",
		`{"granules":[{"granuleId":"g","collectionId":"a___1","dataType":"a","version":"2","keys":["k"]}]}`:                                                                      "dataType and version make",
		`{"granules":[{"granuleId":"g","dataType":"a","keys":["k"]}]}`:                                                                                                           "needs a version",
		`{"granules":[{"granuleId":"g","files":[{"key":"k","size":-1}]}]}`:                                                                                                       "no number of bytes",
		`{"granules":[{"granuleId":"g","files":[{"key":"k","size":1.5}]}]}`:                                                                                                      "no number of bytes",
		`{"granules":[{"granuleId":"g","files":[{"key":"k","checksum":"ab"}]}]}`:                                                                                                 "whose algorithm is not said",
		`{"granules":[{"granuleId":"g","files":[{"key":"k","checksum":"ab","checksumType":"md5"}]}]}`:                                                                            "is no MD5",
		`{"granules":[{"granuleId":"g","keys":["k"]}],"asyncOperationId":"a","config":{"asyncOperationId":"b"}}`:                                                                 "outside of config too",
		"{\"asyncOperationId\":\"a\",\"granules\":[{\"granuleId\":\"g\",\"keys\":[\"k\"]}]}\n{\"asyncOperationId\":\"b\",\"granules\":[{\"granuleId\":\"g\",\"keys\":[\"k\"]}]}": `r:2: asyncOperationId is "b", and was "a"`,
		"{\"granules\":[{\"granuleId\":\"g\",\"files\":[{\"key\":\"k\",\"size\":1}]}]}\n{\"granules\":[{\"granuleId\":\"g\",\"files\":[{\"key\":\"k\",\"size\":2}]}]}":           "r:2: k: it has 2 bytes, and 1 by r:1",
		`{"granules":[{"granuleId":"g","keys":[{"key":"k","destBucket":"my-public"}]},{"granuleId":"h","keys":[{"key":"k","destBucket":"my-protected"}]}]}`:                      "it is to be copied to",
		"{\"granules\":[{\"granuleId\":\"\xff\",\"keys\":[\"k\"]}]}":                                                                                                             "not UTF-8",
	} {
		s := newSelection(t, configured)
		err := s.AddGranules(strings.NewReader(text), "r")
		if err == nil {
			err = s.Check()
		}
		var at *granule.Error
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &at) {
			t.Errorf("%s\n%v, want %s", text, err, want)
		}
	}
	s := newSelection(t, configured)
	for _, text := range []string{"", "\n", "my-public,k\n"[:0] + "bucket,key\nmy-public,k\n", "bucket,key\nother,k\n"} {
		if err := s.AddKeys(strings.NewReader(text), "k.csv"); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

// TestReport takes the rows of the statuses, from JSON and from CSV.
func TestReport(t *testing.T) {
	for _, name := range []string{"all.json", "all.csv"} {
		text, err := os.ReadFile("../report/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		s := newSelection(t, Options{})
		head, err := s.AddReport(strings.NewReader(string(text)), name, []reconcile.Status{reconcile.Failed, reconcile.Missing})
		if err != nil || s.Check() != nil || s.Objects() == 0 || (head.Run.ID == "") != strings.HasSuffix(name, ".csv") {
			t.Errorf("%s: %v, %d objects, %+v", name, err, s.Objects(), head.Run)
		}
		if _, err := newSelection(t, Options{}).AddReport(strings.NewReader(string(text)), name, []reconcile.Status{reconcile.Orphan}); err == nil || !strings.Contains(err.Error(), "no original") {
			t.Errorf("%s: an orphan: %v", name, err)
		}
		if _, err := newSelection(t, configured).AddReport(strings.NewReader(string(text)), name, []reconcile.Status{reconcile.Failed}); err == nil {
			t.Errorf("%s: another source: no error", name)
		}
	}
}

// TestOrder: entries come in the byte order of the keys, each once, whatever
// the order of the lines.
func TestOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	want := map[string]bool{}
	var text strings.Builder
	for range 3000 {
		key := make([]rune, 1+rng.IntN(3))
		for i := range key {
			key[i] = []rune("ab/ \u00e9\U0001F600z")[rng.IntN(7)]
		}
		k := "k" + string(key) + "."
		want[k] = true
		fmt.Fprintf(&text, "{\"key\":%q}\n", k)
	}
	s := newSelection(t, configured)
	if err := s.AddKeys(strings.NewReader(text.String()), "k.jsonl"); err != nil || s.Check() != nil {
		t.Fatal(err)
	}
	var got []string
	s.Each(func(e Entry) error { got = append(got, e.Key); return nil })
	if len(got) != len(want) || !slices.IsSorted(got) {
		t.Errorf("%d of %d", len(got), len(want))
	}
}

// TestMemory: 60,000 long names take no more memory than 10,000 do.
func TestMemory(t *testing.T) {
	var used [2]uint64
	for i, n := range []int{2_000, 25_000} {
		s := newSelection(t, configured)
		in := &granules{n: n}
		if err := s.AddGranules(in, "many.json"); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		used[i] = m.HeapAlloc
		if err := s.Check(); err != nil || s.Objects() != int64(n) {
			t.Fatal(err, s.Objects())
		}
	}
	if used[1] > used[0]+20<<20 { // the sorter keeps 16 MiB of records
		t.Errorf("%d MiB, and %d", used[0]>>20, used[1]>>20)
	}
}

var longFolder = strings.Repeat("a/long/folder/of/keys/", 44)

// granules is one document of n granules.
type granules struct {
	n, at int
	rest  string
}

func (g *granules) Read(p []byte) (int, error) {
	for g.rest == "" {
		switch {
		case g.at == 0:
			g.rest = `{"granules":[`
		case g.at <= g.n:
			g.rest = fmt.Sprintf("\n{\"granuleId\":\"g%d\",\"collectionId\":\"c\",\"filepaths\":[\"%s/%d.hdf\"]},", g.at, longFolder, g.n-g.at)
			if g.at == g.n {
				g.rest = g.rest[:len(g.rest)-1] + "]}"
			}
		default:
			return 0, fmt.Errorf("read on: %w", os.ErrClosed)
		}
		g.at++
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	if g.rest == "" && g.at > g.n {
		return n, io.EOF
	}
	return n, nil
}

// TestRollup compares with maps.
func TestRollup(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	r := NewRollup(t.TempDir())
	defer r.Close()
	type sum struct {
		worst          int
		objects, bytes int64
	}
	want := map[granule.ID]*sum{}
	for i := range 2000 {
		id := granule.ID{Collection: []string{"", "c", "c\x00"}[rng.IntN(3)], Granule: fmt.Sprint(rng.IntN(90))}
		o := reconcile.Outcome{Status: reconcile.Statuses()[rng.IntN(len(reconcile.Statuses()))]}
		if rng.IntN(3) > 0 {
			o.Status = reconcile.Copied
		}
		o.Source.Key, o.Source.Size = fmt.Sprint(i), int64(rng.IntN(100))
		if err := r.Add([]granule.ID{id}, &o); err != nil {
			t.Fatal(err)
		}
		if want[id] == nil {
			want[id] = &sum{}
		}
		w := want[id]
		w.worst, w.objects, w.bytes = max(w.worst, int(statusOf(o.Status))), w.objects+1, w.bytes+o.Source.Size
	}
	n := 0
	err := r.Each(func(g Granule) error {
		n++
		id := granule.ID{Granule: g.Granule}
		if g.Collection != nil {
			id.Collection = *g.Collection
		}
		w := want[id]
		if w == nil || g.Objects != w.objects || g.Bytes != w.bytes || g.Status != ranks[w.worst] || (g.Error != "") != (g.Status == Error) {
			t.Errorf("%+v, want %+v", g, w)
		}
		return nil
	})
	if err != nil || n != len(want) {
		t.Errorf("%v, %d of %d granules", err, n, len(want))
	}
}

// TestRollupStatus: one absent key makes the granule an error.
func TestRollupStatus(t *testing.T) {
	for want, statuses := range map[GranuleStatus][]reconcile.Status{
		Success: {reconcile.Copied, reconcile.Present}, Staged: {reconcile.Copied, reconcile.Readable},
		Pending: {reconcile.Readable, reconcile.InRestore, reconcile.Copied}, Error: {reconcile.Copied, reconcile.Failed, reconcile.InRestore},
	} {
		r := NewRollup(t.TempDir())
		for i, s := range statuses {
			o := reconcile.Outcome{Status: s, Message: "why"}
			o.Source.Key = fmt.Sprint(i)
			r.Add([]granule.ID{{Granule: "g"}}, &o)
		}
		var text strings.Builder
		err := r.WriteJSON(func(b []byte) error { text.Write(b); return nil })
		if err != nil || !strings.Contains(text.String(), `"collection_id":null,"granule_id":"g","status":"`+string(want)+`"`) {
			t.Errorf("%v: %s %v", statuses, text.String(), err)
		}
		r.Close()
	}
}

// FuzzGranules: whatever is read comes back in order, with keys that can be.
func FuzzGranules(f *testing.F) {
	for _, name := range []string{"seed-request.json", "orca-request.json", "cumulus-granules.jsonl", "orca-catalog.json"} {
		f.Add(sample(f, name))
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := New(Options{Archives: configured.Archives, TempDir: t.TempDir()})
		defer s.Close()
		if s.AddGranules(strings.NewReader(text), "f") != nil || s.Check() != nil {
			return
		}
		last, n := "", int64(0)
		s.Each(func(e Entry) error {
			if e.Key < last || granule.CheckKey(e.Key) != nil || len(e.Granules) == 0 || e.Target != "" && !slices.Contains(configured.Archives, e.Target) {
				t.Errorf("%+v after %q", e, last)
			}
			last, n = e.Key, n+1
			return nil
		})
		if n == 0 || n != s.Objects() {
			t.Errorf("%d objects", n)
		}
	})
}
