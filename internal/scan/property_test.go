package scan

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// world is a random source with its archives and the way to scan it.
type world struct {
	store *store
	opts  Options
}

func randomKey(rng *rand.Rand) string {
	letters := []string{"a", "b", "a/", "b/", "/", "é", "\x01", "\uE000", "\uD7FF", "\U00010000", "\xff", " "}
	var b strings.Builder
	for range 1 + rng.IntN(4) {
		b.WriteString(letters[rng.IntN(len(letters))])
	}
	return b.String() + []string{"", ".txt", ".hdf"}[rng.IntN(3)]
}

func randomObject(rng *rand.Rand, key string, evidence bool) reconcile.Object {
	o := archived(key)
	o.Size, o.ETag = int64(rng.IntN(2)), strings.Repeat(string('A'+rune(rng.IntN(2))), 32)
	switch n := rng.IntN(10); {
	case n < 2:
		o.StorageClass, o.Restore.Phase = reconcile.ClassStandard, reconcile.Online
	case n < 3:
		o.StorageClass = reconcile.ClassIntelligentTiering
	case n < 5 || !evidence: // silent
	case n < 6:
		o.Restore.Phase = reconcile.Restoring
	case n < 7:
		o.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: now} // lapsed just now
	default:
		o.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: now.Add(time.Second)}
	}
	return o
}

var ruleSets = [][]reconcile.Rule{
	nil,
	{{Prefix: "a/", Exclude: true}},
	{{Glob: "**", FromPrefix: "a/", ToPrefix: "b/"}}, // meets what is in b/ already
	{{Extension: "hdf", Bucket: "third", FromPrefix: "a/", ToPrefix: "é/"}, {Regex: "b", Bucket: "fourth"}},
	{{Prefix: "a/", Bucket: "third", FromPrefix: "a"}, {Glob: "**", Bucket: "fourth", ToPrefix: "all/"}},
}

func randomWorld(t *testing.T, rng *rand.Rand) world {
	w := world{store: newStore(1 + rng.IntN(7)), opts: options(t, ruleSets[rng.IntN(len(ruleSets))]...)}
	if rng.IntN(4) == 0 { // nothing configured for public files
		router, err := reconcile.NewRouter(nil, reconcile.Archives{Protected: "protected"})
		if err != nil {
			t.Fatal(err)
		}
		w.opts.Router = router
	}
	w.opts.Prefer = []Prefer{"", PreferCost, PreferRequests}[rng.IntN(3)]
	w.opts.Prefix = []string{"", "", "a", "a/", "b/a"}[rng.IntN(5)]
	w.opts.Mode = []RestoreMode{RestoreAuto, RestoreAuto, RestoreList, RestoreHead}[rng.IntN(4)]
	w.opts.Amazon = rng.IntN(4) == 0
	w.opts.Policy = reconcile.Policy{IncludeOnline: rng.IntN(2) == 0, Overwrite: rng.IntN(2) == 0}
	if rng.IntN(3) == 0 {
		w.opts.Excluded = func(key string) bool { return len(key)%5 == 0 }
	}
	evidence := rng.IntN(3) > 0
	seen := map[reconcile.Location]bool{}
	put := func(bucket, key string, o reconcile.Object) {
		if at := (reconcile.Location{Bucket: bucket, Key: key}); key != "" && !seen[at] {
			seen[at] = true
			o.Key = key
			w.store.put(bucket, o)
		}
	}
	for range rng.IntN(60) {
		key := randomKey(rng)
		put("source", key, randomObject(rng, key, evidence))
		if route := w.opts.Router.Route(key); route.Routed && rng.IntN(2) == 0 {
			put(route.Cursor.Bucket, route.Key, randomObject(rng, key, false))
		}
	}
	for range rng.IntN(80) { // what lies in the archives besides
		key := randomKey(rng)
		put([]string{"protected", "public", "third", "fourth"}[rng.IntN(4)], key, randomObject(rng, key, false))
	}
	return w
}

// expected computes the decision about one object from the whole sets.
func (w world) expected(o reconcile.Object, heard bool) reconcile.Decision {
	d := reconcile.Decision{Source: o}
	route := w.opts.Router.Route(o.Key)
	if route.Excluded || w.opts.Excluded != nil && w.opts.Excluded(o.Key) {
		d.Status = reconcile.Excluded
		return d
	}
	d.Target.Location = route.Location()
	d.Source.Restore = o.Restore.At(now)
	if w.opts.Mode == RestoreHead && w.opts.Inventories == nil && o.StorageClass == reconcile.ClassGlacier {
		d.Source.Restore = reconcile.RestoreState{} // HEAD is asked, whatever the listing says
	}
	if silent := d.Source.Restore.Phase == reconcile.RestoreUnknown; silent && o.StorageClass == reconcile.ClassGlacier &&
		w.opts.Mode != RestoreHead && (heard || w.opts.Amazon || w.opts.Mode == RestoreList) {
		d.Source.Restore.Phase = reconcile.Archived
	}
	switch phase := d.Source.Restore.Phase; {
	case phase == reconcile.Archived:
		d.Status = reconcile.NotRestored
	case phase == reconcile.Restoring:
		d.Status = reconcile.InRestore
	case phase == reconcile.Online && !w.opts.Policy.IncludeOnline:
		d.Status = reconcile.LeftOnline
	case phase == reconcile.RestoreUnknown:
		d.Need = reconcile.NeedRestoreState
	case !route.Routed:
		d.Status = reconcile.Unrouted
	}
	if d.Status != "" || !route.Routed {
		return d
	}
	targets := w.store.buckets[route.Cursor.Bucket]
	if i := slices.IndexFunc(targets, func(o reconcile.Object) bool { return o.Key == route.Key }); i >= 0 {
		d.Target, d.Listed = targets[i], true
	}
	d.Collisions = w.opts.Router.Collisions(o.Key, route)
	met := slices.ContainsFunc(d.Collisions, func(key string) bool {
		_, there := objectOf(w.store.buckets["source"], key)
		return there
	})
	switch {
	case d.Need == reconcile.NeedRestoreState:
	case !d.Listed:
		d.Need = reconcile.NeedCopy
	case met:
		d.Status = reconcile.Failed
	case d.Target.Size != o.Size && w.opts.Policy.Overwrite:
		d.Need = reconcile.NeedCopy
	case d.Target.Size != o.Size:
		d.Status = reconcile.Differs
	case d.Target.ETag == o.ETag:
		d.Status, d.Proof = reconcile.Present, reconcile.ProofETag
	default:
		d.Need = reconcile.NeedLook // two plain ETags, encryption unknown
	}
	return d
}

// The decisions of a scan are those that the whole sets give, exactly one for
// each object of the source, whatever the page size, the rules, the prefix,
// the archives, the mode, and into how many key ranges the keys are split.
func TestScanEqualsBruteForce(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 3))
	needs, statuses := map[reconcile.Need]int{}, map[reconcile.Status]int{}
	for round := range rounds(400, 1500) {
		w := randomWorld(t, rng)
		want, heard := map[string]reconcile.Decision{}, false
		listed := w.store.page(reconcile.ListRequest{Bucket: "source", Prefix: w.opts.Prefix, Restore: true})
		for listed.Next != "" {
			more := w.store.page(reconcile.ListRequest{Bucket: "source", Prefix: w.opts.Prefix, Restore: true, Token: listed.Next})
			listed.Objects, listed.Next = append(listed.Objects, more.Objects...), more.Next
		}
		for _, o := range listed.Objects {
			heard = heard || o.Restore.Phase >= reconcile.Restoring
		}
		for _, o := range listed.Objects {
			want[o.Key] = w.expected(o, heard)
		}
		w.opts.Streams, w.store.eager, w.opts.Policy.CompareAll = 1+rng.IntN(5), rng.IntN(2) == 0, rng.IntN(3) == 0
		got := mustRun(t, w.store, w.opts)
		if len(got) != len(want) {
			t.Fatalf("round %d: %d decisions about %d objects", round, len(got), len(want))
		}
		for _, d := range got {
			d = w.checkArchive(t, d)
			d.Alone = false // how it was found out is not compared
			needs[d.Need]++
			statuses[d.Status]++
			e, ok := want[d.Source.Key]
			delete(want, d.Source.Key)
			e.Kind, e.Reason = d.Kind, d.Reason // of Select's and Resolve's own tests
			if !ok || !reflect.DeepEqual(d, e) {
				t.Fatalf("round %d: prefix %q, mode %s: got, want\n%+v\n%+v", round, w.opts.Prefix, w.opts.Mode, d, e)
			}
		}
	}
	if !raceEnabled && (len(needs) != 4 || len(statuses) != 9) { // "" is one; with the race detector there are fewer worlds
		t.Errorf("not every decision was drawn: %v %v", needs, statuses)
	}
}

// checkArchive holds what a decision says of the archive of an object that is
// left alone against the archive, and returns the decision without it.
func (w world) checkArchive(t *testing.T, d reconcile.Decision) reconcile.Decision {
	t.Helper()
	if d.Need == reconcile.NeedArchive {
		d.Need = reconcile.NeedNothing // HEAD says it
		return d
	}
	there := false
	for _, o := range w.store.buckets[d.Target.Bucket] {
		there = there || o.Key == d.Target.Key
	}
	switch d.Archive {
	case reconcile.ArchiveThere, reconcile.ArchiveMissing:
		if !d.Aside() || there != (d.Archive == reconcile.ArchiveThere) {
			t.Errorf("%s: %s, archive %s, there %v", d.Source.Key, d.Status, d.Archive, there)
		}
	case reconcile.ArchiveNotLooked:
		if w.opts.Policy.CompareAll {
			t.Errorf("%s: nobody looked", d.Source.Key)
		}
	}
	d.Archive = reconcile.ArchiveNoMatter
	return d
}
