package scan

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"reconcile/internal/listing"
)

// Where the keys are text of at most 1024 bytes, so is every StartAfter that
// the scan and the shards ask with.
func TestStartAfterIsText(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(77, 5))
	letters := []string{"a", "b", "0", "9", "f", "/", "é", "\x01", "\x00", "\x7f", "\uE000", "\uD7FF", "\uFFFD", "\uFFFF", "\U00010000", "\U0010FFFF", "\U0010FFFE", " ", "Z", "\u0080"}
	cuts := 0
	for range rounds(50, 1000) {
		s := newStore(1 + rng.IntN(6))
		s.eager = true
		seen := map[string]bool{}
		head := strings.Repeat("x", []int{0, 0, 1000, 1018}[rng.IntN(4)])
		few := letters[rng.IntN(len(letters)-3):]
		for range 20 + rng.IntN(150) {
			var b strings.Builder
			b.WriteString(head)
			for range 1 + rng.IntN(5) {
				b.WriteString(few[rng.IntN(len(few))])
			}
			key := b.String()
			for len(key) > listing.MaxKeyBytes || !utf8.ValidString(key) {
				_, n := utf8.DecodeLastRuneInString(key)
				key = key[:len(key)-n]
			}
			if !seen[key] {
				seen[key] = true
				o := restored(key)
				s.put("source", o)
				if rng.IntN(2) == 0 {
					s.put("protected", o)
				}
			}
		}
		o := options(t)
		o.Streams = 1 + rng.IntN(10)
		if rng.IntN(2) == 0 {
			ranges, err := Shards(t.Context(), once(s), o, 1+rng.IntN(9))
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckShards(ranges); err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, o.Range = range ranges {
				part, err := run(t, s, o)
				if err != nil {
					t.Fatal(err)
				}
				n += len(part)
			}
			if n != len(seen) {
				t.Fatalf("%d of %d", n, len(seen))
			}
		} else if got := mustRun(t, s, o); len(got) != len(seen) {
			t.Fatalf("%d of %d", len(got), len(seen))
		}
		for _, req := range s.requests {
			if req.StartAfter == "" {
				continue
			}
			cuts++
			if !utf8.ValidString(req.StartAfter) || len(req.StartAfter) > listing.MaxKeyBytes {
				t.Fatalf("%s: StartAfter %q", req.Bucket, req.StartAfter)
			}
		}
	}
	t.Log(cuts, "with StartAfter")
}
