package pipeline_test

import (
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
)

var wholeObjects = flag.Int("whole.objects", 4_000, "objects of TestEveryObjectIsAccountedFor")

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestEveryObjectIsAccountedFor: of all objects three in a hundred are missing from two
// archives. The first run copies them with one COPY each, the second copies
// nothing, and both reports account for all of them.
func TestEveryObjectIsAccountedFor(t *testing.T) {
	t.Parallel()
	n, missingEvery := *wholeObjects, 33
	a := newArchive(t, s3sim.Config{})
	missing := 0
	where := func(i int) (bucket, key string) {
		bucket, ext := protected, ".hdf"
		if i%4 == 0 {
			bucket, ext = public, ".xml"
		}
		return bucket, fmt.Sprintf("MOD09GQ/%03d/granule.%06d%s", i/1000, i, ext)
	}
	most := 3000 * n / 100_000
	seed := func(bucket string, object func(i int) (key string, o s3sim.Object, ok bool)) {
		a.Seed(bucket, func(yield func(string, s3sim.Object) bool) {
			for i := range n {
				if key, o, ok := object(i); ok && !yield(key, o) {
					return
				}
			}
		})
	}
	seed(glacier, func(i int) (string, s3sim.Object, bool) {
		_, key := where(i)
		return key, restored(100, uint64(i)), true
	})
	for _, archive := range []string{protected, public} {
		seed(archive, func(i int) (string, s3sim.Object, bool) {
			bucket, key := where(i)
			gone := i%missingEvery == 0 && i/missingEvery < most
			if gone && bucket == archive {
				missing++
			}
			return key, home(restored(100, uint64(i))), bucket == archive && !gone
		})
	}
	first := a.run(t, context.Background(), options{})
	first.mustComplete(t, n)
	if got := first.doc.count(t, "copied"); got != missing {
		t.Errorf("copied %d objects, %d were missing", got, missing)
	}
	if got := first.Summary.Requests["CopyObject"]; got != int64(missing) {
		t.Errorf("%d CopyObject requests for %d missing objects", got, missing)
	}
	if got, most := first.Summary.Requests["ListObjectsV2"], int64(2*n/1000+30); got > most {
		t.Errorf("%d LISTs, more than %d", got, most)
	}
	if got := first.Summary.Requests["HeadObject"]; got != 0 {
		t.Errorf("%d HEADs, none was needed", got)
	}
	if len(first.doc.Objects) != missing {
		t.Errorf("%d rows, one for each of %d copies was expected", len(first.doc.Objects), missing)
	}
	second := a.run(t, context.Background(), options{rows: report.RowsAll})
	second.mustComplete(t, n)
	if got := second.doc.count(t, "present"); got != n || len(second.doc.Objects) != n {
		t.Errorf("the second run: %d present, %d rows, %d objects", got, len(second.doc.Objects), n)
	}
}

// carried is what must arrive with an object beside its bytes.
func carried(o s3sim.Object) s3sim.Object {
	o.ContentType, o.CacheControl, o.ContentDisposition = "application/x-hdf", "max-age=60", `attachment; filename="a b.hdf"`
	o.ContentEncoding, o.ContentLanguage, o.Expires = "gzip", "de", "Thu, 01 Dec 2033 16:00:00 GMT"
	o.Metadata = map[string]string{"granule-id": "MOD09GQ.A2026321", "note": "two words"}
	o.Tags = map[string]string{"collection": "MOD09GQ", "a b": "c+d/e=f"}
	return o
}

// TestLargeObjectsArriveWhole: a 6 GiB object and objects of 20 even and of
// uneven parts arrive with everything that belongs to them, in the archive's
// class, and proved.
func TestLargeObjectsArriveWhole(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	a := newArchive(t, s3sim.Config{})
	even := slices.Repeat([]int64{128 * mib}, 48)
	twenty := append(slices.Repeat([]int64{16 * mib}, 19), 3*mib)
	uneven := []int64{9 * mib, 5 * mib, 17 * mib, 1}
	for key, parts := range map[string][]int64{"six-gib.hdf": even, "twenty.hdf": twenty, "uneven.hdf": uneven} {
		o := carried(restored(sum(parts), uint64(len(parts))))
		o.PartSizes, o.NoChecksum = parts, true
		a.Put(glacier, key, o)
	}
	a.Put(glacier, "single.hdf", carried(restored(600*mib, 5)))
	a.Put(glacier, "small.hdf", carried(restored(1000, 6)))
	m := a.run(t, context.Background(), options{})
	m.mustComplete(t, 5)
	for _, key := range a.Keys(glacier) {
		row := m.rowOf(t, key)
		if row.Status != reconcile.Copied || row.Proof == "" || row.Proof == "size" {
			t.Errorf("%s: status %s, proof %q: %s", key, row.Status, row.Proof, row.ErrMsg)
			continue
		}
		a.sameButClass(t, key)
	}
	for _, bucket := range []string{protected, public} {
		if open := a.OpenUploads(bucket); len(open) > 0 {
			t.Errorf("uploads left open: %v", open)
		}
	}
}

func sum(sizes []int64) (total int64) {
	for _, s := range sizes {
		total += s
	}
	return total
}

// sameButClass compares an object with its source: content, headers, metadata
// and tags, and the storage class of an archive.
func (a *archive) sameButClass(t *testing.T, key string) {
	t.Helper()
	source, _ := a.Get(glacier, key)
	target, ok := a.Get(protected, key)
	if !ok || !a.SameContent(glacier, key, protected, key) {
		t.Errorf("%s: there: %v, and its content is not the source's", key, ok)
		return
	}
	if target.StorageClass != reconcile.ClassStandard {
		t.Errorf("%s: landed in class %s", key, target.StorageClass)
	}
	headers := func(i s3sim.Info) []string {
		return []string{i.ContentType, i.CacheControl, i.ContentDisposition, i.ContentEncoding, i.ContentLanguage, i.Expires}
	}
	if got, want := headers(target), headers(source); !slices.Equal(got, want) {
		t.Errorf("%s: headers %q, want %q", key, got, want)
	}
	if !maps.Equal(target.Metadata, source.Metadata) || !maps.Equal(target.Tags, source.Tags) {
		t.Errorf("%s: metadata %v and tags %v, want %v and %v", key, target.Metadata, target.Tags, source.Metadata, source.Tags)
	}
}

// oddKeys are 200 keys that break what is careless about keys.
func oddKeys() []string {
	seeds := []string{
		" ", " lead", "trail ", "a b", "a+b", "a%2Bb", "a%b", "%", "%00", `q"uote`, "apos'trophe", "new\nline", "cr\rhere", "tab\there",
		"ctl\x01x", "del\x7f", "é", "e\u0301", "日本語", "😀", "\u2028", "a//b", "//", "/lead", "./..", "../up", "a/./b", ".", "..",
		"a?b", "a#b", "a&b=c", "a;b", "a,b", "a:b", "a@b", "<xml>&amp;", "]]>", `back\slash`, "=cmd()", "+1", "-1", "@x", "'x", "|", "*", "~", "{}", "$x", "`",
	}
	keys := slices.Clone(seeds)
	for _, wrap := range []string{"dir/%s/x.hdf", "%s.txt", "zz-%s"} {
		for _, s := range seeds {
			keys = append(keys, fmt.Sprintf(strings.Replace(wrap, "%s", "%[1]s", 1), s))
		}
	}
	keys = append(keys, strings.Repeat("x", 1024), strings.Repeat("é", 512), strings.Repeat("😀", 256), "\U0010FFFF", "\uE000", "\uD7FF")
	slices.Sort(keys)
	return slices.Compact(keys)
}

// TestOddKeysArriveIntact: keys that break what is careless about keys are
// copied, and stand in both reports as they are.
func TestOddKeysArriveIntact(t *testing.T) {
	t.Parallel()
	a := newArchive(t, s3sim.Config{})
	keys := oddKeys()
	if len(keys) < 200 {
		t.Fatalf("only %d keys", len(keys))
	}
	for i, key := range keys {
		a.Put(glacier, key, restored(10, uint64(i)))
	}
	csv := t.TempDir() + "/r.csv"
	m := a.run(t, context.Background(), options{also: []report.Destination{parse(t, csv)}})
	m.mustComplete(t, len(keys))
	if got := m.doc.count(t, "copied"); got != len(keys) {
		t.Errorf("copied %d of %d", got, len(keys))
	}
	var inJSON []string
	for _, row := range m.doc.Objects {
		key := string(row.SourceKey)
		inJSON = append(inJSON, key)
		if !a.SameContent(glacier, key, string(row.TargetBucket), key) {
			t.Errorf("%q did not arrive", key)
		}
	}
	if !slices.Equal(inJSON, keys) {
		t.Error("the JSON report's keys, in their order, are not those of the bucket")
	}
	if got := keysOfCSV(t, readFile(t, csv)); !slices.Equal(got, keys) {
		t.Error("the CSV report's keys, in their order, are not those of the bucket")
	}
}

func keysOfCSV(t *testing.T, text []byte) []string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, record := range records[1:] {
		key, err := report.UnescapeCell(record[1])
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}
