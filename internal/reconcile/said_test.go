package reconcile

import "testing"

// TestSaid: the MD5 of "hello\n" is b1946ac92492d2347c6235b4d2611184.
func TestSaid(t *testing.T) {
	md5 := Checksum{Algorithm: "MD5", Type: FullObject, Value: "sZRqySSS0jR8YjW00mERhA=="}
	sha := Checksum{Algorithm: "SHA256", Type: FullObject, Value: "x"}
	plain, other := Object{Size: 6, ETag: "b1946ac92492d2347c6235b4d2611184"}, Object{Size: 6, ETag: "00000000000000000000000000000000"}
	for name, c := range map[string]struct {
		said      Said
		object    Object
		checksums []Checksum
		digest    bool
		denied    bool
	}{
		"nothing said":     {Said{}, plain, nil, true, false},
		"the size":         {Said{Sized: true, Size: 6}, plain, nil, true, false},
		"another size":     {Said{Sized: true, Size: 0}, plain, nil, true, true},
		"the MD5":          {Said{Checksum: md5}, plain, nil, true, false},
		"another MD5":      {Said{Checksum: md5}, other, nil, true, true},
		"no digest":        {Said{Checksum: md5}, other, nil, false, false},
		"parts":            {Said{Checksum: md5}, Object{ETag: "00000000000000000000000000000000-2"}, nil, true, false},
		"the SHA256":       {Said{Checksum: sha}, other, []Checksum{sha}, true, false},
		"another SHA256":   {Said{Checksum: sha}, other, []Checksum{{"SHA256", FullObject, "y"}}, true, true},
		"a composite":      {Said{Checksum: sha}, other, []Checksum{{"SHA256", Composite, "y-2"}}, true, false},
		"another's, alone": {Said{Checksum: sha}, other, []Checksum{{"SHA1", FullObject, "y"}}, true, false},
	} {
		if got := c.said.Denies(c.object, c.checksums, c.digest); got != "" != c.denied {
			t.Errorf("%s: %q", name, got)
		}
	}
	if (Said{Checksum: md5}).NeedsHead(plain) || !(Said{Checksum: md5}).NeedsHead(other) || (Said{Checksum: sha}).NeedsHead(other) || !(Said{Checksum: sha}).NeedsHead(Object{Checksum: Checksum{"SHA256", FullObject, ""}}) {
		t.Error("a HEAD where it settles nothing, or none where it does")
	}
}
