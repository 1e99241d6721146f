package reconcile_test

import (
	"slices"
	"testing"

	"reconcile/internal/reconcile"
)

// Each kind of pattern matches what the documentation says it does.
func TestRulePatterns(t *testing.T) {
	tests := []struct {
		rule    reconcile.Rule
		matches []string
		passes  []string
	}{
		{reconcile.Rule{Glob: "*.nc"}, []string{"a.nc", ".nc", "日本.nc", "a\n.nc"}, []string{"d/a.nc", "a.ncx", "a.NC", "anc"}},
		{reconcile.Rule{Glob: "d/*/x"}, []string{"d//x", "d/e/x"}, []string{"d/e/f/x", "d/x", "xd/e/x"}},
		{reconcile.Rule{Glob: "d/**"}, []string{"d/", "d/a", "d/a/b\n"}, []string{"d", "e/d/a"}},
		{reconcile.Rule{Glob: "**.nc"}, []string{"a.nc", "d/e/a.nc", ".nc"}, []string{"a.ncx"}},
		{reconcile.Rule{Glob: "?"}, []string{"a", "日", "\xff"}, []string{"", "ab", "/"}},
		{reconcile.Rule{Glob: "a+(b)[c]^$.|{1}"}, []string{"a+(b)[c]^$.|{1}"}, []string{"aa", "ab"}},
		{reconcile.Rule{Glob: `a\*b`}, []string{`a\b`, `a\xxb`}, []string{"a*b"}}, // a backslash is one
		{reconcile.Rule{Extension: "nc"}, []string{"a.nc", "a.NC", "d/a.x.nc"}, []string{"a.nc.gz", "anc", "nc"}},
		{reconcile.Rule{Extension: ".NC"}, []string{"a.nc"}, []string{"a"}},
		{reconcile.Rule{Regex: "x[0-9]"}, []string{"x1", "a/x1/b"}, []string{"x", "X1"}},
		{reconcile.Rule{Regex: "^x$"}, []string{"x"}, []string{"xx", "x\n"}},
		{reconcile.Rule{Prefix: "d/"}, []string{"d/", "d/a"}, []string{"d", "D/a", "e/d/"}},
		{reconcile.Rule{Prefix: "**"}, []string{"**x"}, []string{"d"}}, // a prefix is no glob
	}
	for _, tt := range tests {
		tt.rule.Bucket = "hit"
		r := router(t, reconcile.Archives{Protected: "miss", Public: "miss"}, tt.rule)
		for _, key := range tt.matches {
			if got := r.Route(key).Location(); got != (reconcile.Location{Bucket: "hit", Key: key}) {
				t.Errorf("%+v does not match %q: %v", tt.rule, key, got)
			}
		}
		for _, key := range tt.passes {
			if got := r.Route(key).Cursor.Bucket; got == "hit" {
				t.Errorf("%+v matches %q", tt.rule, key)
			}
		}
	}
}

// The first rule that matches decides; rules go before the bucket map, the map
// before the built-in list.
func TestFirstMatchWins(t *testing.T) {
	r := router(t, reconcile.Archives{Protected: prot, Public: pub, Map: map[string]string{"nc": "mapped"}},
		reconcile.Rule{Prefix: "a/keep/", Bucket: "kept"},
		reconcile.Rule{Prefix: "a/", Exclude: true},
		reconcile.Rule{Extension: "txt", Bucket: "texts"},
		reconcile.Rule{Regex: ".", Bucket: "late", FromPrefix: "z/"},
	)
	for key, want := range map[string]string{
		"a/keep/x.txt": "kept", "b/x.txt": "texts", "b/x.nc": "mapped", "b/x.xml": pub, "b/x": prot, "z/x.nc": "late", "z/x.txt": "texts",
	} {
		if got := r.Route(key); got.Cursor.Bucket != want || got.Excluded {
			t.Errorf("%q goes to %+v, want %s", key, got, want)
		}
	}
	for _, key := range []string{"a/x", "a/x.txt", "a/x.nc"} {
		if got := r.Route(key); got != (reconcile.Route{Excluded: true}) {
			t.Errorf("%q is not excluded: %+v", key, got)
		}
	}
}

// A rule may swap a prefix, into its own bucket or the one that the map or the
// list gives; keys without the old prefix are not the rule's.
func TestPrefixSwap(t *testing.T) {
	r := router(t, reconcile.Archives{Protected: prot, Public: pub},
		reconcile.Rule{Extension: "nc", Bucket: "grids", FromPrefix: "in/", ToPrefix: "out/"},
		reconcile.Rule{Glob: "**", FromPrefix: "old/", ToPrefix: "new/"},
		reconcile.Rule{Glob: "**", Bucket: "flat", FromPrefix: "strip/"})
	for key, want := range map[string]reconcile.Location{
		"in/a.nc":   {Bucket: "grids", Key: "out/a.nc"},
		"other.nc":  {Bucket: prot, Key: "other.nc"},
		"old/a.txt": {Bucket: pub, Key: "new/a.txt"},
		"old/":      {Bucket: prot, Key: "new/"},
		"old":       {Bucket: prot, Key: "old"},
		"old/a":     {Bucket: prot, Key: "new/a"},
		"strip/x/y": {Bucket: "flat", Key: "x/y"},
	} {
		if got := r.Route(key); !got.Routed || got.Location() != want {
			t.Errorf("%q goes to %+v, want %v", key, got, want)
		}
	}
	// What is nothing but the prefix to be taken off has no place.
	if got := r.Route("strip/"); got != (reconcile.Route{}) {
		t.Errorf("the bare prefix goes to %+v", got)
	}
}

// A rule has exactly one pattern and one thing to do; what cannot be compiled
// is refused, and never a panic.
func TestRulesRefused(t *testing.T) {
	for name, rule := range map[string]reconcile.Rule{
		"no pattern":           {Bucket: "b"},
		"two patterns":         {Glob: "*", Prefix: "a", Bucket: "b"},
		"nothing to do":        {Glob: "*"},
		"exclude and a bucket": {Glob: "*", Exclude: true, Bucket: "b"},
		"exclude and a swap":   {Glob: "*", Exclude: true, FromPrefix: "a"},
		"bad regex":            {Regex: "(", Bucket: "b"},
		"regex is not UTF-8":   {Regex: "\xff", Bucket: "b"},
		"glob is not UTF-8":    {Glob: "\xff*", Bucket: "b"},
	} {
		if _, err := reconcile.NewRouter([]reconcile.Rule{rule}, reconcile.Archives{Protected: prot}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Rules whose images overlap are refused: two sources could meet on one target.
func TestOverlappingRules(t *testing.T) {
	swap := func(pattern, bucket, from, to string) reconcile.Rule {
		return reconcile.Rule{Prefix: pattern, Bucket: bucket, FromPrefix: from, ToPrefix: to}
	}
	tests := []struct {
		name  string
		rules []reconcile.Rule
		ok    bool
	}{
		{"two prefixes into one", []reconcile.Rule{swap("a/", "b", "a/", "x/"), swap("c/", "b", "c/", "x/")}, false},
		{"one image within the other", []reconcile.Rule{swap("a/", "b", "a/", "x/"), swap("c/", "b", "c/", "x/y/")}, false},
		{"the outer one last", []reconcile.Rule{swap("a/", "b", "a/", "x/y/"), swap("c/", "b", "c/", "x/")}, false},
		{"an unswapped bucket and a swap into it", []reconcile.Rule{swap("a/", "b", "", ""), swap("c/", "b", "c/", "x/")}, false},
		{"through the default bucket", []reconcile.Rule{swap("a/", "", "a/", "x/"), swap("c/", prot, "c/", "x/")}, false},
		{"through the bucket map", []reconcile.Rule{swap("a/", "", "a/", "x/"), swap("c/", "mapped", "c/", "x/")}, false},
		{"two buckets", []reconcile.Rule{swap("a/", "b", "a/", "x/"), swap("c/", "d", "c/", "x/")}, true},
		{"two images", []reconcile.Rule{swap("a/", "b", "a/", "x/"), swap("c/", "b", "c/", "y/")}, true},
		{"the same swap twice", []reconcile.Rule{swap("a/1", "b", "a/", "x/"), swap("a/2", "b", "a/", "x/")}, true},
		{"one bucket, no swaps", []reconcile.Rule{swap("a/", "b", "", ""), swap("c/", "b", "", "")}, true},
		{"excluded ones have no image", []reconcile.Rule{{Prefix: "x/", Exclude: true}, swap("a/", "b", "a/", "x/")}, true},
	}
	archives := reconcile.Archives{Protected: prot, Public: pub, Map: map[string]string{"nc": "mapped"}}
	for _, tt := range tests {
		if _, err := reconcile.NewRouter(tt.rules, archives); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A swap can lead where another source belongs by the default rules; each of
// the two is told of the other, once.
func TestCollisions(t *testing.T) {
	r := router(t, reconcile.Archives{Protected: prot, Public: pub},
		reconcile.Rule{Prefix: "old/", FromPrefix: "old/", ToPrefix: "new/"},
		reconcile.Rule{Prefix: "new/gone/", Exclude: true},
		reconcile.Rule{Glob: "same/*", FromPrefix: "same/", ToPrefix: "same/"})
	for key, want := range map[string][]string{
		"old/a":      {"new/a"},
		"new/a":      {"old/a"},
		"old/a.txt":  {"new/a.txt"},
		"a":          nil,
		"old/gone/a": nil, // the other one is excluded
		"same/a":     nil, // swapped onto itself
		"same/a/b":   nil,
	} {
		if got := r.Collisions(key, r.Route(key)); !slices.Equal(got, want) {
			t.Errorf("%q has the collisions %q, want %q", key, got, want)
		}
	}
	if got := r.Collisions("x", reconcile.Route{}); got != nil {
		t.Errorf("an unrouted object has the collisions %q", got)
	}
}
