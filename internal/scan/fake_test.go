package scan

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

var now = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// store is a Lister over sorted objects. It counts what it is asked, and bend
// may spoil its answers.
type store struct {
	pageSize int
	buckets  map[string][]reconcile.Object
	// bend gets the right answer to the nth request (from 1) on the bucket and
	// returns the one to be given.
	bend func(ctx context.Context, n int, req reconcile.ListRequest, page reconcile.Page) (reconcile.Page, error)

	mu       sync.Mutex
	requests []reconcile.ListRequest
	counts   map[string]int
	inFlight int
	eager    bool // split key ranges wherever that can be done
	heads    int  // of targets, after the scan
	retries  *retry.Retrier
}

// lister sends what fails again as retries say; nil: it does not.
func (s *store) lister() Lister {
	if s.retries == nil {
		return once(s)
	}
	return retry.Lister{Store: s, Retrier: s.retries}
}

func once(l Lister) Lister {
	return retry.Lister{Store: l, Retrier: retry.New(retry.Options{Attempts: 1})}
}

func newStore(pageSize int) *store {
	return &store{pageSize: pageSize, buckets: map[string][]reconcile.Object{}, counts: map[string]int{}}
}

// put adds objects to a bucket, in any order of keys; fast where they are sorted.
func (s *store) put(bucket string, objects ...reconcile.Object) {
	all := slices.Grow(s.buckets[bucket], len(objects))
	for _, o := range objects {
		o.Bucket = bucket
		all = append(all, o)
	}
	sorted := func(i, j int) bool { return all[i].Key < all[j].Key } // by index: they are large
	if !sort.SliceIsSorted(all, sorted) {
		sort.Slice(all, sorted)
	}
	s.buckets[bucket] = all
}

func (s *store) count(bucket string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[bucket]
}

// List implements Lister as S3 documents it: StartAfter is exclusive, a token
// goes before it, and there is a token only where something follows.
func (s *store) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	s.mu.Lock()
	s.requests = append(s.requests, req)
	s.counts[req.Bucket]++
	n := s.counts[req.Bucket]
	s.inFlight++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.inFlight--
		s.mu.Unlock()
	}()
	if err := ctx.Err(); err != nil {
		return reconcile.Page{}, err
	}
	page := s.page(req)
	if s.bend != nil {
		return s.bend(ctx, n, req, page)
	}
	return page, nil
}

func (s *store) page(req reconcile.ListRequest) reconcile.Page {
	after := req.StartAfter
	if req.Token != "" {
		after = strings.TrimPrefix(req.Token, "after ")
	}
	all := s.buckets[req.Bucket]
	all = all[sort.Search(len(all), func(i int) bool { return all[i].Key > after && all[i].Key >= req.Prefix }):]
	page := reconcile.Page{Objects: make([]reconcile.Object, 0, min(s.pageSize, len(all)))}
	for _, o := range all {
		if !strings.HasPrefix(o.Key, req.Prefix) {
			break
		}
		if len(page.Objects) == s.pageSize {
			page.Next = "after " + page.Objects[s.pageSize-1].Key
			break
		}
		if !req.Restore && o.Restore.Phase != reconcile.Online {
			o.Restore = reconcile.RestoreState{} // not asked: not said
		}
		page.Objects = append(page.Objects, o)
	}
	return page
}

// The objects of the tests.
func archived(key string) reconcile.Object { // of which the listing says nothing
	return reconcile.Object{Location: reconcile.Location{Key: key}, Size: 10, ETag: "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee", StorageClass: reconcile.ClassGlacier}
}

func restored(key string) reconcile.Object {
	o := archived(key)
	o.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: now.Add(time.Hour)}
	return o
}

func online(key string) reconcile.Object {
	o := archived(key)
	o.StorageClass, o.Restore = reconcile.ClassStandard, reconcile.RestoreState{Phase: reconcile.Online}
	return o
}

// keys returns n numbered keys.
func keys(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("k%07d", i)
	}
	return all
}

func each(keys []string, object func(string) reconcile.Object) []reconcile.Object {
	all := make([]reconcile.Object, 0, len(keys))
	for _, k := range keys {
		all = append(all, object(k))
	}
	return all
}

// options scans "source" to the archives "protected" and "public".
func options(t testing.TB, rules ...reconcile.Rule) Options {
	t.Helper()
	router, err := reconcile.NewRouter(rules, reconcile.Archives{Protected: "protected", Public: "public"})
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Bucket: "source", Router: router, Mode: RestoreAuto,
		Now: func() time.Time { return now }, TempDir: t.TempDir(),
	}
}

// run scans and returns the decisions as they came.
func run(t testing.TB, s *store, o Options) ([]reconcile.Decision, error) {
	t.Helper()
	var mu sync.Mutex
	all := make([]reconcile.Decision, 0, len(s.buckets[o.Bucket]))
	scanner := New(s.lister(), o)
	if s.eager {
		scanner.scheduler.allow, scanner.scheduler.least = func(int) float64 { return math.Inf(1) }, 0
	}
	err := scanner.Run(t.Context(), func(d reconcile.Decision) error {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, d)
		return nil
	})
	sortDecisions(all)
	checkOnce(t, all)
	if s.inFlight != 0 {
		t.Errorf("%d listings are still under way after the scan", s.inFlight)
	}
	return all, err
}

// mustRun is run of a scan that must be complete. HEADs of targets that it has
// left to others are answered.
func mustRun(t testing.TB, s *store, o Options) []reconcile.Decision {
	t.Helper()
	all, err := run(t, s, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if all[i].Unseen {
			all[i] = s.head(all[i], o.Policy)
		}
		all[i] = s.alone(all[i], o.Policy)
	}
	return all
}

// head answers whether a target is there, and decides by it.
func (s *store) head(d reconcile.Decision, p reconcile.Policy) reconcile.Decision {
	s.heads++
	d.Unseen = false
	for _, o := range s.buckets[d.Target.Bucket] {
		if o.Key == d.Target.Key {
			d.Target, d.Listed = o, true
		}
	}
	if d.Need == reconcile.NeedTarget {
		return d.Resolve(p)
	}
	return d
}

// alone answers whether another object is routed to the same target, and decides
// by it.
func (s *store) alone(d reconcile.Decision, p reconcile.Policy) reconcile.Decision {
	if d.Need != reconcile.NeedCollisions {
		return d
	}
	for _, key := range d.Collisions {
		s.heads++
		if _, there := objectOf(s.buckets["source"], key); there {
			return d.Collide(key)
		}
	}
	d.Alone = true
	return d.Resolve(p)
}

// sortDecisions puts decisions, which come in any order, in key order.
func sortDecisions(all []reconcile.Decision) {
	sort.Slice(all, func(i, j int) bool { return all[i].Source.Key < all[j].Source.Key }) // by index: they are large
}

// checkOnce wants no object to have two decisions.
func checkOnce(t testing.TB, sorted []reconcile.Decision) {
	t.Helper()
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Source.Key == sorted[i-1].Source.Key {
			t.Errorf("%q has two decisions", sorted[i].Source.Key)
		}
	}
}

func sourceKeys(all []reconcile.Decision) []string {
	var got []string
	for _, d := range all {
		got = append(got, d.Source.Key)
	}
	return got
}

// checkKeys wants exactly these keys, each once, in this order.
func checkKeys(t testing.TB, all []reconcile.Decision, want []string) {
	t.Helper()
	got := sourceKeys(all)
	if !slices.Equal(got, want) {
		t.Errorf("%d decisions, want %d, in key order:\n%.400q\n%.400q", len(got), len(want), got, want)
	}
}
