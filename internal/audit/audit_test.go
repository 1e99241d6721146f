package audit_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"reconcile/internal/audit"
	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
	"reconcile/internal/scan"
)

func init() { debug.SetGCPercent(400) } // TestMemory collects by itself

var worlds = flag.Int("worlds", 150, "random worlds that are audited")

const (
	source    = "source"
	protected = "protected"
	public    = "public"
	other     = "other"
)

// options are those of an audit of a world.
func options(router *reconcile.Router) audit.Options {
	return audit.Options{
		Bucket: source, Router: router,
		Retry:   retry.New(retry.Options{Attempts: 2}),
		Limiter: limiter.New(8, 0, 0),
	}
}

// run audits a world, and returns the rows in words, sorted.
func run(t *testing.T, ctx context.Context, w *world, o audit.Options) ([]reconcile.Outcome, error) {
	t.Helper()
	o.TempDir = t.TempDir()
	var mu sync.Mutex
	var all []reconcile.Outcome
	err := audit.New(w, o).Run(ctx, func(one reconcile.Outcome) error {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, reconcile.Outcome{Source: one.Source, Target: one.Target, Status: one.Status, Leak: one.Leak, Archive: one.Archive,
			Attempts: one.Attempts, ErrorKind: one.ErrorKind, Proof: one.Proof, Compared: one.Compared, Evidence: one.Evidence, Message: one.Message})
		return nil
	})
	return all, err
}

func inWords(all []reconcile.Outcome) []string {
	var words []string
	for _, o := range all {
		leak := ""
		if o.Leak {
			leak = " leak"
		}
		at := ""
		if o.Target.Key != "" {
			at = o.Target.Bucket + "/" + o.Target.Key
		}
		words = append(words, fmt.Sprintf("%s %q at %q%s", o.Status, o.Source.Key, at, leak))
	}
	slices.Sort(words)
	return words
}

func router(t *testing.T, rules ...reconcile.Rule) *reconcile.Router {
	t.Helper()
	r, err := reconcile.NewRouter(rules, reconcile.Archives{Protected: protected, Public: public})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestEachStatus has one object for each.
func TestEachStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(3)
	r := router(t, reconcile.Rule{Prefix: "ex/", Exclude: true}, reconcile.Rule{Prefix: "old/", FromPrefix: "old/", ToPrefix: "new/"})
	for _, key := range []string{"a.hdf", "b.hdf", "c.xml", "d.hdf", "e.hdf", "ex/1.hdf", "ex/2.hdf", "old/a.hdf", "old/b.hdf", "old/c.hdf"} {
		w.put(source, key, key)
	}
	w.put(protected, "a.hdf", "a.hdf")
	w.put(protected, "b.hdf", "B.hdf") // differs
	w.put(protected, "c.xml", "c.xml") // of the public bucket: misplaced
	w.put(public, "c.xml", "c.xml")
	w.put(public, "d.hdf", "d.hdf")      // a leak, and missing where it belongs
	w.put(public, "nobody.hdf", "x")     // a leak without an original
	w.put(public, "nobody.xml", "x")     // an orphan
	w.put(protected, "nobody.hdf", "x")  // another
	w.put(protected, "ex/2.hdf", "ex/2") // excluded, and there
	w.put(protected, "ex/9.hdf", "ex/9") // excluded, without an original
	w.put(protected, "new/a.hdf", "old/a.hdf")
	w.put(protected, "old/b.hdf", "old/b.hdf") // under the old prefix
	w.put(protected, "old/z.hdf", "old/z.hdf") // the same, without an original
	w.put(public, "new/c.hdf", "old/c.hdf")    // the other bucket, under the new prefix
	got, err := run(t, t.Context(), w, options(r))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`differs "b.hdf" at "protected/b.hdf"`,
		`excluded "" at "protected/ex/9.hdf"`,
		`excluded "ex/1.hdf" at ""`,
		`excluded "ex/2.hdf" at "protected/ex/2.hdf"`,
		`misplaced "" at "public/nobody.hdf" leak`,
		`misplaced "c.xml" at "protected/c.xml"`,
		`misplaced "d.hdf" at "public/d.hdf" leak`,
		`misplaced "old/b.hdf" at "protected/old/b.hdf"`,
		`misplaced "old/c.hdf" at "public/new/c.hdf" leak`,
		`missing "d.hdf" at "protected/d.hdf"`,
		`missing "e.hdf" at "protected/e.hdf"`,
		`missing "old/b.hdf" at "protected/new/b.hdf"`,
		`missing "old/c.hdf" at "protected/new/c.hdf"`,
		`orphan "" at "protected/nobody.hdf"`,
		`orphan "" at "protected/old/z.hdf"`,
		`orphan "" at "public/nobody.xml"`,
		`present "a.hdf" at "protected/a.hdf"`,
		`present "c.xml" at "public/c.xml"`,
		`present "old/a.hdf" at "protected/new/a.hdf"`,
	}
	if words := inWords(got); !slices.Equal(words, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(words, "\n"), strings.Join(want, "\n"))
	}
	for _, o := range got {
		accused := !o.Status.Success()
		if accused && o.Attempts < 2 {
			t.Errorf("%s %s was looked at %d times", o.Status, o.Target, o.Attempts)
		}
	}
}

// TestAgainstBruteForce audits random worlds: both sides, several archives,
// swapped prefixes, names that interleave, and hostile keys.
func TestAgainstBruteForce(t *testing.T) {
	t.Parallel()
	for seed := range *worlds {
		rnd := rand.New(rand.NewPCG(uint64(seed), 1))
		w, r, keys := randomWorld(t, rnd)
		o := options(r)
		o.Streams, o.DivideAfter = 1+rnd.IntN(3), 1+rnd.IntN(3)
		o.Prefer = []scan.Prefer{scan.PreferCost, scan.PreferRequests}[rnd.IntN(2)]
		if rnd.IntN(4) == 0 {
			o.Prefix = keys[rnd.IntN(len(keys))]
			o.Prefix = o.Prefix[:rnd.IntN(len(o.Prefix)+1)]
			o.Prefix = strings.ToValidUTF8(o.Prefix, "")
		}
		got, err := run(t, t.Context(), w, o)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if words, want := inWords(got), bruteForce(w, r, o.Prefix); !slices.Equal(words, want) {
			t.Fatalf("seed %d, prefix %q, rules %+v: got\n%s\nwant\n%s\n", seed, o.Prefix, randomRules(rand.New(rand.NewPCG(uint64(seed), 1))),
				strings.Join(words, "\n"), strings.Join(want, "\n"))
		}
	}
}

var contents = []string{"first", "other", "longer than the others"}

func randomKeys(rnd *rand.Rand) []string {
	folders := []string{"", "old/", "new/", "a/", "a/b/", "old/new/", "old", "\U0010FFFF/", "é/", " /", "+%2B/", "\"q\"\n/"}
	names := []string{"x.hdf", "x.xml", "x", "y.hdf.txt", "Y.HDF", ".", "é.json", "\x7f", "z.cmr.xml"}
	var keys []string
	for range 3 + rnd.IntN(12) {
		keys = append(keys, folders[rnd.IntN(len(folders))]+names[rnd.IntN(len(names))])
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func randomRules(rnd *rand.Rand) []reconcile.Rule {
	all := [][]reconcile.Rule{
		nil, nil,
		{{Prefix: "a/", Exclude: true}},
		{{Prefix: "a/", Bucket: other}},
		{{Prefix: "old/", FromPrefix: "old/", ToPrefix: "new/"}},
		{{Prefix: "old/", FromPrefix: "old/", ToPrefix: ""}},
		{{Glob: "**", FromPrefix: "", ToPrefix: "a/"}},
		{{Extension: "hdf", FromPrefix: "old/", ToPrefix: "new/"}, {Prefix: "a/", Exclude: true}},
		{{Prefix: "old/", Bucket: other, FromPrefix: "old/", ToPrefix: "new/"}, {Prefix: "a/", Bucket: protected, FromPrefix: "a/", ToPrefix: "new/"}},
	}
	return all[rnd.IntN(len(all))]
}

// TestShards: the parts of an audit together find what the whole does, once.
func TestShards(t *testing.T) {
	t.Parallel()
	for seed := range *worlds {
		rnd := rand.New(rand.NewPCG(uint64(seed), 2))
		w, r, keys := randomWorld(t, rnd)
		bounds := []string{""}
		for range rnd.IntN(3) {
			bounds = append(bounds, keys[rnd.IntN(len(keys))])
		}
		slices.Sort(bounds)
		o := options(r)
		o.Prefer = []scan.Prefer{scan.PreferCost, scan.PreferRequests}[rnd.IntN(2)]
		if rnd.IntN(4) == 0 {
			o.Prefix = []string{"old/", "a/", "new/"}[rnd.IntN(3)]
		}
		var got []string
		for i, after := range bounds {
			o.Range = scan.Range{After: after}
			if i+1 < len(bounds) {
				o.Range.Until = bounds[i+1]
			}
			if o.Range.Until == after && after != "" {
				continue
			}
			o.Streams, o.DivideAfter = 1+rnd.IntN(3), 1+rnd.IntN(3)
			all, err := run(t, t.Context(), w, o)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			got = append(got, inWords(all)...)
		}
		slices.Sort(got)
		if want := bruteForce(w, r, o.Prefix); !slices.Equal(got, want) {
			t.Fatalf("seed %d, prefix %q, bounds %q: got\n%s\nwant\n%s\n", seed, o.Prefix, bounds, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// named gives names.
type named []string

func (n *named) Next() (audit.Name, error) {
	if len(*n) == 0 {
		return audit.Name{}, io.EOF
	}
	key := (*n)[0]
	*n = (*n)[1:]
	return audit.Name{Key: key}, nil
}

// TestNames: what is named has its row, and what lies where its copy would be
// misplaced has one too, whether names are listed or asked for one by one.
func TestNames(t *testing.T) {
	t.Parallel()
	for seed := range *worlds {
		rnd := rand.New(rand.NewPCG(uint64(seed), 3))
		w, r, keys := randomWorld(t, rnd)
		keys = append(keys, "nowhere.hdf")
		slices.Sort(keys)
		chosen := named(slices.DeleteFunc(slices.Clone(keys), func(string) bool { return rnd.IntN(3) == 0 }))
		want := namedBruteForce(w, r, chosen)
		o := options(r)
		o.Names, o.Prefer = &chosen, []scan.Prefer{scan.PreferCost, scan.PreferRequests}[rnd.IntN(2)]
		all, err := run(t, t.Context(), w, o)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if got := inWords(all); !slices.Equal(got, want) {
			t.Fatalf("seed %d: got\n%s\nwant\n%s\n", seed, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, one := range all {
			if one.Status == reconcile.Failed && one.ErrorKind == reconcile.NotFound && one.Attempts < 2 {
				t.Errorf("seed %d: %s was looked for %d times", seed, one.Source, one.Attempts)
			}
		}
	}
}

// namedBruteForce are those of the rows of everything that have to do with the
// names, and a failure for each that is not there.
func namedBruteForce(w *world, r *reconcile.Router, chosen []string) (want []string) {
	places := map[string]bool{}
	for _, key := range chosen {
		if _, there := w.find(source, key); !there {
			want = append(want, fmt.Sprintf("failed %q at %q", key, ""))
		}
		for _, bucket := range r.Buckets() {
			for _, image := range r.Images(key) {
				places[fmt.Sprintf("%q", bucket+"/"+image)] = true
			}
		}
	}
	for _, row := range bruteForce(w, r, "") {
		words := regexp.MustCompile(`^(\S+) ("(?:[^"\\]|\\.)*") at ("(?:[^"\\]|\\.)*")`).FindStringSubmatch(row)
		key, _ := strconv.Unquote(words[2])
		own := key != "" && words[1] != "misplaced"
		if own && slices.Contains(chosen, key) || !own && places[words[3]] {
			want = append(want, row)
		}
	}
	slices.Sort(want)
	return want
}

// randomWorld is one with copies where they belong and elsewhere.
func randomWorld(t *testing.T, rnd *rand.Rand) (*world, *reconcile.Router, []string) {
	r := router(t, randomRules(rnd)...)
	w := newWorld(1 + rnd.IntN(5))
	keys := randomKeys(rnd)
	for _, bucket := range append(r.Buckets(), source) {
		for _, key := range keys {
			if rnd.IntN(3) == 0 {
				w.put(bucket, key, contents[rnd.IntN(len(contents))])
			}
		}
	}
	for _, key := range keys { // copies where they belong
		if route := r.Route(key); route.Routed && rnd.IntN(2) == 0 {
			w.put(route.Cursor.Bucket, route.Key, contents[0])
		}
	}
	return w, r, keys
}

// bruteForce says the same by looking everything up everywhere.
func bruteForce(w *world, r *reconcile.Router, prefix string) []string {
	has := func(bucket, key string) (reconcile.Object, bool) {
		i, found := w.find(bucket, key)
		if !found {
			return reconcile.Object{}, false
		}
		return w.buckets[bucket][i], true
	}
	var all []reconcile.Outcome
	shown := map[reconcile.Location]bool{}
	for _, s := range w.buckets[source] {
		if !strings.HasPrefix(s.Key, prefix) {
			continue
		}
		route := r.Route(s.Key)
		o := reconcile.Outcome{Source: s}
		o.Target.Location = route.Location()
		switch t, there := has(route.Cursor.Bucket, route.Key); {
		case route.Excluded:
			o.Status = reconcile.Excluded
		excluded:
			for _, bucket := range r.Buckets() {
				for _, c := range w.buckets[bucket] {
					if slices.Contains(r.Origins(c.Key), s.Key) && !leaks(r, bucket, s.Key) {
						o.Target = c
						shown[c.Location] = true
						break excluded
					}
				}
			}
		case !route.Routed:
			o.Status = reconcile.Unrouted
		case collides(w, r, s.Key):
			o.Status = reconcile.Failed
			shown[o.Target.Location] = true
		case !there:
			o.Status = reconcile.Missing
		default:
			shown[t.Location] = true
			o.Status = reconcile.Present
			if t.ETag != s.ETag {
				o.Status = reconcile.Differs
			}
		}
		all = append(all, o)
	}
	for _, bucket := range r.Buckets() {
		for _, t := range w.buckets[bucket] {
			if o, ok := strayOf(w, r, prefix, t); ok && !shown[t.Location] {
				all = append(all, o)
			}
		}
	}
	return inWords(all)
}

func leaks(r *reconcile.Router, bucket, key string) bool {
	data := !slices.Contains([]string{".txt", ".xml", ".json"}, reconcile.Extension(key))
	if route := r.Route(key); route.Routed { // what a rule leads elsewhere is not meant to be public
		data = route.Cursor.Bucket != public
	}
	return bucket == public && data
}

func collides(w *world, r *reconcile.Router, key string) bool {
	for _, o := range w.buckets[source] {
		if o.Key != key && r.Route(o.Key).Routed && r.Route(o.Key).Location() == r.Route(key).Location() {
			return true
		}
	}
	return false
}

// strayOf is what becomes of an object that is nobody's copy; false where no
// origin of it is within the prefix.
func strayOf(w *world, r *reconcile.Router, prefix string, t reconcile.Object) (o reconcile.Outcome, ok bool) {
	o.Target, o.Status = t, reconcile.Orphan
	scope, elsewhere, excluded, leaky, owner := false, false, false, true, ""
	for _, key := range r.Origins(t.Key) {
		scope = scope || strings.HasPrefix(key, prefix)
		_, there := w.find(source, key)
		leaky = leaky && leaks(r, t.Bucket, key)
		if r.Route(key).Excluded && !leaks(r, t.Bucket, key) {
			excluded = true
		}
		if there && r.Route(key).Routed && r.Route(key).Location() == t.Location {
			return o, false
		}
		if there && !strings.HasPrefix(key, prefix) {
			elsewhere = true
		} else if there && owner == "" {
			owner = key
		}
	}
	switch {
	case !scope:
		return o, false
	case excluded:
		o.Status = reconcile.Excluded
	case owner != "":
		o.Source.Key, o.Status, o.Leak = owner, reconcile.Misplaced, leaks(r, t.Bucket, owner)
	case elsewhere:
		return o, false
	case leaky:
		o.Status, o.Leak = reconcile.Misplaced, true
	}
	return o, true
}

// TestComeAndGo: what changes during the audit is not accused of it.
func TestComeAndGo(t *testing.T) {
	t.Parallel()
	w := newWorld(10)
	for i := range 40 {
		key := fmt.Sprintf("k%02d.hdf", i)
		w.put(source, key, key)
		w.put(protected, key, key)
	}
	w.remove(protected, "k01.hdf")           // is copied while the audit looks
	w.put(protected, "k02.hdf", "elsewhat")  // is overwritten
	w.put(protected, "stray.hdf", "s")       // is removed
	w.put(protected, "arrives.hdf", "a.hdf") // gets its original
	w.put(protected, "k03.hdf", "differs")   // stays
	var once sync.Once
	w.before = func(op, _, _ string) error {
		if op == "Head" {
			once.Do(func() {
				w.put(protected, "k01.hdf", "k01.hdf")
				w.put(protected, "k02.hdf", "k02.hdf")
				w.remove(protected, "stray.hdf")
				w.put(source, "arrives.hdf", "a.hdf")
			})
		}
		return nil
	}
	got, err := run(t, t.Context(), w, options(router(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range got {
		want := reconcile.Present
		if o.Source.Key == "k03.hdf" {
			want = reconcile.Differs
		}
		if o.Status != want {
			t.Errorf("%s at %s is %s, want %s", o.Source.Key, o.Target, o.Status, want)
		}
	}
	if len(got) != 41 {
		t.Errorf("%d rows, want 41", len(got))
	}
}

// TestFailedListing: an audit that has not seen everything says so, and every
// source object that it has seen has its row.
func TestFailedListing(t *testing.T) {
	t.Parallel()
	for _, bucket := range []string{source, protected, public} {
		w := newWorld(10)
		for i := range 40 {
			key := fmt.Sprintf("k%02d", i)
			w.put(source, key, key)
			w.put(protected, key, key)
			w.put(public, key+".xml", key)
		}
		broken := errors.New("broken")
		w.before = func(op, at, after string) error {
			if op == "List" && at == bucket && after != "" {
				return &reconcile.Error{Op: "ListObjectsV2", Kind: reconcile.AccessDenied, Err: broken}
			}
			return nil
		}
		got, err := run(t, t.Context(), w, options(router(t)))
		if !errors.Is(err, broken) {
			t.Errorf("%s: the error is %v", bucket, err)
		}
		of := map[string]int{}
		for _, o := range got {
			of[o.Source.Key]++
			if o.Source.Key != "" && of[o.Source.Key] > 1 {
				t.Errorf("%s: %s has two rows", bucket, o.Source.Key)
			}
			if o.Status == reconcile.Missing {
				t.Errorf("%s: %s is called missing", bucket, o.Source.Key)
			}
		}
		if len(of) < 10 {
			t.Errorf("%s: rows of %d objects only", bucket, len(of))
		}
	}
}

// TestCanceled ends, and says why.
func TestCanceled(t *testing.T) {
	t.Parallel()
	w := newWorld(2)
	for i := range 40 {
		w.put(source, fmt.Sprintf("k%02d", i), "x")
	}
	why := errors.New("the user had enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	w.before = func(op, bucket, after string) error {
		if op == "List" && bucket == source && after > "k10" {
			cancel(why)
		}
		return nil
	}
	_, err := run(t, ctx, w, options(router(t)))
	if !errors.Is(err, why) {
		t.Errorf("the error is %v", err)
	}
}

// TestRefusedHead: what could not be looked at is no finding about the object.
func TestRefusedHead(t *testing.T) {
	t.Parallel()
	w := newWorld(10)
	w.put(source, "lost.hdf", "x")
	w.put(protected, "stray.hdf", "x")
	w.before = func(op, bucket, key string) error {
		if op == "Head" {
			return &reconcile.Error{Op: "HeadObject", Location: reconcile.Location{Bucket: bucket, Key: key}, Kind: reconcile.AccessDenied, Status: 403}
		}
		return nil
	}
	got, err := run(t, t.Context(), w, options(router(t)))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`failed "" at "protected/stray.hdf"`, `failed "lost.hdf" at "protected/lost.hdf"`}
	if words := inWords(got); !slices.Equal(words, want) {
		t.Errorf("got %q, want %q", words, want)
	}
}

// TestDigestsLearntLate: on a server whose ETags are not known to be digests a
// corrupt copy is found whatever its place among the keys.
func TestDigestsLearntLate(t *testing.T) {
	t.Parallel()
	w := newWorld(10)
	w.put(source, "a.hdf", "12345")
	w.put(protected, "a.hdf", "54321")
	o := options(router(t))
	o.Digests = &reconcile.Digests{Documented: func(string) bool { return false }}
	got, err := run(t, t.Context(), w, o)
	if err != nil || len(got) != 1 || got[0].Status != reconcile.Present || !got[0].Unproved() {
		t.Errorf("without another pair: %v, %q", err, inWords(got))
	}
	w.put(source, "z.hdf", "12345")
	w.put(protected, "z.hdf", "12345")
	got, err = run(t, t.Context(), w, o)
	want := []string{`differs "a.hdf" at "protected/a.hdf"`, `present "z.hdf" at "protected/z.hdf"`}
	if words := inWords(got); err != nil || !slices.Equal(words, want) {
		t.Errorf("got %q, %v, want %q", words, err, want)
	}
}

// TestVerifyHead compares metadata and tags, in the chosen part only.
func TestVerifyHead(t *testing.T) {
	t.Parallel()
	w := newWorld(10)
	for i := range 50 {
		key := fmt.Sprintf("k%02d.hdf", i)
		w.put(source, key, key)
		w.put(protected, key, key)
	}
	looked := map[string]int{}
	for part := range 3 {
		o := options(router(t))
		o.Verify, o.Fraction = audit.VerifyHead, audit.Fraction{Index: part, Count: 3}
		got, err := run(t, t.Context(), w, o)
		if err != nil || len(got) != 50 {
			t.Fatalf("%d rows, %v", len(got), err)
		}
		for _, one := range got {
			if one.Compared[reconcile.AspectMetadata] == reconcile.Matches && one.Compared[reconcile.AspectTags] == reconcile.Matches {
				looked[one.Source.Key]++
			}
			if one.Compared[reconcile.AspectStorageClass] != reconcile.Matches || one.Status != reconcile.Present {
				t.Errorf("%s: %s, %s", one.Source.Key, one.Status, one.Compared)
			}
		}
	}
	for key, n := range looked {
		if n != 1 {
			t.Errorf("%s was verified in %d parts", key, n)
		}
	}
	if len(looked) != 50 {
		t.Errorf("%d objects were verified", len(looked))
	}
}
