package listing

import (
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"

	"reconcile/internal/reconcile"
)

// oddKeys are the keys around which a predecessor can go wrong.
func oddKeys() []string {
	long := strings.Repeat("x", MaxKeyBytes)
	all := []string{
		"\x00", "\x01", "\x1f", " ", "!", "a", "a ", "a\x00", "a/", "~", "\x7f", "\u0080", "\u0081", "é", "\u0800", "\u0801",
		"\uD7FF", "\uE000", "\uE001", "\uFFFD", "\uFFFE", "\uFFFF", "\U00010000", "\U00010001", "\U0010FFFF", "a\U0010FFFF",
		"\xff", "a\xff", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xe2\x82", "\xffa", "\ufffd\xff",
	}
	for _, tail := range []string{"", "\x01", " ", "!", "é", "\uE000", "\U00010000", "\xff"} {
		for cut := range 6 {
			all = append(all, long[:MaxKeyBytes-cut-len(tail)]+tail)
		}
	}
	return all
}

// checkBefore states what a StartAfter must be: less than the key, no longer
// than a key may be, and text where the key is text.
func checkBefore(t *testing.T, key string) {
	t.Helper()
	got := Before(key)
	if got >= key {
		t.Fatalf("Before(%q) = %q is not less", key, got)
	}
	if len(key) <= MaxKeyBytes && len(got) > MaxKeyBytes {
		t.Fatalf("Before(%q) has %d bytes", key, len(got))
	}
	if utf8.ValidString(key) && !utf8.ValidString(got) {
		t.Fatalf("Before(%q) = %q is no UTF-8", key, got)
	}
	if strings.HasSuffix(key, "\uE000") && len(key) < 1000 && got != strings.TrimSuffix(key, "\uE000")+"\uD7FF\U0010FFFF" {
		t.Fatalf("Before(%q) = %q does not step over the surrogates", key, got)
	}
}

// A listing begun before a key lists the key: before is always less.
func TestBefore(t *testing.T) {
	for _, key := range oddKeys() {
		checkBefore(t, key)
	}
	if got := Before(""); got != "" {
		t.Errorf("nothing comes before nothing, not %q", got)
	}
}

// It is close: nothing that ends in another letter lies between.
func TestBeforeIsClose(t *testing.T) {
	for key, between := range map[string]string{"k5": "k4zzz", "é": "d", "a/b": "a/a~", "\U00010000": "\uFFFE"} {
		if Before(key) < between {
			t.Errorf("%q lies between Before(%q) = %q and it", between, key, Before(key))
		}
	}
}

func FuzzBefore(f *testing.F) {
	for _, key := range oddKeys() {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if key != "" {
			checkBefore(t, key)
		}
	})
}

// oddKey draws keys that lie close to one another.
func oddKey(rng *rand.Rand, odd []string) string {
	var b strings.Builder
	for range 1 + rng.IntN(3) {
		b.WriteString(odd[rng.IntN(len(odd))])
	}
	if b.Len() > MaxKeyBytes {
		return b.String()[:MaxKeyBytes]
	}
	return b.String()
}

// Whatever the keys, moving forward finds exactly what is listed.
func TestFindMissesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	odd := oddKeys()
	for round := range 400 {
		listed, wanted := map[string]bool{}, map[string]bool{}
		for range rng.IntN(80) {
			listed[oddKey(rng, odd)] = true
		}
		for key := range listed {
			if rng.IntN(3) == 0 {
				wanted[key] = true
			}
		}
		for range rng.IntN(20) {
			wanted[oddKey(rng, odd)] = true
		}
		s := &store{keys: sorted(listed), pageSize: 1 + rng.IntN(5)}
		c := New(s, reconcile.ListRequest{Bucket: "b"})
		for _, key := range sorted(wanted) {
			for !c.Covers(key) {
				if _, err := c.Read(t.Context(), key); err != nil {
					t.Fatal(err)
				}
			}
			_, found := slices.BinarySearchFunc(c.Objects, key, func(o reconcile.Object, key string) int { return strings.Compare(o.Key, key) })
			if found != listed[key] {
				t.Fatalf("round %d: %q: found %v, listed %v", round, key, found, listed[key])
			}
		}
		c.Close()
		if most := len(listed)/s.pageSize + 1; s.requests > most {
			t.Fatalf("round %d: %d requests for %d pages", round, s.requests, most)
		}
	}
}

func sorted(set map[string]bool) []string {
	var all []string
	for key := range set {
		all = append(all, key)
	}
	sort.Strings(all)
	return slices.Compact(all)
}
