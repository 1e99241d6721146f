package inventory

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"reconcile/internal/extsort"
)

// TestRecords: a row comes back as it was, whatever its ETag looks like.
func TestRecords(t *testing.T) {
	sum := "0cc175b9c0f1b6a831c399e269772661"
	known := newKinds()
	for i, etag := range []string{
		"", sum, sum + "-1", sum + "-10000", sum + "-4294967295", sum + "-4294967296", sum + "-007", sum + "-", sum + "-+1", sum + "-1-2",
		strings.ToUpper(sum), strings.ToUpper(sum) + "-2", sum[:31], sum + "0", "g" + sum[1:], "-5", "\x01\x02", strings.Repeat("\xff", maxETag),
	} {
		for _, size := range []int64{0, 1, 1 << 40, math.MaxInt64} {
			for _, at := range []time.Time{{}, time.UnixMilli(1), time.UnixMilli(-1), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)} {
				r := &row{
					key: strings.Repeat("\xff", i*40+1), size: size, etag: etag, modified: at,
					class: "GLACIER", algorithm: fmt.Sprint("A", i), encryption: "SSE-KMS",
				}
				checkRecord(t, known, r)
			}
		}
	}
}

// TestOrderOfRecords: keys count first.
func TestOrderOfRecords(t *testing.T) {
	keys := []string{"\x00", "a", "a\x00", "a\x00\x01", "a/", "aa", "b", "\xff", "\xff\xff"}
	for i, a := range keys {
		for j, b := range keys {
			x := appendRecord(nil, &row{key: a, size: 1 << 50, etag: "zzz"}, 9)
			y := appendRecord(nil, &row{key: b, size: 1}, 0)
			if got := bytes.Compare(x, y); (got < 0) != (i < j) && i != j {
				t.Errorf("%q and %q: %d", a, b, got)
			}
		}
	}
}

// TestTooManyKinds: words that nobody has heard of do not fill the memory.
func TestTooManyKinds(t *testing.T) {
	known := newKinds()
	for i := range maxKinds {
		if n, err := known.number(kind{class: fmt.Sprint(i)}); err != nil || n != uint64(i) {
			t.Fatalf("%d: %d, %v", i, n, err)
		}
	}
	if _, err := known.number(kind{class: "one more"}); err == nil {
		t.Error("one more was taken")
	}
	if n, err := known.number(kind{class: "7"}); err != nil || n != 7 {
		t.Errorf("%d, %v", n, err)
	}
}

// FuzzRow: rows on disk that are broken are an error, never a panic.
func FuzzRow(f *testing.F) {
	known := newKinds()
	if _, err := known.number(kind{class: "GLACIER"}); err != nil {
		f.Fatal(err)
	}
	w := &blockWriter{}
	for _, key := range []string{"a", "ab", "b"} {
		_, rest, _ := extsort.CutText(appendRecord(nil, &row{key: key, etag: "x"}, 0))
		if err := w.add([]byte(key), rest); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(w.buf)
	f.Add([]byte{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		var key []byte
		for len(b) > 0 {
			var rest, left []byte
			var err error
			if key, rest, left, err = cutRow(b, key); err != nil {
				return
			}
			if len(left) >= len(b) {
				t.Fatal("no end")
			}
			b = left
			known.decode(rest)
		}
	})
}
