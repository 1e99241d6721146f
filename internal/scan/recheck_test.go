package scan

import (
	"math/rand/v2"
	"slices"
	"testing"

	"reconcile/internal/reconcile"
)

// inventoryOf is what an inventory said of a bucket before some of its objects
// went, came and changed.
func (w *world) inventoryOf(rng *rand.Rand, bucket string) *store {
	before := newStore(1 + rng.IntN(5))
	for i, o := range w.store.buckets[bucket] {
		switch rng.IntN(8) {
		case 0: // came since
			continue
		case 1: // went since
			gone := o
			gone.Key += "-gone"
			before.buckets[bucket] = append(before.buckets[bucket], strip(gone))
		case 2: // changed since
			o.Size += int64(i%2) + 1
		}
		before.buckets[bucket] = append(before.buckets[bucket], strip(o))
	}
	before.put(bucket)
	return before
}

// strip takes off what an inventory does not know.
func strip(o reconcile.Object) reconcile.Object {
	if o.Restore.Phase != reconcile.Online {
		o.Restore = reconcile.RestoreState{}
	}
	return o
}

func objectOf(all []reconcile.Object, key string) (reconcile.Object, bool) {
	i := slices.IndexFunc(all, func(o reconcile.Object) bool { return o.Key == key })
	if i < 0 {
		return reconcile.Object{}, false
	}
	return all[i], true
}

// asked answers the HEADs that a decision still needs, as the copier would. It
// is false for a source that is gone.
func (w *world) asked(d reconcile.Decision) (reconcile.Decision, bool) {
	if d.Need == reconcile.NeedRestoreState {
		o, there := objectOf(w.store.buckets["source"], d.Source.Key)
		if !there {
			return d, false
		}
		d.Need, d.Source = reconcile.NeedNothing, truth(o)
		readable := false
		if d, readable = d.Select(w.opts.Policy); readable {
			d = d.Resolve(w.opts.Policy)
		}
	}
	if d.Need == reconcile.NeedTarget {
		target, there := objectOf(w.store.buckets[d.Target.Bucket], d.Target.Key)
		if d.Unseen, d.Listed = false, there; there {
			d.Target = target
		}
		d = d.Resolve(w.opts.Policy)
	}
	return w.store.alone(d, w.opts.Policy), true
}

// truth is an object as HEAD shows it.
func truth(o reconcile.Object) reconcile.Object {
	if o.Restore = o.Restore.At(now); o.Restore.Phase == reconcile.RestoreUnknown {
		o.Restore.Phase = reconcile.Archived
	}
	return o
}

// Of an inventory of the source, what is in its archive already is present, and
// all else is decided by what the source is now, never by what it was; exactly
// one decision for each object of the inventory.
func TestStaleSource(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(8, 8))
	statuses := map[reconcile.Status]int{}
	for round := range rounds(250, 1500) {
		w := randomWorld(t, rng)
		inventory := w.inventoryOf(rng, "source")
		w.opts.Inventories = map[string]Lister{"source": inventory}
		w.opts.Streams, w.store.eager = 1+rng.IntN(3), rng.IntN(2) == 0
		got, err := run(t, w.store, w.opts)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, o := range inventory.buckets["source"] {
			if len(o.Key) < len(w.opts.Prefix) || o.Key[:len(w.opts.Prefix)] != w.opts.Prefix {
				continue
			}
			n++
			i, found := slices.BinarySearchFunc(got, o.Key, func(d reconcile.Decision, key string) int {
				return slices.Compare([]byte(d.Source.Key), []byte(key))
			})
			if !found {
				t.Fatalf("round %d: %q has no decision", round, o.Key)
			}
			w.checkStale(t, o, got[i], statuses)
		}
		if n != len(got) {
			t.Fatalf("round %d: %d decisions for %d objects", round, len(got), n)
		}
	}
	for _, s := range []reconcile.Status{"", reconcile.Present, reconcile.NotRestored, reconcile.InRestore, reconcile.Excluded, reconcile.LeftOnline, reconcile.Differs, "gone"} {
		if statuses[s] == 0 {
			t.Errorf("nothing became %q: %v", s, statuses)
		}
	}
}

func (w *world) checkStale(t *testing.T, was reconcile.Object, d reconcile.Decision, statuses map[reconcile.Status]int) {
	t.Helper()
	if d.Status == reconcile.Present && d.Need == reconcile.NeedNothing {
		target, there := objectOf(w.store.buckets[d.Target.Bucket], d.Target.Key)
		if step, _ := reconcile.Compare(was, target, false, nil); !there || step != reconcile.Equal {
			is, _ := objectOf(w.store.buckets["source"], was.Key)
			if step, _ := reconcile.Compare(is, target, false, nil); !there || step != reconcile.Equal {
				t.Fatalf("%q is called present: %+v", was.Key, d)
			}
		}
		for _, key := range d.Collisions {
			if _, there := objectOf(w.store.buckets["source"], key); there {
				t.Fatalf("%q is called present, and its target is that of %q too", was.Key, key)
			}
		}
		statuses[d.Status]++
		return
	}
	d, there := w.asked(d)
	if !there {
		statuses["gone"]++
		if _, there := objectOf(w.store.buckets["source"], was.Key); there {
			t.Fatalf("%q is not gone", was.Key)
		}
		return
	}
	statuses[d.Status]++
	is, there := objectOf(w.store.buckets["source"], was.Key)
	if d.Status == reconcile.Excluded || d.Status == reconcile.LeftOnline || d.Status == reconcile.Unrouted {
		return
	}
	if !there {
		t.Fatalf("%q is gone, and %+v", was.Key, d)
	}
	want := w.expected(truth(is), true)
	if is.StorageClass == reconcile.ClassIntelligentTiering && want.Need == reconcile.NeedRestoreState {
		return
	}
	if d.Need != want.Need || d.Status != want.Status || d.Source.Size != is.Size || want.Need != 0 && d.Listed != want.Listed {
		t.Fatalf("%q: got, want\n%+v\n%+v", was.Key, d, want)
	}
}

// Few missing objects are asked by HEAD, a whole missing prefix by pages, and
// what is present by neither.
func TestStaleSourceRequests(t *testing.T) {
	all := keys(5_000)
	for _, tt := range []struct {
		name    string
		missing func(i int) bool
		lists   int
		heads   int
	}{
		{"none", func(int) bool { return false }, 0, 0},
		{"scattered", func(i int) bool { return i%1000 == 7 }, 1, 4},
		{"a prefix", func(i int) bool { return i >= 3000 && i < 3900 }, 11, 0},
	} {
		s, inventory := newStore(100), newStore(100)
		s.put("source", each(all, restored)...)
		inventory.put("source", each(all, archived)...)
		var there []string
		for i, key := range all {
			if !tt.missing(i) {
				there = append(there, key)
			}
		}
		s.put("protected", each(there, online)...)
		o := options(t)
		o.Streams = 1
		o.Inventories = map[string]Lister{"source": inventory}
		got, err := run(t, s, o)
		if err != nil || len(got) != len(all) {
			t.Fatal(len(got), err)
		}
		heads := 0
		for _, d := range got {
			if d.Need == reconcile.NeedRestoreState || d.Unseen {
				heads++
			}
		}
		if s.count("source") > tt.lists || heads > tt.heads {
			t.Errorf("%s: %d pages of the source and %d HEADs, want at most %d and %d", tt.name, s.count("source"), heads, tt.lists, tt.heads)
		}
	}
}

// Where the archive is read from an inventory, nobody lists the archive.
func TestInventoryOfAnArchive(t *testing.T) {
	s, inventory := newStore(100), newStore(100)
	s.put("source", each(keys(1000), restored)...)
	inventory.put("protected", each(keys(1000)[:900], online)...)
	o := options(t)
	o.Inventories = map[string]Lister{"protected": inventory}
	missing := 0
	for _, d := range mustRun(t, s, o) {
		if d.Need == reconcile.NeedCopy {
			missing++
		}
	}
	if missing != 100 || s.count("protected") != 0 || s.heads != 0 {
		t.Errorf("%d missing, %d pages and %d HEADs of the archive", missing, s.count("protected"), s.heads)
	}
}
