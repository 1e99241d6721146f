package reconcile_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"reconcile/internal/reconcile"
)

// page stands for the text that the strings of a page are parts of.
var page = strings.Repeat("a/b.hdf|5eb63bbbe01eeed093cb22bb8f5acdc3|v1|Zm9v|", 2)

func within(s, text string) bool {
	at, begin := uintptr(unsafe.Pointer(unsafe.StringData(s))), uintptr(unsafe.Pointer(unsafe.StringData(text)))
	return s != "" && at >= begin && at < begin+uintptr(len(text))
}

// listed is an object whose strings are parts of the page, from byte at on.
func listed(at int, key, etag string) reconcile.Object {
	cut := func(s string) string { return page[at+strings.Index(page[at:], s):][:len(s)] }
	return reconcile.Object{
		Location: reconcile.Location{Bucket: "b", Key: cut(key), VersionID: cut("v1")},
		Size:     7, ETag: cut(etag), StorageClass: reconcile.ClassGlacier,
		Restore:  reconcile.RestoreState{Phase: reconcile.Restored, Expiry: noon},
		Checksum: reconcile.Checksum{Algorithm: "SHA256", Type: reconcile.FullObject, Value: cut("Zm9v")},
	}
}

// strings of anything, also those within it.
func texts(v reflect.Value) (all []string) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
	case v.Kind() == reflect.String:
		all = append(all, v.String())
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			all = append(all, texts(v.Field(i))...)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			all = append(all, texts(v.Index(i))...)
		}
	}
	return all
}

// A cloned decision is the same one, and no string of it is part of a page.
func TestDetach(t *testing.T) {
	const etag = "5eb63bbbe01eeed093cb22bb8f5acdc3"
	half := len(page) / 2
	for name, d := range map[string]reconcile.Decision{
		"same":       {Source: listed(0, "a/b.hdf", etag), Target: listed(half, "a/b.hdf", etag), Listed: true},
		"other":      {Source: listed(0, "a/b.hdf", etag), Target: listed(half, "b.hdf", etag), Listed: true},
		"no etag":    {Source: listed(0, "a/b.hdf", ""), Target: listed(half, "a/b.hdf", etag), Listed: true},
		"no target":  {Source: listed(0, "a/b.hdf", etag)},
		"unlisted":   {Source: listed(0, "a/b.hdf", etag), Target: reconcile.Object{Location: reconcile.Location{Bucket: "p", Key: page[2:7]}}},
		"collisions": {Source: listed(0, "a/b.hdf", etag), Collisions: []string{page[:7], page[2:7]}, Reason: "r"},
		"nothing":    {},
	} {
		cut := slices.ContainsFunc(texts(reflect.ValueOf(d)), func(s string) bool { return within(s, page) })
		if cut == (name == "nothing") {
			t.Errorf("%s: the test has a decision that is not cut from a page", name)
		}
		got := d.Clone()
		if !reflect.DeepEqual(got, d) {
			t.Errorf("%s: got  %+v\nwant %+v", name, got, d)
		}
		for _, s := range texts(reflect.ValueOf(got)) {
			if within(s, page) {
				t.Errorf("%s: %q is still part of the page", name, s)
			}
		}
	}
}

// The collisions of the decision that was cloned stay its own.
func TestDetachLeavesTheOther(t *testing.T) {
	d := reconcile.Decision{Collisions: []string{page[:7]}}
	_ = d.Clone()
	if !within(d.Collisions[0], page) {
		t.Error("the collisions were changed in place")
	}
}
