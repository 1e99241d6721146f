package catalog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/granule"
)

func init() { debug.SetGCPercent(400) } // TestMemory collects by itself

func newCatalog(t testing.TB) *Catalog {
	t.Helper()
	c := New(t.TempDir())
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func sample(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../examples/inputs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func read(t testing.TB, c *Catalog) (all []Entry) {
	t.Helper()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if err := c.Each(func(e Entry) error { all = append(all, e); return nil }); err != nil || int64(len(all)) != c.Objects() {
		t.Fatal(err)
	}
	return all
}

// TestSamples reads each format as it stands in the examples; ORCA's page is the
// one that its documentation shows, with other buckets.
func TestSamples(t *testing.T) {
	for name, want := range map[string]string{
		"catalog.csv":             "MOD09GQ/006/a.hdf 1098034 MD5 GLACIER a | MOD09GQ/006/b, second.hdf 7  DEEP_ARCHIVE b",
		"catalog.jsonl":           "MOD09GQ/006/a.hdf 1098034 MD5   | MOD09GQ/006/b.hdf 7  GLACIER ",
		"orca-catalog.json":       "MOD14A1/061/032/MOD14A1.061.A23V45.2020235.2020240145621.hdf 100934568723 SHA-256-truncated GLACIER MOD14A1.061.A23V45.2020235",
		"bag/manifest-sha256.txt": "data/100% of abc.txt -1 SHA256   | data/empty.dat -1 SHA256  ",
		"cumulus-granules.jsonl":  "MOD09GQ/006/MOD09GQ.A2017025.h21v00.006.2017034065104.hdf 1098034 MD5  MOD09GQ.A2017025.h21v00.006.2017034065104 | MOD09GQ/006/MOD09GQ.A2017026.h21v00.006.2017034065105.hdf 1098035 CKSUM  MOD09GQ.A2017026.h21v00.006.2017034065105",
	} {
		c := newCatalog(t)
		if err := c.Add(strings.NewReader(sample(t, name)), name); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, e := range read(t, c) {
			algorithm := ""
			if len(e.Checksums) > 0 {
				algorithm = e.Checksums[0].Algorithm
			}
			got = append(got, fmt.Sprintf("%s %d %s %s %s", e.Key, e.Size, algorithm, e.Class, e.Granule))
		}
		if strings.Join(got, " | ") != want {
			t.Errorf("%s:\n%q, want\n%q", name, strings.Join(got, " | "), want)
		}
	}
}

// TestDigest: the same digest in hexadecimal digits and in base64 is one. The
// value is that of "abc" in FIPS 180-4.
func TestDigest(t *testing.T) {
	c := newCatalog(t)
	text := `{"key":"k","hash":"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD","hashType":"sha-256"}
{"key":"k","checksum":"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=","checksum_algorithm":"SHA256","size":3}
{"key":"k","checksum":"900150983cd24fb0d6963f7d28e17f72","checksumType":"md5","storageClass":"GLACIER"}`
	if err := c.Add(strings.NewReader(text), "c"); err != nil {
		t.Fatal(err)
	}
	got := read(t, c)
	if len(got) != 1 || len(got[0].Checksums) != 2 || got[0].Size != 3 || got[0].Class != "GLACIER" || got[0].Line != 1 {
		t.Errorf("%+v", got)
	}
}

// TestSeveralFiles: pages of one catalog, and manifests of two algorithms, are
// one catalog.
func TestSeveralFiles(t *testing.T) {
	c := newCatalog(t)
	for name, text := range map[string]string{
		"manifest-md5.txt":      "900150983cd24fb0d6963f7d28e17f72 *data/abc\r\n",
		"x/manifest-sha256.txt": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\tdata/abc\n",
		"p.json":                `[{"key":"data/abc","size":3,"bucket":"b"},{"key":"other"}]`,
	} {
		if err := c.Add(strings.NewReader(text), name); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, c); len(got) != 2 || len(got[0].Checksums) != 2 || got[0].Size != 3 || got[0].Target != "b" || got[1].Size != -1 {
		t.Errorf("%+v", got)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range [][3]string{
		{"c.csv", "", "c.csv:1: there are no entries"},
		{"c.csv", "key,size\n", "c.csv:1: there are no entries"},
		{"c.csv", "name,size\nk,1\n", "c.csv:1: the first line names no column with the keys"},
		{"c.csv", "key,size\nk,1\nk2,x\n", "c.csv:3: size \"x\" is no number"},
		{"c.csv", "key,size\n\"a\nb\",1\nk2,-1\n", "c.csv:4: size"},
		{"c.csv", "key,size\nk,1,2\n", "c.csv:2: wrong number of fields"},
		{"c.csv", "key,size,sizeBytes\nk,1,1\n", "both say the same"},
		{"c.csv", "key,hash\nk,ab\n", "c.csv:2: a checksum whose algorithm is not said"},
		{"c.csv", "key,hash,hashType\nk,ab,md5\n", "c.csv:2: \"ab\" is no MD5"},
		{"c.csv", "key,size\n,1\n", "c.csv:2: the key is empty"},
		{"c.csv", "key\n" + strings.Repeat("k", 1025) + "\n", "c.csv:2: the key has 1025 bytes"},
		{"c.csv", "key\n\xff\n", "c.csv:2: the key is not UTF-8"},
		{"c.csv", "source_key,status,success\nk,copied,true\n", "it is a report of this program"},
		{"c.csv", "key,size\nk,1\nk,2\n", "c.csv:3: k: it has 2 bytes, and 1 by c.csv:2"},
		{"c.csv", "key,storageClass\nk,GLACIER\nk,DEEP_ARCHIVE\n", "its storage class is DEEP_ARCHIVE, and GLACIER"},
		{"c.jsonl", `{"key":"k"}` + "\n" + `{"key":"l","key":"m"}`, "c.jsonl:2: the field \"key\" is there twice"},
		{"c.jsonl", `{"key":"k"}` + "\n" + `{"key":"l","keyPath":"m"}`, "c.jsonl:2: keyPath is \"m\""},
		{"c.jsonl", `{"key":"k"}` + "\n" + `{"size":1}`, "c.jsonl:2: the key is empty"},
		{"c.jsonl", `{"key":"k"}` + "\n" + `{"key":"l"`, "c.jsonl:2: the JSON ends in the middle"},
		{"c.jsonl", `{"key":"k","size":"1 MB"}`, "c.jsonl:1: size"},
		{"c.json", `[{"key":"k"}] x`, "c.json:1: "},
		{"c.json", `[{"key":"k"}`, "ends in the middle"},
		{"c.json", `{"granules":[{"id":"g","files":[{"keyPath":"k","sizeBytes":"x"}]}]}`, "c.json:1: granules[0].files[0].size"},
		{"c.json", `{"granules":[{"id":"g","files":[]}]}`, "has no files"},
		{"manifest-sha1.txt", "da39a3ee5e6b4b0d3255bfef95601890afd80709 data/x\nda39a3ee data/y\n", "manifest-sha1.txt:2: \"da39a3ee\" is no SHA1"},
		{"manifest-sha1.txt", "\n\ndata/x\n", "manifest-sha1.txt:3: \"data/x\" is no checksum with a path"},
	} {
		cat := newCatalog(t)
		err := cat.Add(strings.NewReader(c[1]), c[0])
		if err == nil {
			err = cat.Check()
		}
		var at *granule.Error
		if err == nil || !strings.Contains(err.Error(), c[2]) || !errors.As(err, &at) {
			t.Errorf("%q: %v, want %s", c[1], err, c[2])
		}
	}
}

// TestMemory: 80,000 entries with long keys take no more memory than 8,000 do.
func TestMemory(t *testing.T) {
	var used [2]uint64
	folder := strings.Repeat("a/long/folder/of/keys/", 44)
	for i, n := range []int{2_000, 25_000} {
		c := newCatalog(t)
		from, to := io.Pipe()
		go func() {
			fmt.Fprintln(to, "key,size,hash,hashType")
			for k := range n {
				fmt.Fprintf(to, "%s/%d.hdf,%d,%032x,md5\n", folder, n-k, k, k)
			}
			to.Close()
		}()
		if err := c.Add(from, "many.csv"); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		used[i] = m.HeapAlloc
		if err := c.Check(); err != nil || c.Objects() != int64(n) {
			t.Fatal(err, c.Objects())
		}
	}
	if used[1] > used[0]+20<<20 { // the sorter keeps 16 MiB of records
		t.Errorf("%d MiB, and %d", used[0]>>20, used[1]>>20)
	}
}

// FuzzCatalog: whatever is read comes back in order, each key once.
func FuzzCatalog(f *testing.F) {
	for _, name := range []string{"catalog.csv", "catalog.jsonl", "orca-catalog.json", "bag/manifest-sha256.txt", "cumulus-granules.jsonl"} {
		f.Add(sample(f, name), filepath.Base(name))
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		c := New(t.TempDir())
		defer c.Close()
		if c.Add(strings.NewReader(text), name) != nil || c.Check() != nil {
			return
		}
		var keys []string
		c.Each(func(e Entry) error {
			if granule.CheckKey(e.Key) != nil || e.Size < -1 {
				t.Errorf("%+v", e)
			}
			keys = append(keys, e.Key)
			return nil
		})
		if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) || len(keys) == 0 {
			t.Errorf("%q", keys)
		}
	})
}
