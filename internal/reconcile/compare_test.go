package reconcile_test

import (
	"testing"

	"reconcile/internal/reconcile"
)

const (
	md5A, md5B     = "0cc175b9c0f1b6a831c399e269772661", "92eb5ffee6ae2fec3ad71c777531578f"
	partsA, partsB = md5A + "-2", md5B + "-3"
)

func full(algorithm, value string) reconcile.Checksum {
	return reconcile.Checksum{Algorithm: algorithm, Type: reconcile.FullObject, Value: value}
}

func composite(algorithm, value string) reconcile.Checksum {
	return reconcile.Checksum{Algorithm: algorithm, Type: reconcile.Composite, Value: value}
}

// thing is an object for comparing; zero fields mean "not said".
type thing struct {
	etag string
	enc  reconcile.Encryption
	sum  reconcile.Checksum
	size int64
}

func (x thing) object() reconcile.Object {
	return reconcile.Object{Size: 100 + x.size, ETag: x.etag, Encryption: x.enc, Checksum: x.sum}
}

// What S3 documents as comparable decides, the strongest first; what is not
// comparable decides nothing.
func TestCompare(t *testing.T) {
	const (
		s3, kms, dsse, ssec = reconcile.EncryptionS3, reconcile.EncryptionKMS, reconcile.EncryptionKMSDSSE, reconcile.EncryptionSSEC
		inc, eq, diff, und  = reconcile.Incomparable, reconcile.Equal, reconcile.Different, reconcile.Undecided
		none, etag, sum     = reconcile.NoProof, reconcile.ProofETag, reconcile.ProofChecksum
	)
	tests := []struct {
		name  string
		a, b  thing
		same  bool // the part layouts are known to be equal
		want  reconcile.Comparison
		proof reconcile.Proof
	}{
		{"sizes", thing{etag: md5A}, thing{etag: md5A, size: 1}, false, diff, none},
		{"sizes go before checksums", thing{sum: full("CRC32", "x")}, thing{sum: full("CRC32", "x"), size: 1}, false, diff, none},
		{"nothing known", thing{}, thing{}, false, inc, none},
		{"one ETag only", thing{etag: md5A}, thing{}, false, inc, none},

		{"plain, equal", thing{etag: md5A}, thing{etag: md5A}, false, eq, etag},
		{"composite, equal", thing{etag: partsA}, thing{etag: partsA}, false, eq, etag},
		{"plain, unequal, not encrypted", thing{etag: md5A, enc: s3}, thing{etag: md5B, enc: s3}, false, diff, etag},
		{"plain, unequal, one unknown", thing{etag: md5A, enc: s3}, thing{etag: md5B}, false, und, none},
		{"plain, unequal, both unknown", thing{etag: md5A}, thing{etag: md5B}, false, und, none},
		{"plain, unequal, KMS", thing{etag: md5A, enc: kms}, thing{etag: md5B, enc: s3}, false, inc, none},
		{"plain, unequal, KMS and unknown", thing{etag: md5A, enc: kms}, thing{etag: md5B}, false, inc, none},
		{"plain, unequal, DSSE", thing{etag: md5A, enc: dsse}, thing{etag: md5B, enc: s3}, false, inc, none},
		{"plain, unequal, customer key", thing{etag: md5A, enc: ssec}, thing{etag: md5B, enc: s3}, false, inc, none},
		{"plain and composite", thing{etag: md5A, enc: s3}, thing{etag: partsA, enc: s3}, false, inc, none},
		{"plain and composite, same layout", thing{etag: md5A, enc: s3}, thing{etag: partsA, enc: s3}, true, inc, none},
		{"composite, unequal", thing{etag: partsA, enc: s3}, thing{etag: partsB, enc: s3}, false, inc, none},
		{"composite, unequal, as many parts", thing{etag: partsA}, thing{etag: "d41d8cd98f00b204e9800998ecf8427e" + partsA[32:]}, false, und, none},
		{"composite, unequal, same layout", thing{etag: partsA, enc: s3}, thing{etag: partsB, enc: s3}, true, diff, etag},
		{"composite, unequal, same layout, unknown", thing{etag: partsA}, thing{etag: partsB, enc: s3}, true, und, none},
		{"composite, unequal, same layout, KMS", thing{etag: partsA, enc: kms}, thing{etag: partsB, enc: s3}, true, inc, none},

		{"checksums agree", thing{sum: full("CRC32", "x")}, thing{sum: full("CRC32", "x")}, false, eq, sum},
		{"checksums disagree", thing{sum: full("CRC32", "x")}, thing{sum: full("CRC32", "y")}, false, diff, sum},
		{"checksums agree, ETags do not", thing{etag: md5A, enc: s3, sum: full("SHA256", "x")}, thing{etag: md5B, enc: s3, sum: full("SHA256", "x")}, false, eq, sum},
		{"checksums disagree, ETags agree", thing{etag: md5A, sum: full("SHA256", "x")}, thing{etag: md5A, sum: full("SHA256", "y")}, false, diff, sum},
		{"checksums under KMS", thing{etag: md5A, enc: kms, sum: full("CRC64NVME", "x")}, thing{etag: partsA, sum: full("CRC64NVME", "x")}, false, eq, sum},
		{"other algorithms", thing{sum: full("CRC32", "x")}, thing{sum: full("CRC32C", "x")}, false, inc, none},
		{"composite checksums", thing{sum: composite("CRC32", "x")}, thing{sum: composite("CRC32", "y")}, false, inc, none},
		{"full and composite", thing{sum: full("CRC32", "x")}, thing{sum: composite("CRC32", "y")}, false, inc, none},
		{"no algorithm", thing{sum: full("", "x")}, thing{sum: full("", "y")}, false, inc, none},

		{"a value is not asked for yet", thing{sum: full("CRC32", "")}, thing{sum: full("CRC32", "y")}, false, und, none},
		{"no value is asked for yet", thing{etag: md5A, enc: kms, sum: full("CRC32", "")}, thing{etag: md5B, enc: kms, sum: full("CRC32", "")}, false, und, none},
		{"pending, but ETags agree", thing{etag: md5A, sum: full("CRC32", "")}, thing{etag: md5A, sum: full("CRC32", "")}, false, eq, etag},
		{"pending, but ETags disagree for good", thing{etag: md5A, enc: s3, sum: full("CRC32", "")}, thing{etag: md5B, enc: s3, sum: full("CRC32", "")}, false, diff, etag},
		{"pending of two algorithms", thing{sum: full("CRC32", "")}, thing{sum: full("SHA1", "")}, false, inc, none},
		{"pending composites", thing{sum: composite("CRC32", "")}, thing{sum: composite("CRC32", "")}, false, inc, none},
	}
	for _, tt := range tests {
		got, proof := reconcile.Compare(tt.a.object(), tt.b.object(), tt.same, nil)
		if got != tt.want || proof != tt.proof {
			t.Errorf("%s: %d by %q, want %d by %q", tt.name, got, proof, tt.want, tt.proof)
		}
	}
}

// things returns an object for every combination of what S3 may say of one.
func things() []reconcile.Object {
	var sums []reconcile.Checksum
	for _, algorithm := range []string{"", "CRC32", "SHA256"} {
		for _, kind := range []string{"", reconcile.FullObject, reconcile.Composite} {
			for _, value := range []string{"", "x", "y"} {
				sums = append(sums, reconcile.Checksum{Algorithm: algorithm, Type: kind, Value: value})
			}
		}
	}
	var all []reconcile.Object
	for _, etag := range []string{"", md5A, md5B, partsA, partsB} {
		for _, enc := range []reconcile.Encryption{"", reconcile.EncryptionS3, reconcile.EncryptionKMS, reconcile.EncryptionSSEC} {
			for _, sum := range sums {
				for size := range int64(2) {
					all = append(all, thing{etag, enc, sum, size}.object())
				}
			}
		}
	}
	return all
}

// checkCompare states what holds of every comparison.
func checkCompare(t *testing.T, a, b reconcile.Object, same bool) {
	v, proof := reconcile.Compare(a, b, same, nil)
	if w, q := reconcile.Compare(b, a, same, nil); v != w || proof != q {
		t.Fatalf("not symmetric: %+v\n%+v\n%d %q, %d %q", a, b, v, proof, w, q)
	}
	sumsKnown := a.Checksum.FullObject() && b.Checksum.FullObject() &&
		a.Checksum.Algorithm == b.Checksum.Algorithm && a.Checksum.Value != "" && b.Checksum.Value != ""
	plain := a.Encryption == reconcile.EncryptionS3 && b.Encryption == reconcile.EncryptionS3
	layout := !a.Multipart() && !b.Multipart() || a.Multipart() && b.Multipart() && same
	var ok bool
	switch {
	case a.Size != b.Size:
		ok = v == reconcile.Different && proof == reconcile.NoProof
	case sumsKnown:
		ok = proof == reconcile.ProofChecksum && (v == reconcile.Equal) == (a.Checksum.Value == b.Checksum.Value) &&
			(v == reconcile.Equal || v == reconcile.Different)
	case v == reconcile.Equal:
		ok = proof == reconcile.ProofETag && a.ETag == b.ETag && a.ETag != ""
	case v == reconcile.Different:
		ok = proof == reconcile.ProofETag && a.ETag != b.ETag && a.ETag != "" && b.ETag != "" && plain && layout
	default:
		ok = proof == reconcile.NoProof
	}
	if !ok {
		t.Fatalf("%+v\n%+v\nsame layout %v: %d by %q", a, b, same, v, proof)
	}
}

// Of every pair: the comparison is symmetric, agrees only on evidence, and
// never calls two objects different because their ETags merely look different.
func TestComparePairs(t *testing.T) {
	all := things()
	for _, a := range all {
		for _, b := range all {
			checkCompare(t, a, b, false)
			checkCompare(t, a, b, true)
		}
	}
}

// Once everything has been asked for, nothing stays undecided.
func TestCompareDecidesAfterHead(t *testing.T) {
	var headed []reconcile.Object
	for _, o := range things() {
		if o.Encryption != reconcile.EncryptionUnknown && (o.Checksum.Algorithm == "" || o.Checksum.Value != "") {
			headed = append(headed, o)
		}
	}
	for _, a := range headed {
		for _, b := range headed {
			if v, _ := reconcile.Compare(a, b, false, nil); v == reconcile.Undecided {
				t.Fatalf("undecided:\n%+v\n%+v", a, b)
			}
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add(md5A, md5B, "", "aws:kms", "CRC32", "FULL_OBJECT", "x", "y", int64(1), int64(1), false)
	f.Add("-", "--", "AES256", "AES256", "", "", "", "", int64(-1), int64(0), true)
	f.Fuzz(func(t *testing.T, etagA, etagB, encA, encB, algorithm, kind, valueA, valueB string, sizeA, sizeB int64, same bool) {
		a := reconcile.Object{Size: sizeA, ETag: etagA, Encryption: reconcile.Encryption(encA), Checksum: reconcile.Checksum{Algorithm: algorithm, Type: kind, Value: valueA}}
		b := reconcile.Object{Size: sizeB, ETag: etagB, Encryption: reconcile.Encryption(encB), Checksum: reconcile.Checksum{Algorithm: algorithm, Type: kind, Value: valueB}}
		v, proof := reconcile.Compare(a, b, same, nil)
		if w, q := reconcile.Compare(b, a, same, nil); v != w || proof != q {
			t.Fatalf("not symmetric: %d %q, %d %q", v, proof, w, q)
		}
		if v == reconcile.Equal && sizeA != sizeB {
			t.Fatal("equal, with two sizes")
		}
	})
}

// The first pair of one algorithm in the source's order is the common one;
// composite checksums and ones without a value are no pair.
func TestCommonChecksum(t *testing.T) {
	crc, sha := full("CRC32", "c"), full("SHA256", "s")
	tests := []struct {
		name string
		a, b []reconcile.Checksum
		x, y reconcile.Checksum
		ok   bool
	}{
		{"none", nil, nil, reconcile.Checksum{}, reconcile.Checksum{}, false},
		{"one side", []reconcile.Checksum{crc}, nil, reconcile.Checksum{}, reconcile.Checksum{}, false},
		{"the source's order", []reconcile.Checksum{sha, crc}, []reconcile.Checksum{crc, full("SHA256", "t")}, sha, full("SHA256", "t"), true},
		{"the second", []reconcile.Checksum{composite("SHA1", "x"), crc}, []reconcile.Checksum{composite("SHA1", "x"), crc}, crc, crc, true},
		{"no value", []reconcile.Checksum{full("CRC32", "")}, []reconcile.Checksum{crc}, reconcile.Checksum{}, reconcile.Checksum{}, false},
		{"no common one", []reconcile.Checksum{crc}, []reconcile.Checksum{sha}, reconcile.Checksum{}, reconcile.Checksum{}, false},
	}
	for _, tt := range tests {
		x, y, ok := reconcile.CommonChecksum(tt.a, tt.b)
		if x != tt.x || y != tt.y || ok != tt.ok {
			t.Errorf("%s: %v, %v, %v", tt.name, x, y, ok)
		}
	}
}
