package breakdown

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

func outcome(key string, size int64, status reconcile.Status) reconcile.Outcome {
	return reconcile.Outcome{
		Source: reconcile.Object{Location: reconcile.Location{Bucket: "glacier", Key: key}, Size: size},
		Target: reconcile.Object{Location: reconcile.Location{Bucket: "archive", Key: key}}, Status: status,
	}
}

func counted(outcomes ...reconcile.Outcome) *Breakdown {
	c := New()
	for i := range outcomes {
		c.Add(&outcomes[i], true)
	}
	return c.Breakdown()
}

// TestCounts holds every kind of count of a few objects against what they are.
func TestCounts(t *testing.T) {
	a, b := outcome("MOD/2026/320/a/x.hdf", 1024, reconcile.Copied), outcome("MOD/2026/320/y.hdf", 4095, reconcile.Failed)
	c, d := outcome("z.hdf", 0, reconcile.LeftOnline), outcome("", 0, reconcile.Orphan)
	a.CollectionID, b.CollectionID = "MOD___006", "MOD___006"
	midnight := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	a.Source.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: midnight}
	b.Source.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: midnight.Add(-time.Second)}
	c.Source.Restore = reconcile.RestoreState{Phase: reconcile.Restored} // for good
	c.Target.Bucket = ""
	d.Source.Bucket, d.Target.Key, d.Target.Size = "", "MOD/o.hdf", 1<<30
	text, err := json.Marshal(counted(a, b, c, d))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"objects":4,
"buckets":[
{"source_bucket":null,"target_bucket":"archive","objects":1,"bytes":1073741824,"statuses":{"orphan":1}},
{"source_bucket":"glacier","target_bucket":null,"objects":1,"bytes":0,"statuses":{"online":1}},
{"source_bucket":"glacier","target_bucket":"archive","objects":2,"bytes":5119,"statuses":{"copied":1,"failed":1}}],
"prefixes":[
{"prefix":"","objects":1,"bytes":0,"statuses":{"online":1}},
{"prefix":"MOD/","objects":1,"bytes":1073741824,"statuses":{"orphan":1}},
{"prefix":"MOD/2026/320/","objects":2,"bytes":5119,"statuses":{"copied":1,"failed":1}}],
"collections":[{"collection_id":"MOD___006","objects":2,"bytes":5119,"statuses":{"copied":1,"failed":1}}],
"sizes":[
{"from":0,"below":1,"objects":1,"bytes":0},
{"from":1,"below":1024,"objects":0,"bytes":0},
{"from":1024,"below":4096,"objects":2,"bytes":5119},
` + empty(4096, 1<<30) + `{"from":1073741824,"below":4294967296,"objects":1,"bytes":1073741824}],
"expiries":[
{"from":"2026-11-27","days":1,"objects":1,"bytes":4095,"open":1},
{"from":"2026-11-28","days":1,"objects":1,"bytes":1024,"open":0}],
"granules":null,"timeline":null}`
	if want = strings.ReplaceAll(want, "\n", ""); string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// empty are the classes of sizes that nothing has.
func empty(from, below int64) (text string) {
	for ; from < below; from *= 4 {
		text += fmt.Sprintf(`{"from":%d,"below":%d,"objects":0,"bytes":0},`, from, from*4)
	}
	return text
}

// many has more buckets, prefixes, collections and days than are kept apart.
func many(n int) (all []reconcile.Outcome) {
	statuses := reconcile.Statuses()
	for i := range n {
		o := outcome(fmt.Sprintf("%c%d/%d/%d/%d", 'a'+rune(i%11), i%13, i%17, i%19, i), int64(i)*977, statuses[i%len(statuses)])
		o.Target.Bucket, o.CollectionID = fmt.Sprintf("archive%d", i%100), fmt.Sprintf("c%d", i*7%201)
		o.Source.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: time.Unix(int64(i)*100_000-50_000_000, 0)}
		all = append(all, o)
	}
	return all
}

// TestOrder: the counts are the same in whatever order outcomes come and by
// however many they are counted; each object is in one part of each kind; and
// the parts are bounded.
func TestOrder(t *testing.T) {
	all := many(3000)
	want := counted(all...)
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 20 {
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		parts := []*Counter{New(), New(), New()}
		for i := range all {
			parts[rng.IntN(len(parts))].Add(&all[i], true)
		}
		sum := New()
		for _, p := range parts {
			p.AddTo(sum)
		}
		if got := sum.Breakdown(); !reflect.DeepEqual(got, want) {
			t.Fatalf("round %d:\n%+v\n%+v", round, got, want)
		}
	}
	sums := map[string]int64{}
	for _, p := range want.Buckets {
		sums["buckets"] += p.Objects
	}
	for _, p := range want.Prefixes {
		sums["prefixes"] += p.Objects
	}
	for _, p := range want.Collections {
		sums["collections"] += p.Objects
	}
	for _, p := range want.Sizes {
		sums["sizes"] += p.Objects
	}
	for _, p := range want.Expiries {
		sums["expiries"] += p.Objects
	}
	for name, n := range sums {
		if n != 3000 {
			t.Errorf("%s: %d objects of 3000", name, n)
		}
	}
	if len(want.Buckets) != maxBuckets+1 || len(want.Collections) != maxCollections+1 || !want.Buckets[maxBuckets].Other {
		t.Errorf("%d buckets and %d collections", len(want.Buckets), len(want.Collections))
	}
	// 11 letters by 13 numbers are 143 first folders; of their first two
	// characters there are 11 letters by 10 digits, 110; of the first one 11.
	if len(want.Prefixes) != 11 || want.Prefixes[0].Prefix != "a" || len(want.Expiries) > maxExpiries {
		t.Errorf("%d prefixes and %d expiries", len(want.Prefixes), len(want.Expiries))
	}
}

// TestPrefixKinds: the finest kind is kept of which there are not too many.
func TestPrefixKinds(t *testing.T) {
	for _, tt := range []struct {
		format string
		n      int
		want   string
		prefix int
	}{
		{"a/b/%02d/x", 64, "a/b/00/", 64},
		{"a/b/%02d/x", 65, "a/b/", 1},
		{"a/%02d/c/x", 65, "a/", 1},
		{"%02d/b/c/x", 65, "0", 7},
		{"0%02d/b/c/x", 65, "00", 7},
		{"%02d.hdf", 65, "", 1},
	} {
		c := New()
		for i := range tt.n {
			o := outcome(fmt.Sprintf(tt.format, i), 1, reconcile.Present)
			c.Add(&o, true)
		}
		if got := c.Breakdown().Prefixes; len(got) != tt.prefix || got[0].Prefix != tt.want {
			t.Errorf("%d of %s: %d prefixes, the first %q", tt.n, tt.format, len(got), got[0].Prefix)
		}
	}
}

// TestClock: the intervals are bounded and their sums those of the run, however
// long it takes; they double where there are too many.
func TestClock(t *testing.T) {
	start := time.Unix(1e9, 0)
	for _, looks := range []int64{0, 1, 119, 120, 121, 100_000} {
		c := NewClock(Moment{At: start, Objects: 5})
		at := start
		for i := range looks {
			at = at.Add(c.Interval())
			c.Look(Moment{At: at, Objects: 5 + 3*(i+1), Bytes: 10 * (i + 1), Requests: i + 1, Refused: i / 2, InFlight: i})
		}
		tl := c.Timeline()
		if tl == nil {
			if looks > 0 {
				t.Errorf("%d looks: nothing", looks)
			}
			continue
		}
		n := len(tl.At)
		if n >= maxIntervals || sum(tl.Objects) != 3*looks || sum(tl.Bytes) != 10*looks || sum(tl.Requests) != looks || sum(tl.Refused) != (looks-1)/2 {
			t.Errorf("%d looks: %+v", looks, tl)
		}
		if tl.At[n-1] != at.Sub(start).Milliseconds() || tl.InFlight[n-1] != looks-1 {
			t.Errorf("%d looks: the last of %d ends at %d with %d in flight", looks, n, tl.At[n-1], tl.InFlight[n-1])
		}
	}
}

func sum(all []int64) (n int64) {
	for _, v := range all {
		n += v
	}
	return n
}
