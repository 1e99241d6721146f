package config

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

func TestBucketMap(t *testing.T) {
	r := &reading{}
	g := given{texts: []string{` {"hdf":"data", ".TXT":"s3://open", "other":"rest"} `}, from: "here"}
	if err := setBucketMap(r, g); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{".hdf": "data", ".txt": "open", "other": "rest"}; !maps.Equal(r.Archives.Map, want) {
		t.Errorf("%v", r.Archives.Map)
	}
}

func TestBadBucketMaps(t *testing.T) {
	for in, want := range map[string]string{
		``:                                "bad JSON at byte 0: it ends too early",
		`[]`:                              "is no JSON object",
		`null`:                            "is no JSON object",
		`"x"`:                             "is no JSON object",
		`{`:                               "ends too early",
		`{"a"`:                            "ends too early",
		`{"a":}`:                          "bad JSON at byte",
		`{"a" "b"}`:                       "bad JSON at byte",
		`{a:"b"}`:                         "bad JSON at byte",
		`{"hdf":"data",}`:                 "bad JSON at byte",
		`{"hdf":"data"} x`:                "something follows",
		`{"hdf":"data"}{}`:                "something follows",
		`{"hdf":5}`:                       `the bucket of "hdf" is no string`,
		`{"hdf":null}`:                    `the bucket of "hdf" is no string`,
		`{"hdf":{"x":"y"}}`:               `the bucket of "hdf" is no string`,
		`{"hdf":["x"]}`:                   `the bucket of "hdf" is no string`,
		`{"hdf":""}`:                      `bucket of "hdf": is empty`,
		`{"hdf":"s3://a-b/c"}`:            "a bucket and a path",
		`{"hdf":"data","hdf":"twice"}`:    `the extension ".hdf" is there twice`,
		`{"hdf":"data",".HDF":"twice"}`:   `the extension ".hdf" is there twice`,
		`{"other":"data","other":"more"}`: `the extension "other" is there twice`,
		`{"":"data"}`:                     "is no extension",
		`{".tar.gz":"data"}`:              "is no extension",
		`{".txt ":"data"}`:                "is no extension",
		`{"*":"data"}`:                    "is no extension",
		`{"OTHER":"data"}`:                `"other"`,
	} {
		err := setBucketMap(&reading{}, given{texts: []string{in}, from: "here"})
		if err == nil || !strings.HasPrefix(err.Error(), "here: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", in, err)
		}
	}
}

// FuzzBucketMap holds the decoder against the standard library's: whatever it
// takes is a JSON object of strings, with every entry of it.
func FuzzBucketMap(f *testing.F) {
	for _, s := range []string{`{"hdf":"data","other":"rest"}`, `{`, `{"a":1}`, `{"a":"b"}{}`, "{\"\\u0061\":\"bcd\"}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		pairs, err := decodeBucketMap(s)
		var want map[string]string
		if std := json.Unmarshal([]byte(s), &want); err == nil && std != nil {
			t.Fatalf("%q is taken: %v", s, std)
		}
		for _, p := range pairs {
			if _, ok := want[p.key]; !ok && err == nil {
				t.Fatalf("%q: the key %q is nobody else's", s, p.key)
			}
		}
	})
}
