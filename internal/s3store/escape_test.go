package s3store

import (
	"net/url"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

func TestCopySource(t *testing.T) {
	tests := []struct {
		at   reconcile.Location
		want string
	}{
		{reconcile.Location{Bucket: "b", Key: "a/b.hdf"}, "b/a/b.hdf"},
		{reconcile.Location{Bucket: "b", Key: "a b+c%20?#&=ä\x01\n"}, "b/a%20b%2Bc%2520%3F%23%26%3D%C3%A4%01%0A"},
		{reconcile.Location{Bucket: "b", Key: "/x//y/"}, "b//x//y/"},
		{reconcile.Location{Bucket: "b", Key: "../x", VersionID: "v+1/?"}, "b/../x?versionId=v%2B1%2F%3F"},
		{reconcile.Location{Bucket: "arn:aws:s3:eu-west-1:1:accesspoint/p", Key: "k"}, "arn:aws:s3:eu-west-1:1:accesspoint/p/object/k"},
	}
	for _, tt := range tests {
		if got := copySourceOf(tt.at); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.at, got, tt.want)
		}
	}
}

func FuzzCopySource(f *testing.F) {
	f.Add("a/b c+d.hdf", "")
	f.Add("%2B ä\x00\xff?versionId=1", "v?1")
	f.Fuzz(func(t *testing.T, key, version string) {
		text := copySourceOf(reconcile.Location{Bucket: "b", Key: key, VersionID: version})
		for i := range len(text) {
			if c := text[i]; !unreserved(c) && !strings.ContainsRune("/%?=", rune(c)) {
				t.Fatalf("%q: byte %q", text, c)
			}
		}
		path, id, versioned := strings.Cut(text, "?versionId=")
		gotKey, err := url.PathUnescape(strings.TrimPrefix(path, "b/"))
		if err != nil || gotKey != key {
			t.Errorf("key %q came back as %q: %v", key, gotKey, err)
		}
		if asForm, err := url.QueryUnescape(strings.TrimPrefix(path, "b/")); err != nil || asForm != key {
			t.Errorf("key %q, decoded as a form: %q, %v", key, asForm, err)
		}
		gotVersion, err := url.PathUnescape(id)
		if err != nil || gotVersion != version || versioned != (version != "") {
			t.Errorf("version %q came back as %q: %v", version, gotVersion, err)
		}
	})
}
