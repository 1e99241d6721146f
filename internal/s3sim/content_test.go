package s3sim

import (
	"bytes"
	"crypto/md5"
	"math/rand/v2"
	"testing"
)

func TestAnyRangeOfSyntheticContentCanBeGenerated(t *testing.T) {
	const size = 3*period + 100
	whole := synthetic(7, size).bytes()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		off := rng.Int64N(size)
		n := rng.Int64N(size - off + 1)
		if got := synthetic(7, size).slice(off, n).bytes(); !bytes.Equal(got, whole[off:off+n]) {
			t.Fatalf("%d bytes at %d differ", n, off)
		}
	}
}

// Content that was cut up and put together again is the same content, in one
// fragment; swapped parts are not.
func TestConcat(t *testing.T) {
	data := make([]byte, 1000)
	fillSynthetic(data, 3, 0)
	for name, whole := range map[string]*content{
		"synthetic": synthetic(9, 64<<20), "literal": literal(data),
	} {
		half := whole.size / 2
		first, second := whole.slice(0, half), whole.slice(half, whole.size-half)
		joined := concat([]*content{first, second})
		if len(joined.frags) != 1 || !sameContent(joined, whole) || joined.md5(1<<20) != whole.md5(1<<20) {
			t.Errorf("%s: %d fragments, same %v", name, len(joined.frags), sameContent(joined, whole))
		}
		swapped := concat([]*content{second, first})
		if sameContent(swapped, whole) || swapped.md5(1<<20) == whole.md5(1<<20) {
			t.Errorf("%s: swapped halves look the same", name)
		}
	}
}

func TestLiteralAndSyntheticContentCompareByBytes(t *testing.T) {
	whole := synthetic(9, 300_000)
	lit := literal(whole.bytes())
	mixed := concat([]*content{whole.slice(0, 1000), lit.slice(1000, 299_000)})
	if !sameContent(whole, lit) || !sameContent(mixed, lit) || !sameContent(whole, mixed) {
		t.Error("equal bytes compare as different")
	}
	if want := md5.Sum(whole.bytes()); whole.md5(1<<20) != want || lit.md5(0) != want || mixed.md5(1<<20) != want {
		t.Error("the MD5 is not that of the bytes")
	}
	other := bytes.Clone(lit.bytes())
	other[299_999]++
	if sameContent(whole, literal(other)) || sameContent(whole, synthetic(8, 300_000)) {
		t.Error("different bytes compare as equal")
	}
}

func TestLargeContentHasAnIdentityInPlaceOfItsMD5(t *testing.T) {
	a, b := synthetic(1, 100<<30), synthetic(1, 100<<30)
	if a.md5(1<<20) != b.md5(1<<20) {
		t.Error("equal content, different digests")
	}
	if a.md5(1<<20) == synthetic(2, 100<<30).md5(1<<20) || a.md5(1<<20) == a.slice(0, a.size-1).md5(1<<20) {
		t.Error("different content, equal digests")
	}
}
