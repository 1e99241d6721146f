package reconcile_test

import (
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// Only 32 hexadecimal digits, with or without a number of parts, may be a digest.
func TestETagForm(t *testing.T) {
	for etag, want := range map[string]reconcile.ETagForm{
		"":                              reconcile.ETagOpaque,
		md5A:                            reconcile.ETagPlain,
		strings.ToUpper(md5A):           reconcile.ETagPlain,
		md5A[:31]:                       reconcile.ETagOpaque,
		md5A + "0":                      reconcile.ETagOpaque,
		md5A[:31] + "g":                 reconcile.ETagOpaque,
		partsA:                          reconcile.ETagComposite,
		md5A + "-10000":                 reconcile.ETagComposite,
		md5A + "-10001":                 reconcile.ETagOpaque,
		md5A + "-0":                     reconcile.ETagOpaque,
		md5A + "-":                      reconcile.ETagOpaque,
		md5A + "-x":                     reconcile.ETagOpaque,
		md5A + "-+1":                    reconcile.ETagOpaque,
		md5A + "--1":                    reconcile.ETagOpaque,
		"CJj8h4uO6v8CEAE=AAAAAAAA":      reconcile.ETagOpaque, // 24 characters
		"0f8fad5b-d9cb-469f-a165-70867": reconcile.ETagOpaque,
	} {
		if got := reconcile.FormOf(etag); got != want {
			t.Errorf("%q: %d, want %d", etag, got, want)
		}
	}
}

// placed is an object of a bucket, as HEAD tells of it.
func placed(bucket, key, etag string) reconcile.Object {
	return reconcile.Object{
		Location: reconcile.Location{Bucket: bucket, Key: key}, Size: 1, ETag: etag, Encryption: reconcile.EncryptionS3,
	}
}

// On a server that is not Amazon's ETags that differ mean nothing until two of
// their kind were equal: of that form, in these buckets, with keys that are
// equal or not.
func TestDigestsNeedEvidence(t *testing.T) {
	const inc, eq, diff = reconcile.Incomparable, reconcile.Equal, reconcile.Different
	d := &reconcile.Digests{Documented: func(bucket string) bool { return bucket == "a1" || bucket == "a2" }}
	for i, step := range []struct {
		a, b reconcile.Object
		want reconcile.Comparison
	}{
		{placed("a1", "k", md5A), placed("a2", "k", md5B), diff}, // documented
		{placed("a1", "k", md5A), placed("b", "k", md5B), inc},
		{placed("b", "k", md5A), placed("a1", "k", md5B), inc},
		{placed("s", "k", md5A), placed("t", "k", md5B), inc},
		{placed("s", "k", "e"), placed("t", "k", "e"), inc}, // equal, and no digest
		{placed("s", "k", partsA), placed("t", "k", partsA), eq},
		{placed("s", "k", md5A), placed("t", "k", md5B), inc}, // of composite ones that was
		{placed("s", "k", md5A), placed("t", "k", md5A), eq},
		{placed("s", "k", md5A), placed("t", "k", md5B), diff},
		{placed("s", "k", md5A), placed("u", "k", md5B), inc}, // another bucket
		{placed("s", "k", md5A), placed("t", "l", md5B), inc}, // another name
		{placed("s", "k", md5A), placed("t", "l", md5A), eq},
		{placed("s", "k", md5A), placed("t", "l", md5B), diff},
	} {
		if got, _ := reconcile.Compare(step.a, step.b, false, d); got != step.want {
			t.Errorf("step %d: %d, want %d", i, got, step.want)
		}
	}
	unequal := placed("s", "k", partsA)
	if got, _ := reconcile.Compare(unequal, placed("t", "k", md5B+"-2"), true, d); got != diff {
		t.Errorf("composite ones of one layout: %d", got)
	}
}

// sized is an object of bucket s or t, as HEAD tells of it.
func sized(bucket, etag string, size int64) reconcile.Object {
	o := placed(bucket, "k", etag)
	o.Size = size
	return o
}

// What is no digest of the content proves nothing, though it is equal and has
// the form of one.
func TestEqualETagsThatSayNothing(t *testing.T) {
	const inc, eq, diff = reconcile.Incomparable, reconcile.Equal, reconcile.Different
	const empty, zeros = "d41d8cd98f00b204e9800998ecf8427e", "00000000000000000000000000000000"
	d := &reconcile.Digests{Documented: func(string) bool { return false }}
	for i, step := range []struct {
		a, b reconcile.Object
		want reconcile.Comparison
	}{
		{sized("s", empty, 0), sized("t", empty, 0), eq},
		{sized("s", md5A, 1), sized("t", md5B, 1), inc}, // two of no bytes are no evidence
		{sized("s", empty, 1), sized("t", empty, 1), inc},
		{sized("s", zeros, 1), sized("t", zeros, 1), inc},
		{sized("s", zeros+"-2", 1), sized("t", zeros+"-2", 1), inc},
		{sized("s", md5A, 1), sized("t", strings.ToUpper(md5A), 1), eq},
		{sized("s", md5A, 1), sized("t", md5B, 1), diff},
		{sized("s", md5A, 1), sized("t", md5A, 2), diff}, // so they are made of something else
		{sized("s", md5B, 1), sized("t", md5B, 1), inc},
		{sized("s", md5A, 1), sized("t", md5B, 1), inc},
		{sized("s", partsA, 1), sized("t", partsA, 1), eq},
	} {
		if got, _ := reconcile.Compare(step.a, step.b, false, d); got != step.want {
			t.Errorf("step %d: %d, want %d", i, got, step.want)
		}
	}
}
