package scan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"reconcile/internal/reconcile"
)

// One LIST for 1000 source keys, none twice, none beside.
func TestSourceRequests(t *testing.T) {
	for n, want := range map[int]int{0: 1, 1: 1, 999: 1, 1000: 1, 1001: 2, 2000: 2, 2001: 3, 5500: 6} {
		s := newStore(1000)
		s.put("source", each(keys(n), restored)...)
		checkKeys(t, mustRun(t, s, options(t)), keys(n))
		if got := s.count("source"); got != want {
			t.Errorf("%d keys: %d requests, want %d", n, got, want)
		}
	}
}

// An empty archive costs one LIST, and one that nobody needs none.
func TestEmptyArchive(t *testing.T) {
	s := newStore(1000)
	s.put("source", each(keys(5000), restored)...)
	for _, d := range mustRun(t, s, options(t)) {
		if d.Need != reconcile.NeedCopy {
			t.Fatalf("%s needs %d, %q", d.Source.Key, d.Need, d.Status)
		}
	}
	if a, b := s.count("protected"), s.count("public"); a != 1 || b != 0 {
		t.Errorf("%d and %d requests, want 1 and 0", a, b)
	}

	s = newStore(1000) // nothing readable: the targets do not matter
	s.put("source", each(keys(5000), archived)...)
	s.put("protected", each(keys(5000), restored)...)
	o := options(t)
	o.Amazon = true
	mustRun(t, s, o)
	if got := s.count("protected"); got != 0 {
		t.Errorf("%d requests for the targets of what nobody restored", got)
	}
}

// With everything there on both sides the target costs what the source costs.
func TestFullArchive(t *testing.T) {
	for _, n := range []int{1, 1000, 1001, 7777} {
		s := newStore(1000)
		s.put("source", each(keys(n), restored)...)
		s.put("protected", each(keys(n), restored)...)
		checkPresent(t, mustRun(t, s, options(t)))
		if got, want := s.count("protected"), (n+999)/1000; got > want+1 {
			t.Errorf("%d keys: %d requests, want %d", n, got, want)
		}
	}
}

// A scan of one prefix lists nothing outside of it, on either side.
func TestPrefixBoundsTheListings(t *testing.T) {
	s := newStore(10)
	for _, prefix := range []string{"a/", "b/", "c/"} {
		for _, bucket := range []string{"source", "protected"} {
			for _, k := range keys(100) {
				s.put(bucket, restored(prefix+k))
			}
		}
	}
	o := options(t, reconcile.Rule{Glob: "**.x", FromPrefix: "b/", ToPrefix: "z/"})
	s.put("source", restored("b/k.x"), restored("c/k.x"))
	s.put("protected", restored("z/k.x"))
	o.Prefix = "b/"
	got := mustRun(t, s, o)
	if len(got) != 101 {
		t.Errorf("%d decisions, want 101", len(got))
	}
	checkPresent(t, got)
	for _, req := range s.requests {
		other := req.Bucket == "source" && req.Prefix == "" && strings.HasPrefix(req.StartAfter, "z/k.") // whether b/k.x has its target to itself
		if want := req.Prefix == "b/" || req.Bucket == "protected" && req.Prefix == "z/" || other; !want {
			t.Errorf("asked for %+v", req)
		}
	}
	if n := len(s.requests); n > 11+11+1+6 { // dividing the work costs some
		t.Errorf("%d requests", n)
	}
}

// Where few keys are wanted they are asked for by HEAD, where many are by
// pages: never more pages than there are, never more HEADs than wanted keys,
// and never dearer than the cheaper of the two by more than a little, however
// the wanted keys lie.
func TestSparseKeys(t *testing.T) {
	t.Parallel()
	pages, size := amount(30, 100), 100
	archive := each(keys(size*pages), restored)
	for _, prefer := range []Prefer{PreferCost, PreferRequests} {
		head := 1 / 12.5
		if prefer == PreferRequests {
			head = 1
		}
		for _, wanted := range []int{1, 2, 10, 30, 100, 300, 1000, 1300, 3000, pages * 90} {
			s := newStore(size)
			s.put("protected", archive...)
			s.put("source", pick(archive, wanted)...)
			there := slices.DeleteFunc(mustRun(t, s, preferring(t, prefer)), func(d reconcile.Decision) bool { return d.Status == reconcile.NotRestored })
			if checkPresent(t, there); len(there) != wanted {
				t.Errorf("%d decided, want %d", len(there), wanted)
			}
			lists := s.count("protected")
			if lists > pages+2+int(wasteFor(lists+pages)*5/4) || s.heads > wanted {
				t.Errorf("%s, %d wanted: %d LISTs of %d pages, %d HEADs", prefer, wanted, lists, pages, s.heads)
			}
			cost, least := float64(lists)+head*float64(s.heads), min(float64(pages), head*float64(wanted))
			t.Logf("%s, %d wanted: %d LISTs, %d HEADs: %.1f, at best %.1f", prefer, wanted, lists, s.heads, cost, least)
			if cost > least*1.3+3 {
				t.Errorf("%s, %d wanted: %d LISTs and %d HEADs cost %.1f LISTs, the cheaper of the two %.1f", prefer, wanted, lists, s.heads, cost, least)
			}
		}
	}
}

// preferring are options for one of the preferences.
func preferring(t *testing.T, p Prefer) Options {
	o := options(t)
	o.Prefer = p
	return o
}

// pick marks n of the objects, drawn by lot, as restored, and the others as
// not.
func pick(all []reconcile.Object, n int) []reconcile.Object {
	some := each(names(all), archived)
	for _, i := range rand.New(rand.NewPCG(4, 4)).Perm(len(all))[:n] {
		some[i] = all[i]
	}
	return some
}

func names(all []reconcile.Object) []string {
	var names []string
	for _, o := range all {
		names = append(names, o.Key)
	}
	return names
}

// Wanted keys that lie in clusters cost their clusters' pages, and no HEADs:
// neither at the beginning of a cluster nor at its end.
func TestClusteredKeys(t *testing.T) {
	t.Parallel()
	source, archive := each(keys(10_000), archived), each(keys(10_000), online)
	for _, prefer := range []Prefer{PreferCost, PreferRequests} {
		for from := 0; from < 100; from += amount(60, 7) {
			s := newStore(100)
			all := slices.Clone(source)
			for _, cluster := range []int{from, 500 + from, 4321, 9900 - from} {
				for i := range 130 {
					all[min(cluster+i, len(all)-1)].Restore = restored("").Restore
				}
			}
			s.put("source", all...)
			s.put("protected", archive...)
			mustRun(t, s, preferring(t, prefer))
			if n := s.count("protected"); n > 4*3+1 || s.heads > 0 {
				t.Errorf("%s, from %d: 4 clusters of two pages each: %d LISTs, %d HEADs", prefer, from, n, s.heads)
			}
		}
	}
}

// The next source page is on its way while this one is worked on.
func TestSourceIsReadAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(10)
		s.put("source", each(keys(35), restored)...)
		n := 0
		o := options(t)
		o.Streams = 1
		err := New(once(s), o).Run(t.Context(), func(reconcile.Decision) error {
			synctest.Wait() // let what is under way go as far as it can
			page := n / 10
			if got, want := s.count("source"), min(page+2, 4); got != want {
				t.Errorf("at object %d: %d requests, want %d", n, got, want)
			}
			n++
			return nil
		})
		if err != nil || n != 35 {
			t.Errorf("%d decisions, %v", n, err)
		}
	})
}

// Several archives and swapped prefixes: each stretch is read forward once.
func TestRequestsOfSeveralArchives(t *testing.T) {
	s := newStore(10)
	o := options(t, reconcile.Rule{Glob: "**", FromPrefix: "in/", ToPrefix: "out/"})
	for i, k := range keys(200) {
		k += []string{".txt", ".hdf"}[i%2]
		s.put("source", restored("in/"+k), restored(fmt.Sprint("x/", k)))
		for _, key := range []string{"out/" + k, "x/" + k} {
			s.put([]string{"public", "protected"}[i%2], restored(key))
		}
	}
	checkPresent(t, mustRun(t, s, o))
	for _, bucket := range []string{"public", "protected"} {
		// 20 pages of their own, and at the most the 10 of out/ once more.
		if n := s.count(bucket); n > 20+10+2 {
			t.Errorf("%s: %d requests for 20 pages", bucket, n)
		}
	}
	// Where out/ could be a source too, a few places of it are looked at.
	if n := s.count("source"); n > 40+15 {
		t.Errorf("source: %d requests for 40 pages", n)
	}
}
