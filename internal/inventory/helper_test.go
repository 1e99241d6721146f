package inventory

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

func init() { debug.SetGCPercent(400) } // TestMemory sets its own

// objects are objects in memory: key to content, in one bucket.
type objects struct {
	bucket string
	byKey  map[string][]byte

	mu     sync.Mutex
	opened map[string]int
	open   func(key string, n int) (io.ReadCloser, error) // instead, where it returns anything; n counts from 1
}

func (s *objects) Open(ctx context.Context, at reconcile.Location) (io.ReadCloser, error) {
	s.mu.Lock()
	if s.opened == nil {
		s.opened = map[string]int{}
	}
	s.opened[at.Key]++
	n := s.opened[at.Key]
	s.mu.Unlock()
	if s.open != nil {
		if body, err := s.open(at.Key, n); body != nil || err != nil {
			return body, err
		}
	}
	body, ok := s.byKey[at.Key]
	if at.Bucket != s.bucket || !ok {
		return nil, &reconcile.Error{Op: "GetObject", Location: at, Kind: reconcile.NotFound, Code: "NoSuchKey"}
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}

const (
	home      = "daily/archive-glacier/all/"
	theBucket = "archive-glacier"
)

var theManifest = reconcile.Location{Bucket: "inventories", Key: home + "2026-11-24T00-00Z/manifest.json"}

// fixture returns the committed inventory of a format, csv or parquet.
func fixture(t testing.TB, name string) *objects {
	t.Helper()
	s := &objects{bucket: "inventories", byKey: map[string][]byte{
		theManifest.Key: readFixture(t, name+".manifest.json"),
		path.Dir(theManifest.Key) + "/manifest.checksum": readFixture(t, name+".manifest.checksum"),
	}}
	for i := range 3 {
		file := fmt.Sprintf("%s-%d.%s", name, i, map[string]string{"csv": "csv.gz", "parquet": "parquet"}[name])
		s.byKey[home+"data/"+file] = readFixture(t, file)
	}
	return s
}

func readFixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// made is an inventory with files of the given contents. change, if not nil,
// may edit the manifest.
func made(fileFormat, schema string, files [][]byte, change func(*manifestJSON)) *objects {
	s := &objects{bucket: "inventories", byKey: map[string][]byte{}}
	m := manifestJSON{
		SourceBucket: theBucket, DestinationBucket: "arn:aws:s3:::inventories",
		CreationTimestamp: "1795478400000", FileFormat: fileFormat, FileSchema: schema, Files: []dataFileJSON{},
	}
	for i, body := range files {
		key := fmt.Sprintf("%sdata/%d", home, i)
		s.byKey[key] = body
		size := int64(len(body))
		m.Files = append(m.Files, dataFileJSON{Key: key, Size: &size, MD5: sumOf(body)})
	}
	if change != nil {
		change(&m)
	}
	s.byKey[theManifest.Key], _ = json.Marshal(m)
	return s
}

func sumOf(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

const smallSchema = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass"

// csvFile zips lines.
func csvFile(lines ...string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for _, line := range lines {
		io.WriteString(w, line+"\n")
	}
	w.Close()
	return b.Bytes()
}

// line is a row of smallSchema.
func line(key, latest, marker, size, modified, etag, class string) string {
	cells := []string{theBucket, url.QueryEscape(key), "v", latest, marker, size, modified, etag, class}
	return `"` + strings.Join(cells, `","`) + `"`
}

// plain is the row of a current object.
func plain(key string) string {
	return line(key, "true", "false", "7", "2026-11-24T01:02:03.004Z", "0cc175b9c0f1b6a831c399e269772661", "GLACIER")
}

// csvOf is an inventory of one file of rows of smallSchema.
func csvOf(lines ...string) *objects {
	return made("CSV", smallSchema, [][]byte{csvFile(lines...)}, nil)
}

// opener is a store as retry.Reader needs it.
type opener interface {
	Open(ctx context.Context, at reconcile.Location) (io.ReadCloser, error)
}

func again(s opener, o retry.Options) Reader { return retry.Reader{Store: s, Retrier: retry.New(o)} }

func options(t testing.TB, s opener) Options {
	return Options{
		Reader: again(s, retry.Options{Attempts: 3}), Manifest: theManifest, TempDir: t.TempDir(),
		Now: func() time.Time { return time.UnixMilli(1795478400000).Add(30 * time.Hour) },
	}
}

// loaded loads an inventory that must be right, and checks that nothing of it
// stays on disk under a name.
func loaded(t testing.TB, o Options) *Listing {
	t.Helper()
	l, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		nothingIn(t, o.TempDir)
	})
	return l
}

func nothingIn(t testing.TB, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// refused loads an inventory that must be refused with an error of the kind
// that names all of the words.
func refused(t *testing.T, o Options, kind reconcile.Kind, words ...string) {
	t.Helper()
	l, err := Load(t.Context(), o)
	if err == nil {
		l.Close()
		t.Fatalf("loaded: %+v", l.Info())
	}
	if reconcile.KindOf(err) != kind {
		t.Errorf("kind %s, want %s: %v", reconcile.KindOf(err), kind, err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q is not in: %v", word, err)
		}
	}
	nothingIn(t, o.TempDir)
}

// listAll follows a listing to its end.
func listAll(t testing.TB, l *Listing, req reconcile.ListRequest) []reconcile.Object {
	t.Helper()
	all := []reconcile.Object{}
	for {
		page, err := l.List(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Objects) > pageSize || page.Next != "" && len(page.Objects) < pageSize {
			t.Fatalf("a page of %d, and then %q", len(page.Objects), page.Next)
		}
		all = append(all, page.Objects...)
		if req.Token = page.Next; req.Token == "" {
			return all
		}
	}
}

func keysOf(all []reconcile.Object) []string {
	keys := make([]string, len(all))
	for i, o := range all {
		keys[i] = o.Key
	}
	return keys
}

// sorted returns a sorted copy.
func sorted(keys []string) []string { return slices.Sorted(slices.Values(keys)) }
