package merge

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

func init() { debug.SetGCPercent(400) } // memory is no matter here

var long = flag.Int("long", 1, "how many times as many random rounds there are")

func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

func randomRow(r *rand.Rand, key string) report.Row {
	row := rowOf(key, pick(r, append(reconcile.Statuses(), "unheard")...))
	row.Attempts, row.ElapsedMS = r.Int64N(3), r.Int64N(3)
	row.Proof = pick(r, report.Text(""), "etag", "checksum", "size")
	if r.IntN(4) == 0 {
		row.SizeBytes, row.ETag, row.TargetKey, row.TargetBucket = nil, "", "", ""
	}
	if !row.Success {
		row.ErrMsg = pick(r, "", "why", "because")
	}
	return row
}

// ownRow is a random row of the object itself: a misplaced one is another object,
// and has its row beside.
func ownRow(r *rand.Rand, key string) report.Row {
	for {
		if row := randomRow(r, key); row.Status != reconcile.Misplaced {
			return row
		}
	}
}

// TestCompareIsAnOrder: the order is total, so that taking the best of any two
// is commutative, associative and idempotent.
func TestCompareIsAnOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	best := func(a, b report.Row) report.Row {
		if Compare(&a, &b) >= 0 {
			return a
		}
		return b
	}
	for range 5000 * *long {
		a, b, c := randomRow(r, "k"), randomRow(r, "k"), randomRow(r, "k")
		if Compare(&a, &b) != -Compare(&b, &a) || Compare(&a, &a) != 0 {
			t.Fatalf("%+v %+v", a, b)
		}
		if Compare(&a, &b) == 0 && string(a.AppendRecord(nil)) != string(b.AppendRecord(nil)) {
			t.Fatalf("equal, and not the same: %+v %+v", a, b)
		}
		x, y := best(best(a, b), c), best(a, best(b, c))
		if Compare(&x, &y) != 0 {
			t.Fatalf("not associative: %+v %+v %+v", a, b, c)
		}
	}
}

// TestBestTruth: who says that the object is there wins, and a failure is never
// hidden by one who only waits.
func TestBestTruth(t *testing.T) {
	all := append(reconcile.Statuses(), "unheard")
	for _, a := range all {
		for _, b := range all {
			x, y := rowOf("k", a), rowOf("k", b)
			wins := a
			if Compare(&x, &y) < 0 {
				wins = b
			}
			there := func(s reconcile.Status) bool { return s == reconcile.Copied || s == reconcile.Present }
			if (there(a) || there(b)) && !there(wins) {
				t.Errorf("%s and %s: %s", a, b, wins)
			}
			quiet := func(s reconcile.Status) bool {
				return s == reconcile.Requested || s == reconcile.InRestore || s == reconcile.NotRestored
			}
			if (a.Breaks("merge") && quiet(b) || b.Breaks("merge") && quiet(a)) && quiet(wins) {
				t.Errorf("%s and %s: %s hides it", a, b, wins)
			}
		}
	}
	if len(precedence) != len(reconcile.Statuses())+1 {
		t.Errorf("%d precedence: every status has its place", len(precedence))
	}
}

// TestAnyOrder: whatever the files, their order, how often they are given, and
// what was merged before, the rows are the best of each object.
func TestAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 10 * *long {
		best := map[string]report.Row{}
		var files []string
		for i := range 2 + r.IntN(4) {
			rows := map[string]report.Row{}
			for range r.IntN(60) {
				key := fmt.Sprint(pick(r, "a/", "b", "", "\x00", "é"), r.IntN(40))
				rows[key] = ownRow(r, key)
			}
			var all []report.Row
			for key, row := range rows {
				all = append(all, row)
				if old, ok := best[key]; !ok || Compare(&row, &old) > 0 {
					best[key] = row
				}
			}
			run := complete
			run.ID = fmt.Sprint("run-", i)
			files = append(files, reportOf(t, run, report.RowsAll, all...))
		}
		var want []report.Row
		for _, row := range best {
			want = append(want, row)
		}
		slices.SortFunc(want, func(a, b report.Row) int { return cmp.Compare(a.SourceKey, b.SourceKey) })
		first := join(t, nil, files...)
		if !sameRows(first.rows, want) || !first.head.Complete {
			t.Fatalf("round %d: %s, want %+v", round, first.says(), want)
		}
		twice := append(slices.Clone(files), files...)
		r.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
		if got := join(t, nil, twice...); !sameRows(got.rows, want) || fmt.Sprint(got.head.Requests) != fmt.Sprint(first.head.Requests) {
			t.Fatalf("round %d, twice: %s\n%v", round, got.says(), got.head)
		}
		some := 1 + r.IntN(len(files)-1)
		half := reportOf(t, report.Run{ID: "half", Complete: true}, report.RowsAll, join(t, nil, files[:some]...).rows...)
		if got := join(t, nil, append(slices.Clone(files[some:]), half)...); !sameRows(got.rows, want) {
			t.Fatalf("round %d, in two steps: %s", round, got.says())
		}
	}
}

// TestPlanned: every planned object has exactly one row, whatever was reported.
func TestPlanned(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for round := range 10 * *long {
		var keys []string
		for i := range 200 {
			keys = append(keys, fmt.Sprintf("k%03d", i))
		}
		var rows []report.Row
		told := map[string]bool{}
		for _, key := range keys {
			if r.IntN(3) > 0 {
				rows = append(rows, ownRow(r, key))
				told[key] = true
			}
		}
		got := join(t, []string{planOf(t, keys...)}, reportOf(t, complete, report.RowsAll, rows...))
		if len(got.rows) != len(keys) {
			t.Fatalf("round %d: %d rows", round, len(got.rows))
		}
		for i, row := range got.rows {
			if string(row.SourceKey) != keys[i] || row.SizeBytes == nil || row.TargetKey == "" {
				t.Fatalf("row %d: %+v", i, row)
			}
			if !told[keys[i]] && (row.Status != reconcile.Missing || row.ErrMsg != unreported) {
				t.Fatalf("nobody has reported %s: %+v", keys[i], row)
			}
			if s := row.Status; s == reconcile.NotRestored || s == reconcile.InRestore || s == reconcile.Requested {
				t.Fatalf("planned, and quietly %s", s)
			}
		}
	}
}

// TestOrphans: orphans of one key in two buckets are two, and none is the
// object of that key.
func TestOrphans(t *testing.T) {
	orphan := func(bucket report.Text) report.Row {
		return report.Row{TargetBucket: bucket, TargetKey: "k", Status: reconcile.Orphan}
	}
	path := reportOf(t, complete, report.RowsAll, orphan("a"), orphan("b"), orphan("my-glacier"), rowOf("k", reconcile.Failed))
	got := join(t, nil, path, path)
	if len(got.rows) != 4 {
		t.Errorf("%+v", got.rows)
	}
}

// TestHeads: what reports say beside their rows is joined, each run once.
func TestHeads(t *testing.T) {
	other := report.Run{ID: "run-2", Command: "run", Complete: true, Inventories: []report.Inventory{{Bucket: "my-glacier", Manifest: "s3://i/m", AgeSeconds: 5}}, Source: "my-glacier", Targets: []string{"my-public"}, Notes: []string{"the guard was off"}}
	changes := reportOf(t, other, report.RowsChanges, rowOf("a", reconcile.Copied), rowOf("b", reconcile.Present), rowOf("c", reconcile.Present))
	all := reportOf(t, complete, report.RowsAll, rowOf("d", reconcile.Present))
	got := join(t, nil, changes, all, changes)
	h := got.head
	if !h.Complete || h.Source != "my-glacier" || fmt.Sprint(h.Targets) != "[my-protected my-public]" || h.Requests["CopyObject"] != 4 {
		t.Errorf("%+v", h)
	}
	if len(h.Inventories) != 1 || h.Inventories[0].AgeSeconds != 5 {
		t.Errorf("%+v", h.Inventories)
	}
	if h.Rows != report.RowsChanges || h.Unseen.Scanned != 2 || h.Unseen.Counts[reconcile.Present] != 2 || got.says() != "a:copied d:present" {
		t.Errorf("%+v %s", h, got.says())
	}
	if !strings.Contains(strings.Join(h.Notes, "\n"), "the guard was off") {
		t.Errorf("%q", h.Notes)
	}
	h = join(t, []string{planOf(t, "a", "b")}, changes).head
	if h.Rows != report.RowsAll || h.Unseen.Scanned != 0 || !strings.Contains(strings.Join(h.Notes, "\n"), "changes only") {
		t.Errorf("%+v", h)
	}
	h = join(t, []string{planOf(t, "a")}, all).head
	if !strings.Contains(strings.Join(h.Notes, "\n"), "not in the plan: 1") {
		t.Errorf("%+v", h)
	}
}

// TestMiscounted: a report whose rows and counts do not agree is not believed.
func TestMiscounted(t *testing.T) {
	whole, err := os.ReadFile(reportOf(t, complete, report.RowsAll, rowOf("a", reconcile.Copied)))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{`"copied": 1`, `"copied": 2`}, {`"copied": 1`, `"copied": 0`}, {`"failed": 0`, `"failed": 1`}} {
		path := write(t, "r.json", strings.Replace(string(whole), change[0], change[1], 1))
		if got := join(t, nil, path); got.head.Complete {
			t.Errorf("%v: %+v", change, got.head)
		}
	}
}

// TestShards: without a plan the reports of all shards must be there, and meet.
func TestShards(t *testing.T) {
	shard := func(i, n int, after, until string) string {
		run := complete
		run.ID = fmt.Sprint("run-", i, after, until)
		run.Shard = &report.Shard{Index: i, Count: n, After: after, Until: until}
		return reportOf(t, run, report.RowsAll, rowOf(fmt.Sprintf("%s-%d", after, i), reconcile.Copied))
	}
	a, b, c := shard(0, 3, "", "f"), shard(1, 3, "f", "p"), shard(2, 3, "p", "")
	others := func(change func(*report.Run)) string {
		run := complete
		run.ID, run.Shard = "other", &report.Shard{Index: 1, Count: 3, After: "f", Until: "p"}
		change(&run)
		return reportOf(t, run, report.RowsAll, rowOf("g", reconcile.Copied))
	}
	for name, other := range map[string]string{
		"another source":  others(func(r *report.Run) { r.Source = "others-glacier" }),
		"another prefix":  others(func(r *report.Run) { r.Prefix = "g" }),
		"another command": others(func(r *report.Run) { r.Command = "plan" }),
		"another archive": others(func(r *report.Run) { r.Targets = []string{"elsewhere"} }),
		"other settings":  others(func(r *report.Run) { r.Settings = map[string]any{"proof": "listing"} }),
	} {
		if h := join(t, nil, a, other, c).head; h.Complete || !strings.Contains(h.Error, "do not join") {
			t.Errorf("%s: %+v", name, h)
		}
	}
	if h := join(t, nil, c, a, b, shard(1, 3, "f", "p")).head; !h.Complete {
		t.Errorf("%+v", h)
	}
	none := func(i int) string { return shard(i, 5, "\U0010ffff", "\U0010ffff") }
	if h := join(t, nil, none(3), shard(0, 5, "", "f"), shard(1, 5, "f", "p"), none(4), shard(2, 5, "p", "")).head; !h.Complete {
		t.Errorf("shards without keys: %+v", h)
	}
	for name, files := range map[string][]string{
		"one begins again":         {shard(0, 2, "", ""), shard(1, 2, "", "")},
		"the first is missing":     {b, c},
		"one is missing":           {a, c},
		"the last is missing":      {a, b},
		"they do not meet":         {a, shard(1, 3, "g", "p"), c},
		"they overlap":             {a, shard(1, 3, "e", "p"), c},
		"the last has an end":      {a, b, shard(2, 3, "p", "x")},
		"one is of another number": {a, b, shard(2, 4, "p", "")},
		"one twice, cut elsewhere": {a, b, shard(1, 3, "f", "q"), c},
	} {
		if h := join(t, nil, files...).head; h.Complete {
			t.Errorf("%s: %+v", name, h)
		}
		if h := join(t, []string{planOf(t, "x")}, files...).head; !h.Complete {
			t.Errorf("%s: with a plan it does not matter: %+v", name, h)
		}
	}
}
