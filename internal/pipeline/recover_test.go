package pipeline_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/restore"
	"reconcile/internal/retry"
	"reconcile/internal/s3sim"
	"reconcile/internal/scan"
)

var (
	kills   = flag.Int("kills", 2, "recoveries that are killed four times each")
	waiting = flag.Int("waiting.objects", 300, "objects that TestRecoverWaitsCheaply waits for")
)

// clock is the time of the server and of the program. Waiting lets it pass.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Sleep lets the time pass. Copies are made in the time on the wall: they get two
// milliseconds of it for an hour.
func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	time.Sleep(d / (1800 * 1000))
	c.Pass(d)
	return ctx.Err()
}

// incident is an archive from which something is gone, on a clock of its own.
type incident struct {
	*archive
	*clock
}

// newIncident starts a server whose restores take as long as delay says.
func newIncident(t *testing.T, delay func(class, tier string) time.Duration) *incident {
	t.Helper()
	c := newClock()
	if delay == nil {
		delay = s3sim.PublishedDelay
	}
	return &incident{newArchive(t, s3sim.Config{Now: c.Now, RestoreDelay: delay}), c}
}

// cold is an archived object.
func cold(size int64, seed uint64, class string) s3sim.Object {
	return s3sim.Object{Size: size, ContentSeed: seed, StorageClass: class}
}

// warm is an archived object with a copy that stays readable for d.
func (i *incident) warm(size int64, seed uint64, d time.Duration) s3sim.Object {
	return s3sim.Object{Size: size, ContentSeed: seed, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: i.Now().Add(d)}
}

// do runs restore or recover with a store of its own.
func (i *incident) do(t *testing.T, ctx context.Context, command string, tune func(*pipeline.Job)) made {
	t.Helper()
	router, err := reconcile.NewRouter(nil, reconcile.Archives{Protected: protected, Public: public})
	if err != nil {
		t.Fatal(err)
	}
	again := retry.New(retry.Options{Attempts: 3, Delay: time.Millisecond, Patience: time.Minute})
	rep := report.New(report.Options{Rows: report.RowsAll, Command: command})
	defer rep.Close()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	j := &pipeline.Job{
		Command: command, Store: i.open(t), Report: rep, Log: log,
		Scan:    scan.Options{Bucket: glacier, Router: router, Mode: scan.RestoreList, Now: i.Now},
		Copy:    copier.Options{Retry: again, MaxRestarts: 3, Now: i.Now, Log: log, Grace: time.Second},
		Restore: restore.Options{Days: 5, Tier: reconcile.TierStandard, Rate: 1e6},
		Waiting: pipeline.Waiting{Sleep: i.Sleep},
	}
	if tune != nil {
		tune(j)
	}
	var m made
	if command == "restore" {
		m.Result, m.err = j.RestoreMissing(ctx)
	} else {
		m.Result, m.err = j.Recover(ctx)
	}
	m.deliver(t, rep)
	return m
}

// TestRestoreLooksFirst: each state has its word, and only what is missing,
// archived and not on its way is asked for.
func TestRestoreLooksFirst(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	for key, c := range map[string]struct {
		object s3sim.Object
		there  bool
	}{
		"cold.hdf":    {cold(10, 1, "GLACIER"), false},
		"deep.hdf":    {cold(10, 2, "DEEP_ARCHIVE"), false},
		"there.hdf":   {cold(10, 3, "GLACIER"), true},
		"warm.hdf":    {i.warm(10, 4, 110*time.Hour), false},
		"short.hdf":   {i.warm(10, 5, 10*time.Hour), false},
		"ongoing.hdf": {s3sim.Object{Size: 10, ContentSeed: 6, StorageClass: "GLACIER", Restore: "ongoing", RestoreReady: i.Now().Add(time.Hour), RestoreExpiry: i.Now().AddDate(0, 0, 3)}, false},
		"online.hdf":  {s3sim.Object{Size: 10, ContentSeed: 7}, false},
		"tiered.hdf":  {s3sim.Object{Size: 10, ContentSeed: 8, StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "ARCHIVE_ACCESS"}, false},
	} {
		i.Put(glacier, key, c.object)
		if c.there {
			i.Put(protected, key, home(c.object))
		}
	}
	want := map[string]string{
		"cold.hdf": "requested", "deep.hdf": "requested", "there.hdf": "present", "warm.hdf": "restored", "short.hdf": "requested",
		"ongoing.hdf": "restoring", "online.hdf": "online", "tiered.hdf": "requested",
	}
	m := i.do(t, t.Context(), "restore", nil)
	m.mustComplete(t, len(want))
	for key, status := range want {
		if got := m.rowOf(t, key); string(got.Status) != status {
			t.Errorf("%s: %s (%s), want %s", key, got.Status, got.ErrMsg, status)
		}
	}
	if n := m.Summary.Requests["RestoreObject"]; n != 4 {
		t.Errorf("%d restore requests, want 4", n)
	}
	if info, _ := i.Get(glacier, "short.hdf"); info.RestoreExpiry.Before(i.Now().AddDate(0, 0, 5)) {
		t.Errorf("not extended: %v", info.RestoreExpiry)
	}
	again := i.do(t, t.Context(), "restore", nil)
	if n := again.Summary.Requests["RestoreObject"]; n != 0 {
		t.Errorf("%d restore requests when asked again, want none", n)
	}
}

// TestRestoreBudget: what is over the budget is not asked for, and says so; what
// fits is.
func TestRestoreBudget(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	for n := range 10 {
		i.Put(glacier, fmt.Sprintf("k%d.hdf", n), cold(100, uint64(n), "GLACIER"))
	}
	m := i.do(t, t.Context(), "restore", func(j *pipeline.Job) { j.Restore.Budget.Bytes = 450 })
	m.mustComplete(t, 10)
	if got := m.doc.count(t, "requested"); got != 4 || m.doc.count(t, "not_restored") != 6 {
		t.Errorf("requested %d, not restored %d", got, m.doc.count(t, "not_restored"))
	}
	for _, row := range m.doc.Objects {
		if row.Status == reconcile.NotRestored && string(row.ErrorKind) != "budget" {
			t.Errorf("%s: kind %q", row.SourceKey, row.ErrorKind)
		}
	}
	if m.Spent.Bytes != 400 {
		t.Errorf("spent %+v", m.Spent)
	}
}

// TestExpeditedOfDeepArchive is refused before anything is sent for the object.
func TestExpeditedOfDeepArchive(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	i.Put(glacier, "deep.hdf", cold(10, 1, "DEEP_ARCHIVE"))
	m := i.do(t, t.Context(), "restore", func(j *pipeline.Job) { j.Restore.Tier = reconcile.TierExpedited })
	if row := m.rowOf(t, "deep.hdf"); row.Status != reconcile.Failed || m.Summary.Requests["RestoreObject"] != 0 {
		t.Errorf("%s, %v", row.Status, m.Summary.Requests)
	}
}

// TestUpgradeTier makes faster what is under way, and only what is slower.
func TestUpgradeTier(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	i.Put(glacier, "a.hdf", cold(10, 1, "GLACIER"))
	i.do(t, t.Context(), "restore", func(j *pipeline.Job) { j.Restore.Tier = reconcile.TierBulk })
	up := func(j *pipeline.Job) { j.Restore.Upgrade = true }
	if row := i.do(t, t.Context(), "restore", up).rowOf(t, "a.hdf"); row.Status != reconcile.Requested {
		t.Errorf("%s", row.Status)
	}
	if row := i.do(t, t.Context(), "restore", up).rowOf(t, "a.hdf"); row.Status != reconcile.InRestore {
		t.Errorf("%s", row.Status)
	}
	i.Pass(5 * time.Hour)
	if info, _ := i.Get(glacier, "a.hdf"); info.Restore != "restored" {
		t.Errorf("it is %q", info.Restore)
	}
}

// gone fills the glacier bucket with n archived objects that are missing, of
// two classes, sizes of 1 to 100 bytes.
func (i *incident) gone(n int) {
	for k := range n {
		class := "GLACIER"
		if k%3 == 0 {
			class = "DEEP_ARCHIVE"
		}
		i.Put(glacier, fmt.Sprintf("d%02d/k%05d.hdf", k%7, k), cold(int64(1+k%100), uint64(k), class))
	}
}

// mustBeHome fails the test unless every object is in its archive, and is the
// same.
func (i *incident) mustBeHome(t *testing.T) {
	t.Helper()
	for _, key := range i.Keys(glacier) {
		if !i.SameContent(glacier, key, protected, key) {
			t.Errorf("%s is not in its archive", key)
		}
	}
}

// TestRecover brings back everything by asking once for each object.
func TestRecover(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	i.gone(60)
	i.Put(glacier, "tiered.hdf", s3sim.Object{Size: 10, ContentSeed: 8, StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "ARCHIVE_ACCESS"})
	i.Put(glacier, "warm.hdf", i.warm(10, 4, 100*time.Hour))
	m := i.do(t, t.Context(), "recover", nil)
	m.mustComplete(t, 62)
	i.mustBeHome(t)
	if m.doc.count(t, "copied") != 62 || m.Summary.Requests["RestoreObject"] != 61 || m.Waiting.Lapsed != 0 || m.Waiting.Again != 0 {
		t.Errorf("copied %d, requests %v, %+v", m.doc.count(t, "copied"), m.Summary.Requests, m.Waiting)
	}
	again := i.do(t, t.Context(), "recover", nil)
	again.mustComplete(t, 62)
	if again.Summary.Requests["RestoreObject"] != 0 || again.doc.count(t, "present") != 62 {
		t.Errorf("once more: %v", again.Summary.Requests)
	}
}

// TestRecoverWaitsCheaply: over twelve hours of waiting at most 20 times the
// LISTs of one pass over the ranges, and no HEAD of what listings tell. Objects
// elsewhere in the bucket are not listed again and again.
func TestRecoverWaitsCheaply(t *testing.T) {
	t.Parallel()
	const others = 1500 // more than a page
	n := *waiting
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(1, 2))
	i := newIncident(t, func(string, string) time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return 3*time.Hour + time.Duration(rng.Int64N(int64(9*time.Hour)))
	})
	i.Seed(glacier, func(yield func(string, s3sim.Object) bool) {
		for k := range n {
			if !yield(fmt.Sprintf("m/k%06d.hdf", k), cold(10, uint64(k), "GLACIER")) {
				return
			}
		}
		for k := range others {
			if !yield(fmt.Sprintf("z/k%06d.txt", k), s3sim.Object{Size: 10, ContentSeed: uint64(k)}) {
				return
			}
		}
	})
	i.Seed(public, func(yield func(string, s3sim.Object) bool) {
		for k := range others {
			if !yield(fmt.Sprintf("z/k%06d.txt", k), s3sim.Object{Size: 10, ContentSeed: uint64(k)}) {
				return
			}
		}
	})
	survey := i.do(t, t.Context(), "recover", func(j *pipeline.Job) {
		j.Confirm = func(context.Context, restore.Survey) error { return fmt.Errorf("only looking") }
	}).Summary.Requests["ListObjectsV2"]
	m := i.do(t, t.Context(), "recover", nil)
	m.mustComplete(t, n+others)
	if m.doc.count(t, "copied") != n || m.Summary.Requests["RestoreObject"] != int64(n) {
		t.Errorf("copied %d, requests %v", m.doc.count(t, "copied"), m.Summary.Requests)
	}
	lists, heads := m.Summary.Requests["ListObjectsV2"]-survey, m.Summary.Requests["HeadObject"]
	t.Logf("%d objects: %d LISTs beyond the first look, %d HEADs", n, lists, heads)
	if pass := int64(n/1000 + 1); lists > 20*pass || heads > 10 {
		t.Errorf("%d LISTs beyond the first look and %d HEADs; one pass takes %d; %+v", lists, heads, pass, m.Waiting)
	}
}

// TestRecoverLapses: what lapses before it could be copied is asked for again.
func TestRecoverLapses(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	i.Put(glacier, "a.hdf", cold(10, 1, "GLACIER"))
	i.Put(glacier, "b.hdf", cold(10, 2, "GLACIER"))
	i.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: "a", Times: 1, Kind: s3sim.SlowDown, Before: func() { i.Pass(8 * 24 * time.Hour) }})
	m := i.do(t, t.Context(), "recover", func(j *pipeline.Job) { j.Copy.Concurrency = 1 })
	m.mustComplete(t, 2)
	i.mustBeHome(t)
	if m.Waiting.Lapsed == 0 || m.Waiting.Again != m.Waiting.Lapsed {
		t.Errorf("%+v", m.Waiting)
	}
}

// TestRecoverKilled: killed at any moment and begun again, everything is in its
// archive exactly once, and was asked for at most once more than needed.
func TestRecoverKilled(t *testing.T) {
	t.Parallel()
	for seed := range uint64(*kills) {
		i := newIncident(t, nil)
		const n = 30
		i.gone(n)
		rng := rand.New(rand.NewPCG(seed, 7))
		var asked int64
		for kill := 0; kill < 4; kill++ {
			ctx, cancel := context.WithCancel(t.Context())
			h := i.Inject(s3sim.Fault{Skip: rng.IntN(60), Times: 1, Kind: s3sim.CutAfter, AfterAct: cancel})
			m := i.do(t, ctx, "recover", nil)
			h.Remove()
			cancel()
			asked += m.Summary.Requests["RestoreObject"]
		}
		m := i.do(t, t.Context(), "recover", nil)
		m.mustComplete(t, n)
		i.mustBeHome(t)
		if asked += m.Summary.Requests["RestoreObject"]; asked > n+4*256 {
			t.Errorf("seed %d: %d restore requests", seed, asked)
		}
		if paid := i.Accepted(); paid != n {
			t.Errorf("seed %d: %d restores were paid for, want %d", seed, paid, n)
		}
	}
}

// TestRecoverTwice: two at once do no harm.
func TestRecoverTwice(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	i.gone(50)
	var wg sync.WaitGroup
	var both [2]made
	for k := range both {
		wg.Go(func() { both[k] = i.do(t, t.Context(), "recover", nil) })
	}
	wg.Wait()
	i.mustBeHome(t)
	for _, m := range both {
		m.mustComplete(t, 50)
		if got := m.doc.count(t, "copied") + m.doc.count(t, "present"); got != 50 {
			t.Errorf("copied or present: %d", got)
		}
	}
	if paid := i.Accepted(); paid != 50 {
		t.Errorf("%d restores were paid for", paid)
	}
}

// TestRecoverGivesUp on what does not arrive, and says so.
func TestRecoverGivesUp(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	i.Put(glacier, "deep.hdf", cold(10, 1, "DEEP_ARCHIVE"))
	i.Put(glacier, "warm.hdf", i.warm(10, 4, 100*time.Hour))
	m := i.do(t, t.Context(), "recover", func(j *pipeline.Job) { j.Waiting.GiveUp = 2 * time.Hour })
	m.mustComplete(t, 2)
	if row := m.rowOf(t, "deep.hdf"); row.Status != reconcile.InRestore {
		t.Errorf("%s", row.Status)
	}
	if m.Summary.Broken("recover") != 1 {
		t.Errorf("%d objects make exit code 3", m.Summary.Broken("recover"))
	}
}

// TestRecoverInWaves: no more lies restored and uncopied than was allowed.
func TestRecoverInWaves(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	for n := range 40 {
		i.Put(glacier, fmt.Sprintf("k%02d.hdf", n), cold(100, uint64(n), "GLACIER"))
	}
	m := i.do(t, t.Context(), "recover", func(j *pipeline.Job) { j.Waiting.MaxOut = 1000 })
	m.mustComplete(t, 40)
	i.mustBeHome(t)
	if took := i.Now().Sub(newClock().Now()); took < 15*time.Hour || m.Summary.Requests["RestoreObject"] != 40 {
		t.Errorf("it took %v, %v", took, m.Summary.Requests)
	}
}

// TestRecoverSilentServer: a server that lists no restore states is asked by
// HEAD.
func TestRecoverSilentServer(t *testing.T) {
	t.Parallel()
	c := newClock()
	i := &incident{newArchive(t, s3sim.Config{Now: c.Now, RestoreDelay: s3sim.PublishedDelay, Quirks: s3sim.Quirks{NoRestoreStatus: true}}), c}
	i.gone(20)
	m := i.do(t, t.Context(), "recover", func(j *pipeline.Job) { j.Scan.Mode = scan.RestoreAuto })
	m.mustComplete(t, 20)
	i.mustBeHome(t)
	if paid := i.Accepted(); paid != 20 {
		t.Errorf("%d restores were paid for", paid)
	}
}

// TestRecoverOthers: on servers that call restored objects STANDARD, that give no
// date, or whose archive class has another name, all comes back, and each restore
// is paid for once.
func TestRecoverOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		quirks  s3sim.Quirks
		classes *reconcile.Classes
	}{
		"called STANDARD": {s3sim.Quirks{RestoredStandard: true}, nil},
		"without a date":  {s3sim.Quirks{UndatedRestore: true}, nil},
		"both":            {s3sim.Quirks{RestoredStandard: true, UndatedRestore: true}, nil},
		"a named class":   {s3sim.Quirks{ArchiveClass: "COLD"}, &reconcile.Classes{Archive: []string{"COLD"}}},
	} {
		t.Run(name, func(t *testing.T) {
			c2 := newClock()
			i := &incident{newArchive(t, s3sim.Config{Now: c2.Now, RestoreDelay: s3sim.PublishedDelay, Quirks: c.quirks}), c2}
			i.gone(20)
			m := i.do(t, t.Context(), "recover", func(j *pipeline.Job) {
				j.Scan.Policy.Classes, j.Copy.Policy.Classes = c.classes, c.classes
			})
			m.mustComplete(t, 20)
			i.mustBeHome(t)
			if paid := i.Accepted(); paid != 20 {
				t.Errorf("%d restores were paid for", paid)
			}
		})
	}
}

// TestRecoverThrottled: refused restore requests slow it down and lose nothing.
func TestRecoverThrottled(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	i.gone(50)
	i.Inject(s3sim.Fault{Op: "RestoreObject", Kind: s3sim.SlowDown, Probability: 0.3, Seed: 3, Times: 30})
	i.Inject(s3sim.Fault{Op: "RestoreObject", Kind: s3sim.CutAfter, Probability: 0.2, Seed: 4, Times: 5})
	m := i.do(t, t.Context(), "recover", nil)
	m.mustComplete(t, 50)
	i.mustBeHome(t)
	if paid := i.Accepted(); paid != 50 || m.Waiting.Asked != 50 {
		t.Errorf("%d restores were paid for, %+v", paid, m.Waiting)
	}
}

// TestRecoverSoFar: each report of how far it is has every object once, whatever
// has become of it by then.
func TestRecoverSoFar(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	i.gone(40)
	reports := 0
	m := i.do(t, t.Context(), "recover", func(j *pipeline.Job) {
		j.Waiting.Report, j.Waiting.MaxOut = 2*time.Hour, 1000
		j.SoFar = func(_ context.Context, rep *report.Report, so pipeline.Result) {
			reports++
			s := rep.Summary()
			if s.Scanned != 40 || s.Counts[reconcile.Copied]+s.Counts[reconcile.InRestore]+s.Counts[reconcile.Missing]+s.Counts[reconcile.Readable] != 40 || so.Spent.Objects == 0 {
				t.Errorf("report %d: %+v, %+v", reports, s.Counts, so.Spent)
			}
		}
	})
	m.mustComplete(t, 40)
	if took := i.Now().Sub(newClock().Now()); m.doc.count(t, "copied") != 40 || reports < int(took/(2*time.Hour))/2 || reports < 5 {
		t.Errorf("%d reports in %v", reports, took)
	}
}

// TestRestoreCollisions: two sources of one target are a conflict before either
// is paid for; the one that is alone is asked for.
func TestRestoreCollisions(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	for n, key := range []string{"a/x.hdf", "b/x.hdf", "a/alone.hdf"} {
		i.Put(glacier, key, cold(10, uint64(n), "GLACIER"))
	}
	for _, command := range []string{"restore", "recover"} {
		m := i.do(t, t.Context(), command, func(j *pipeline.Job) {
			router, err := reconcile.NewRouter([]reconcile.Rule{{Prefix: "a/", FromPrefix: "a/", ToPrefix: "b/"}}, reconcile.Archives{Protected: protected})
			if err != nil {
				t.Fatal(err)
			}
			j.Scan.Router = router
		})
		m.mustComplete(t, 3)
		for _, key := range []string{"a/x.hdf", "b/x.hdf"} {
			if row := m.rowOf(t, key); row.Status != reconcile.Failed || row.ErrorKind != "conflict" {
				t.Errorf("%s: %s: %s %s", command, key, row.Status, row.ErrMsg)
			}
		}
		if i.Accepted() != 1 {
			t.Errorf("%s: %d restores", command, i.Accepted())
		}
	}
}
