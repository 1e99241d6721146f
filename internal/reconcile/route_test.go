package reconcile_test

import (
	"slices"
	"testing"

	"reconcile/internal/reconcile"
)

// The archive buckets of the tests.
const (
	prot = "protected"
	pub  = "public"
)

func router(t testing.TB, archives reconcile.Archives, rules ...reconcile.Rule) *reconcile.Router {
	t.Helper()
	r, err := reconcile.NewRouter(rules, archives)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The last extension counts, without regard to case, and only of the name.
func TestExtension(t *testing.T) {
	for key, want := range map[string]string{
		"": "", "a": "", "a.txt": ".txt", "a.HDF.TXT": ".txt", "x.hdf.txt": ".txt", "a/b.c/d": "", "a.b/c.JSON": ".json",
		".hidden": "", "d.hdf/.txt": "", "a.": ".", "a/": "", "a.txt/": "", "日本.XML": ".xml",
		"x.gİf": ".gİf", "x.\u212ad": ".\u212ad", "x.JPG\u200b": ".jpg\u200b", "x.PſF": ".pſf",
	} {
		if got := reconcile.Extension(key); got != want {
			t.Errorf("%q has %q, want %q", key, got, want)
		}
	}
}

// Letters that become ASCII in lower case make no known extension: what is not
// plain ASCII is data, in the list, in a map and in a rule.
func TestLettersThatFold(t *testing.T) {
	r := router(t, reconcile.Archives{Protected: prot, Public: pub, Map: map[string]string{".gif": pub, ".kml": pub, "other": prot}},
		reconcile.Rule{Extension: "tif", Bucket: pub})
	for _, key := range []string{"x.gİf", "x.G\u0130F", "x.\u212aml", "x.\u212AML", "x.tİf", "x.jpg\u200b", "x.ｔｘｔ"} {
		if got := r.Route(key); got.Cursor.Bucket != prot {
			t.Errorf("%q goes to %s", key, got.Cursor.Bucket)
		}
	}
}

// The built-in list: known non-data goes to public, everything else to
// protected. An unknown file is never made public.
func TestBuiltInRouting(t *testing.T) {
	r := router(t, reconcile.Archives{Protected: prot, Public: pub})
	for _, ext := range []string{"txt", "xml", "met", "cmr", "json", "jpg", "jpeg", "png", "gif", "md5", "sha256", "html", "pdf"} {
		for _, key := range []string{"a." + ext, "d.x/a.hdf." + ext, "A." + string(ext[0]-32) + ext[1:]} {
			if got := r.Route(key); !got.Routed || got.Location() != (reconcile.Location{Bucket: pub, Key: key}) {
				t.Errorf("%q goes to %v", key, got)
			}
		}
	}
	for _, key := range []string{"a.hdf", "a.h5", "a", "a.", "a.txt.gz", "txt", "a.txt/b", "a.htm", "a.xmlx", "x.txt ", ".", "a.nc\xff"} {
		if got := r.Route(key); !got.Routed || got.Location() != (reconcile.Location{Bucket: prot, Key: key}) {
			t.Errorf("%q goes to %v", key, got)
		}
	}
}

// Where no archive bucket is configured for an object it is not routed.
func TestNotConfigured(t *testing.T) {
	tests := []struct {
		archives  reconcile.Archives
		data, txt bool
	}{
		{reconcile.Archives{}, false, false},
		{reconcile.Archives{Protected: prot}, true, false},
		{reconcile.Archives{Public: pub}, false, true},
		{reconcile.Archives{Map: map[string]string{"hdf": prot}}, true, false},
		{reconcile.Archives{Map: map[string]string{"other": prot}}, true, true},
	}
	for _, tt := range tests {
		r := router(t, tt.archives)
		for key, want := range map[string]bool{"a.hdf": tt.data, "a.txt": tt.txt} {
			got := r.Route(key)
			if got.Routed != want || want == (got == reconcile.Route{}) {
				t.Errorf("%+v: %q gives %+v", tt.archives, key, got)
			}
		}
	}
}

// The bucket map goes before the built-in list: with or without the dot, in
// any case, and "other" for every extension it does not name.
func TestBucketMap(t *testing.T) {
	archives := reconcile.Archives{Protected: prot, Public: pub, Map: map[string]string{"HDF": "h", ".txt": "t", "x": "b-x"}}
	want := map[string]string{
		"a.hdf": "h", "a.Hdf": "h", "a.txt": "t", "a.hdf.TXT": "t", "a.X": "b-x",
		"a.xml": pub, "a.nc": prot, "a": prot, "hdf": prot, "a.other": prot,
	}
	checkBuckets(t, router(t, archives), want)

	archives.Map["other"] = "rest"
	for key, bucket := range want {
		if bucket == pub || bucket == prot {
			want[key] = "rest" // the built-in list is not reached any more
		}
	}
	checkBuckets(t, router(t, archives), want)
}

func checkBuckets(t *testing.T, r *reconcile.Router, want map[string]string) {
	t.Helper()
	for key, bucket := range want {
		if got := r.Route(key).Location(); got != (reconcile.Location{Bucket: bucket, Key: key}) {
			t.Errorf("%q goes to %v, want bucket %s", key, got, bucket)
		}
	}
}

// A map that gives one extension two buckets is refused: Go reads maps in any
// order, and the objects would go to either.
func TestBucketMapConflict(t *testing.T) {
	for range 20 {
		if _, err := reconcile.NewRouter(nil, reconcile.Archives{Map: map[string]string{"hdf": "a", ".HDF": "b"}}); err == nil {
			t.Fatal("accepted")
		}
	}
	r := router(t, reconcile.Archives{Map: map[string]string{"hdf": "a", ".HDF": "a"}})
	checkBuckets(t, r, map[string]string{"x.hdf": "a"})
}

// The caller's map is his own: the router keeps what it was given at first.
func TestRouterCopiesItsMap(t *testing.T) {
	m := map[string]string{"hdf": "a"}
	r := router(t, reconcile.Archives{Map: m})
	m["hdf"] = "b"
	checkBuckets(t, r, map[string]string{"x.hdf": "a"})
}

// Buckets names every archive bucket a route can lead to, once and sorted.
func TestBuckets(t *testing.T) {
	r := router(t, reconcile.Archives{Protected: "p", Public: "q", Map: map[string]string{"a": "m", "b": "m", "other": "p"}},
		reconcile.Rule{Glob: "**.nc", Bucket: "e"},
		reconcile.Rule{Prefix: "tmp/", Exclude: true})
	if got, want := r.Buckets(), []string{"e", "m", "p", "q"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := router(t, reconcile.Archives{}).Buckets(); len(got) != 0 {
		t.Errorf("nothing configured gives %v", got)
	}
}
