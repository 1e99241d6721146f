package inventory

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"

	"reconcile/internal/reconcile"
)

// crowd returns distinct keys that share long prefixes, with every byte that a
// key can begin or end in.
func crowd(rng *rand.Rand, n int) []string {
	pieces := []string{"a", "a/", "/", "//", "b", "\x00", "\xff", "\U0010FFFF", "é", " ", "+", "%", strings.Repeat("long/", 40), "\n", `"`}
	seen := map[string]bool{}
	for len(seen) < n {
		var b strings.Builder
		for range 1 + rng.IntN(6) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		if rng.IntN(3) > 0 {
			fmt.Fprintf(&b, "%05d", rng.IntN(3*n))
		}
		if b.Len() <= maxKey {
			seen[b.String()] = true
		}
	}
	keys := make([]string, 0, n)
	for k := range seen {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return keys
}

// listingOf loads an inventory of the keys, cut into files.
func listingOf(t testing.TB, keys []string) *Listing {
	files := make([][]string, 5)
	for i, k := range keys {
		files[i%5] = append(files[i%5], plain(k))
	}
	var zipped [][]byte
	for _, f := range files {
		zipped = append(zipped, csvFile(f...))
	}
	o := options(t, made("CSV", smallSchema, zipped, nil))
	o.memory = 64 << 10 // many runs
	return loaded(t, o)
}

// page is the model: what S3 documents of a page.
func modelPage(keys []string, prefix, startAfter string) (page []string, more bool) {
	from := sort.SearchStrings(keys, startAfter)
	for _, k := range keys[from:] {
		if k > startAfter && strings.HasPrefix(k, prefix) {
			if len(page) == pageSize {
				return page, true
			}
			page = append(page, k)
		}
	}
	return page, false
}

// TestPages: for random prefixes and starts, from many goroutines, pages are
// those of the sorted keys, and tokens go on exactly where a page ended.
func TestPages(t *testing.T) {
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 2))
		keys := crowd(rng, []int{1, 1000, 20_000}[seed])
		l := listingOf(t, keys)
		slices.Sort(keys)
		if blocks := len(l.blocks); seed == 2 && blocks < 3 {
			t.Fatalf("only %d blocks", blocks)
		}
		var group sync.WaitGroup
		for g := range uint64(8) {
			group.Go(func() {
				rng := rand.New(rand.NewPCG(seed, 100+g))
				for range 20 * *long {
					checkPages(t, l, keys, randomRequest(rng, keys))
				}
			})
		}
		group.Wait()
	}
}

// randomRequest asks for prefixes and starts that are keys, near keys, cut from
// keys, or nothing.
func randomRequest(rng *rand.Rand, keys []string) reconcile.ListRequest {
	some := func() string {
		k := keys[rng.IntN(len(keys))]
		switch rng.IntN(6) {
		case 0:
			return ""
		case 1:
			return k
		case 2:
			return k + "\x00"
		case 3:
			return k + "\U0010FFFF"
		}
		return k[:rng.IntN(min(len(k), 12)+1)]
	}
	return reconcile.ListRequest{Bucket: theBucket, Prefix: some(), StartAfter: some(), Restore: rng.IntN(2) == 0}
}

// checkPages follows up to four pages of a listing.
func checkPages(t *testing.T, l *Listing, keys []string, req reconcile.ListRequest) {
	after := req.StartAfter
	for range 4 {
		page, err := l.List(t.Context(), req)
		if err != nil {
			t.Errorf("%+v: %v", req, err)
			return
		}
		want, more := modelPage(keys, req.Prefix, after)
		if got := keysOf(page.Objects); !slices.Equal(got, want) || (page.Next != "") != more {
			t.Errorf("%+v after %q: %d keys, next %q; want %d, more %t", req, after, len(got), page.Next, len(want), more)
			return
		}
		if !more {
			return
		}
		after, req.Token = want[len(want)-1], page.Next
	}
}

// TestWholeListing: all pages together are all keys, across blocks.
func TestWholeListing(t *testing.T) {
	keys := crowd(rand.New(rand.NewPCG(9, 9)), 12_345)
	l := listingOf(t, keys)
	got := listAll(t, l, reconcile.ListRequest{Bucket: theBucket})
	if !slices.Equal(keysOf(got), sorted(keys)) || l.Info().Objects != 12_345 {
		t.Errorf("%d keys, %+v", len(got), l.Info())
	}
}

// TestPagesKeepNothing: a page is not changed by the pages after it, which read
// into the same buffers.
func TestPagesKeepNothing(t *testing.T) {
	l := listingOf(t, crowd(rand.New(rand.NewPCG(4, 4)), 5000))
	first, err := l.List(t.Context(), reconcile.ListRequest{Bucket: theBucket})
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(first.Objects)
	for i, o := range before {
		before[i].Key, before[i].ETag = strings.Clone(o.Key), strings.Clone(o.ETag)
	}
	listAll(t, l, reconcile.ListRequest{Bucket: theBucket})
	if !slices.Equal(first.Objects, before) {
		t.Error("the first page was overwritten")
	}
}

func TestWrongRequests(t *testing.T) {
	l := listingOf(t, crowd(rand.New(rand.NewPCG(4, 4)), 3000))
	bad := map[string]reconcile.ListRequest{"another bucket": {Bucket: "protected"}, "no bucket": {}}
	for _, token := range []string{"x", "0", "0.", "-1.0", "0.-1", "0.99999999", "99.0", "0.1 ", "00.1", "+0.1", "0.1.2", "99999999999999999999.1"} {
		bad[token] = reconcile.ListRequest{Bucket: theBucket, Token: token}
	}
	for name, req := range bad {
		page, err := l.List(t.Context(), req)
		var ours *reconcile.Error
		if !errors.As(err, &ours) || ours.Kind != reconcile.Other || len(page.Objects) != 0 {
			t.Errorf("%s: %d objects, %v", name, len(page.Objects), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.List(ctx, reconcile.ListRequest{Bucket: theBucket}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// TestDamagedListing: sorted rows that changed on disk are an error, never
// other keys.
func TestDamagedListing(t *testing.T) {
	for name, damage := range map[string]func(*tempFile) error{
		"a byte": func(f *tempFile) error { _, err := f.WriteAt([]byte{0xAA}, f.size/2); return err },
		"cut":    func(f *tempFile) error { return f.Truncate(f.size - 1) },
		"closed": func(f *tempFile) error { return f.File.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			keys := crowd(rand.New(rand.NewPCG(4, 4)), 3000)
			l, err := Load(t.Context(), options(t, csvOf(lines(keys)...)))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if err := damage(l.file); err != nil {
				t.Fatal(err)
			}
			if _, err = l.List(t.Context(), reconcile.ListRequest{Bucket: theBucket}); err == nil {
				t.Error("listed")
			}
			if name == "closed" && !errors.Is(err, os.ErrClosed) || name == "a byte" && !errors.Is(err, errRecord) {
				t.Errorf("%v", err)
			}
		})
	}
}

func lines(keys []string) []string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = plain(k)
	}
	return all
}
