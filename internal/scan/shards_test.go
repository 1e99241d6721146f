package scan

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"testing"

	"reconcile/internal/reconcile"
)

// shardSizes counts the keys of each range, and fails unless together they hold
// every key exactly once.
func shardSizes(t *testing.T, keys []string, ranges []Range) []int {
	t.Helper()
	if ranges[0].After != "" {
		t.Errorf("the first range begins after %q", ranges[0].After)
	}
	var sizes []int
	end := ""
	for i, r := range ranges {
		if r.Empty() {
			sizes = append(sizes, 0)
			continue
		}
		if r.After != end || i > 0 && end == "" {
			t.Fatalf("range %d begins after %q, the one before ends at %q", i, r.After, end)
		}
		end = r.Until
		from := sort.Search(len(keys), func(i int) bool { return keys[i] > r.After })
		to := len(keys)
		if r.Until != "" {
			to = sort.Search(len(keys), func(i int) bool { return keys[i] > r.Until })
		}
		sizes = append(sizes, to-from)
	}
	if end != "" {
		t.Errorf("nothing is after %q", end)
	}
	return sizes
}

// The ranges hold every key once, are about equally large however keys are
// named, and cost few requests; and whoever asks gets the same.
func TestShards(t *testing.T) {
	t.Parallel()
	const shards = 16
	n := amount(30_000, 200_000)
	for _, space := range spaces {
		s := &slow{quick: true}
		for i := range n {
			s.keys = append(s.keys, space.key(i))
		}
		sort.Strings(s.keys)
		s.keys = slices.Compact(s.keys)
		o := options(t)
		ranges, err := Shards(t.Context(), once(s), o, shards)
		if err != nil || len(ranges) != shards {
			t.Fatalf("%s: %d ranges, %v", space.name, len(ranges), err)
		}
		sizes := shardSizes(t, s.keys, ranges)
		largest := slices.Max(sizes)
		t.Logf("%s: %d requests, the largest of %d has %.1f times the mean", space.name, len(s.sent), shards, float64(largest)*shards/float64(len(s.keys)))
		if largest*shards > 3*len(s.keys) {
			t.Errorf("%s: the largest shard has %d of %d keys", space.name, largest, len(s.keys))
		}
		if len(s.sent) > samplesPerShard*shards {
			t.Errorf("%s: %d requests", space.name, len(s.sent))
		}
		again, err := Shards(t.Context(), once(s), o, shards)
		if err != nil || !slices.Equal(again, ranges) {
			t.Errorf("%s: asked again, the ranges are others", space.name)
		}
	}
}

// Any number of shards over any number of keys scans each object once.
func TestShardsCoverEveryKey(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 5, 900, 2500, amount(4_000, 40_000)} {
		for _, shards := range []int{1, 2, 3, 7, 50} {
			s := newStore(100)
			s.put("source", each(prefixed(n), online)...)
			s.put("source", online("o"), online("q"))
			o := options(t)
			o.Prefix = "p/"
			ranges, err := Shards(t.Context(), once(s), o, shards)
			if err != nil || len(ranges) != shards {
				t.Fatalf("%d ranges of %d, %v", len(ranges), shards, err)
			}
			var got []reconcile.Decision
			for _, o.Range = range ranges {
				part, err := run(t, s, o)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, part...)
			}
			t.Run(fmt.Sprint(n, " keys in ", shards), func(t *testing.T) { checkKeys(t, got, prefixed(n)) })
		}
	}
}

// A listing that fails gives no ranges.
func TestShardsOfAFailingListing(t *testing.T) {
	s := newStore(10)
	s.put("source", each(keys(1000), online)...)
	failAt(s, "source", 3)
	o := options(t)
	if ranges, err := Shards(context.Background(), once(s), o, 4); err == nil {
		t.Errorf("%v", ranges)
	}
}

// Ranges that hold no key at all hold not every key.
func TestNoKeyAtAll(t *testing.T) {
	if err := CheckShards([]Range{{"z", "z"}, {"z", "a"}}); err == nil {
		t.Error("ranges that hold no key at all are said to hold every key")
	}
}
