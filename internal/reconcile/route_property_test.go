package reconcile_test

import (
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// randomRouter returns a router with random rules over few letters, so that
// patterns hit and images meet. Refused sets of rules are drawn again.
func randomRouter(rng *rand.Rand) *reconcile.Router {
	prefixes := []string{"", "a/", "b/", "a/b/", "c"}
	pick := func(all ...string) string { return all[rng.IntN(len(all))] }
	for {
		archives := reconcile.Archives{Protected: pick("", "p", "q"), Public: pick("", "p", "q")}
		if rng.IntN(2) == 0 {
			archives.Map = map[string]string{pick("x", ".Y", "other"): pick("p", "q", "r")}
		}
		var rules []reconcile.Rule
		for range rng.IntN(4) {
			rule := reconcile.Rule{Bucket: pick("", "p", "q", "r"), FromPrefix: pick(prefixes...), ToPrefix: pick(prefixes...)}
			switch rng.IntN(4) {
			case 0:
				rule.Glob = pick("**", "a/*", "?/**", "*.x")
			case 1:
				rule.Extension = pick("x", "y", "txt")
			case 2:
				rule.Regex = pick("a", "^b", "x$")
			case 3:
				rule.Prefix = pick("a", "b/", "c")
			}
			if rng.IntN(5) == 0 {
				rule.Bucket, rule.FromPrefix, rule.ToPrefix, rule.Exclude = "", "", "", true
			}
			rules = append(rules, rule)
		}
		if r, err := reconcile.NewRouter(rules, archives); err == nil {
			return r
		}
	}
}

// fewKeys returns distinct sorted keys over few letters.
func fewKeys(rng *rand.Rand, n int) []string {
	set := map[string]bool{}
	for range n {
		var b strings.Builder
		for range 1 + rng.IntN(4) {
			b.WriteString([]string{"a", "b", "c", "/", "a/", "é", "\x01", "\xff"}[rng.IntN(8)])
		}
		set[b.String()+[]string{"", ".x", ".Y", ".txt", ".x.txt"}[rng.IntN(5)]] = true
	}
	keys := make([]string, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Within one cursor sorted source keys have strictly sorted targets, and
// Source undoes Target: the scan reads each target listing forward only.
func TestRoutesAreMonotone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		r := randomRouter(rng)
		last := map[reconcile.Cursor]string{}
		for _, key := range fewKeys(rng, 150) {
			route := r.Route(key)
			if !route.Routed {
				if route != (reconcile.Route{Excluded: route.Excluded}) {
					t.Fatalf("%q is not routed, yet %+v", key, route)
				}
				continue
			}
			if route.Excluded || route.Key == "" || route.Cursor.Bucket == "" {
				t.Fatalf("%q: %+v", key, route)
			}
			if source, ok := route.Cursor.Source(route.Key); !ok || source != key {
				t.Fatalf("%+v takes %q back to %q, %v", route.Cursor, key, source, ok)
			}
			if before, seen := last[route.Cursor]; seen && route.Key <= before {
				t.Fatalf("%+v: target %q comes after %q", route.Cursor, route.Key, before)
			}
			last[route.Cursor] = route.Key
			if !slices.Contains(r.Buckets(), route.Cursor.Bucket) {
				t.Fatalf("%s is not in Buckets %v", route.Cursor.Bucket, r.Buckets())
			}
		}
	}
}

// Whoever meets another source on one target is told of it, and of nobody else.
func TestCollisionsAreAllWhoMeet(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	met := 0
	for range 300 {
		r := randomRouter(rng)
		keys := fewKeys(rng, 200)
		at := map[reconcile.Location][]string{}
		for _, key := range keys {
			if route := r.Route(key); route.Routed {
				at[route.Location()] = append(at[route.Location()], key)
			}
		}
		for _, key := range keys {
			route := r.Route(key)
			collisions := r.Collisions(key, route)
			for _, other := range collisions {
				if other == key || r.Route(other).Location() != route.Location() {
					t.Fatalf("%q is no collision of %q", other, key)
				}
			}
			if sorted := slices.Compact(slices.Sorted(slices.Values(collisions))); len(sorted) != len(collisions) {
				t.Fatalf("%q has a collision twice: %q", key, collisions)
			}
			for _, other := range at[route.Location()] {
				if route.Routed && other != key {
					met++
					if !slices.Contains(collisions, other) {
						t.Fatalf("%q and %q meet on %v, but %q is told of %q only", key, other, route.Location(), key, collisions)
					}
				}
			}
		}
	}
	if met == 0 {
		t.Fatal("no two sources met: the test tests nothing")
	}
}

// No rule, bucket map or key makes routing panic, and the same key always goes
// the same way.
func FuzzRoute(f *testing.F) {
	for i, s := range []string{"*.nc", "**", "(", "a/b", "\xff", ".", "[", `\`, "x.HDF.txt"} {
		f.Add(uint8(i), s, "a/", "b/", "bucket", "ext", s, s)
	}
	f.Fuzz(func(t *testing.T, kind uint8, pattern, from, to, bucket, ext, mapped, key string) {
		rule := reconcile.Rule{Bucket: bucket, FromPrefix: from, ToPrefix: to, Exclude: kind >= 128}
		switch kind % 4 {
		case 0:
			rule.Glob = pattern
		case 1:
			rule.Extension = pattern
		case 2:
			rule.Regex = pattern
		case 3:
			rule.Prefix = pattern
		}
		r, err := reconcile.NewRouter([]reconcile.Rule{rule}, reconcile.Archives{Protected: prot, Public: pub, Map: map[string]string{ext: mapped}})
		if err != nil {
			return
		}
		route := r.Route(key)
		if route != r.Route(key) {
			t.Fatal("routed two ways")
		}
		if route.Routed {
			if back, ok := route.Cursor.Source(route.Key); !ok || back != key {
				t.Fatalf("%+v takes %q back to %q", route.Cursor, key, back)
			}
		}
		for _, other := range r.Collisions(key, route) {
			if other == key {
				t.Fatal("its own collision")
			}
		}
		if route.Routed && !slices.Contains(r.Buckets(), route.Location().Bucket) {
			t.Fatalf("%v is in none of the buckets %q", route.Location(), r.Buckets())
		}
	})
}
