package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/keylist"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/retry"
	"reconcile/internal/s3sim"
	"reconcile/internal/scan"
)

// named returns objects of the glacier bucket.
func named(keys ...string) []pipeline.Named {
	var all []pipeline.Named
	for _, key := range keys {
		all = append(all, pipeline.Named{Location: reconcile.Location{Bucket: glacier, Key: key}})
	}
	return all
}

// runNamed makes one RunNamed with a store of its own.
func (a *archive) runNamed(t *testing.T, ctx context.Context, objects []pipeline.Named, o options) ([]reconcile.Outcome, made) {
	t.Helper()
	router, err := reconcile.NewRouter(o.rules, reconcile.Archives{Protected: protected, Public: public})
	if err != nil {
		t.Fatal(err)
	}
	again := retry.New(retry.Options{Attempts: 3, Delay: time.Millisecond, Patience: time.Minute})
	rep := report.New(report.Options{Rows: report.RowsAll, Command: "event"})
	defer rep.Close()
	policy := reconcile.Policy{IncludeOnline: true}
	j := &pipeline.Job{
		Command: "event", Store: a.open(t), Report: rep, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Scan: scan.Options{Bucket: glacier, Router: router, Policy: policy, Now: time.Now},
		Copy: copier.Options{Policy: policy, Retry: again, MaxRestarts: 3, Grace: o.grace, Now: time.Now},
	}
	if o.tune != nil {
		o.tune(j)
	}
	var m made
	outcomes, result, err := j.RunNamed(ctx, objects)
	m.Result, m.err = result, err
	m.deliver(t, rep)
	if len(outcomes) != len(objects) {
		t.Fatalf("%d outcomes for %d objects", len(outcomes), len(objects))
	}
	return outcomes, m
}

// TestNamed: every state an object can be in has its outcome, in the order of
// the names, by HEADs alone; what is there already is not copied again.
func TestNamed(t *testing.T) {
	t.Parallel()
	a := newArchive(t, s3sim.Config{})
	a.Put(glacier, "new.hdf", restored(10, 1))
	a.Put(glacier, "new.txt", restored(10, 2))
	a.Put(glacier, "there.hdf", restored(10, 3))
	a.Put(protected, "there.hdf", home(restored(10, 3)))
	a.Put(glacier, "other.hdf", restored(10, 4))
	a.Put(protected, "other.hdf", home(restored(10, 5)))
	a.Put(glacier, "online.hdf", s3sim.Object{Size: 10, ContentSeed: 6})
	a.Put(glacier, "archived.hdf", s3sim.Object{Size: 10, StorageClass: "GLACIER"})
	a.Put(glacier, "ongoing.hdf", s3sim.Object{Size: 10, StorageClass: "DEEP_ARCHIVE", Restore: "ongoing"})
	a.Put(glacier, "excluded.tmp", restored(10, 7))
	a.Put(glacier, "withheld.hdf", restored(10, 8))
	want := []struct {
		key    string
		status reconcile.Status
		target string
	}{
		{"ongoing.hdf", reconcile.InRestore, protected}, {"new.txt", reconcile.Copied, public}, {"new.hdf", reconcile.Copied, protected},
		{"there.hdf", reconcile.Present, protected}, {"other.hdf", reconcile.Differs, protected}, {"online.hdf", reconcile.Copied, protected},
		{"archived.hdf", reconcile.NotRestored, protected}, {"excluded.tmp", reconcile.Excluded, ""}, {"withheld.hdf", reconcile.Excluded, ""},
		{"no-such.hdf", reconcile.Failed, protected},
	}
	var keys []string
	for _, w := range want {
		keys = append(keys, w.key)
	}
	outcomes, m := a.runNamed(t, t.Context(), named(keys...), options{
		rules: []reconcile.Rule{{Extension: "tmp", Exclude: true}},
		tune:  func(j *pipeline.Job) { j.Excluded = keylist.NewSet([]keylist.Entry{{Key: "withheld.hdf"}}) },
	})
	m.mustComplete(t, len(want))
	for i, w := range want {
		if o := outcomes[i]; o.Source.Key != w.key || o.Status != w.status || o.Target.Bucket != w.target {
			t.Errorf("%s is %s (%s) to %q, want %s to %q", o.Source.Key, o.Status, o.Message, o.Target.Bucket, w.status, w.target)
		}
	}
	if sent := m.Summary.Requests; sent["ListObjectsV2"] != 0 || sent["CopyObject"] > 5 { // two find out that conditions hold
		t.Errorf("sent %v", sent)
	}
	again, m := a.runNamed(t, t.Context(), named("new.hdf"), options{})
	if sent := m.Summary.Requests; again[0].Status != reconcile.Present || sent["HeadObject"] != 2 || len(sent) != 1 {
		t.Errorf("once more: %s, %v", again[0].Status, sent)
	}
}

// TestNamedTwice: an object that is named twice is copied once, answered each
// time, and one row of the report.
func TestNamedTwice(t *testing.T) {
	t.Parallel()
	a := newArchive(t, s3sim.Config{})
	a.Put(glacier, "a.hdf", restored(10, 1))
	a.Put(glacier, "b.hdf", restored(10, 2))
	outcomes, m := a.runNamed(t, t.Context(), named("a.hdf", "b.hdf", "a.hdf", "a.hdf"), options{})
	m.mustComplete(t, 2)
	for i, o := range outcomes {
		if o.Status != reconcile.Copied {
			t.Errorf("%d: %s", i, o.Status)
		}
	}
	if n := m.Summary.Requests["HeadObject"]; n > 6 { // source and target, and one for the first write
		t.Errorf("%d HEADs", n)
	}
}

// TestNamedReadings: the second reading of a key counts where the first names
// nothing, and only there; the outcome says which it was.
func TestNamedReadings(t *testing.T) {
	t.Parallel()
	a := newArchive(t, s3sim.Config{})
	a.Put(glacier, "red flower.hdf", restored(10, 1))
	a.Put(glacier, "one+two.hdf", restored(10, 2))
	a.Put(glacier, "one two.hdf", restored(10, 3))
	readings := func(first, second string) pipeline.Named {
		return pipeline.Named{Location: reconcile.Location{Bucket: glacier, Key: first}, Alternate: second}
	}
	outcomes, m := a.runNamed(t, t.Context(), []pipeline.Named{
		readings("red+flower.hdf", "red flower.hdf"),
		readings("one+two.hdf", "one two.hdf"),
		readings("no+such.hdf", "no such.hdf"),
		readings("red flower.hdf", ""), // the same object as the first
	}, options{})
	m.mustComplete(t, 3)
	for i, want := range []string{"red flower.hdf copied", "one+two.hdf copied", "no+such.hdf failed", "red flower.hdf copied"} {
		if got := fmt.Sprint(outcomes[i].Source.Key, " ", outcomes[i].Status); got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
	if _, there := a.Get(protected, "one two.hdf"); there {
		t.Error("the second reading of a key that names an object was copied too")
	}
}

// TestNamedElsewhere: buckets that are not the source, and keys outside the
// prefix, are not copied from. Without a source the bucket is the event's, but
// never an archive.
func TestNamedElsewhere(t *testing.T) {
	t.Parallel()
	a := newArchive(t, s3sim.Config{})
	a.CreateBucket("test-elsewhere")
	for _, bucket := range []string{glacier, "test-elsewhere", protected} {
		a.Put(bucket, "in/k.txt", restored(10, 1))
	}
	a.Put(glacier, "out/k.txt", restored(10, 2))
	objects := append(named("in/k.txt", "out/k.txt"),
		pipeline.Named{Location: reconcile.Location{Bucket: "test-elsewhere", Key: "in/k.txt"}},
		pipeline.Named{Location: reconcile.Location{Bucket: protected, Key: "in/k.txt"}})
	statuses := func(outcomes []reconcile.Outcome) (all []reconcile.Status) {
		for _, o := range outcomes {
			all = append(all, o.Status)
		}
		return all
	}
	outcomes, m := a.runNamed(t, t.Context(), objects, options{tune: func(j *pipeline.Job) { j.Scan.Prefix = "in/" }})
	if got := statuses(outcomes); !slices.Equal(got, []reconcile.Status{"copied", "excluded", "failed", "failed"}) {
		t.Errorf("with a source and a prefix: %v", got)
	}
	if msg := outcomes[2].Message; !strings.Contains(msg, "s3://"+glacier) {
		t.Errorf("it does not say what the source is: %q", msg)
	}
	m.mustComplete(t, 4)
	outcomes, _ = a.runNamed(t, t.Context(), objects[1:], options{tune: func(j *pipeline.Job) { j.Scan.Bucket = "" }})
	if got := statuses(outcomes); !slices.Equal(got, []reconcile.Status{"copied", "present", "failed"}) {
		t.Errorf("without a source: %v", got)
	}
}

// TestNamedVersions: a version that is not the current one is never copied, and
// nothing else in its place.
func TestNamedVersions(t *testing.T) {
	t.Parallel()
	a := newArchive(t, s3sim.Config{})
	a.CreateBucket("test-versioned", s3sim.Versioned())
	old := a.Put("test-versioned", "k.hdf", restored(10, 1))
	current := a.Put("test-versioned", "k.hdf", restored(10, 2))
	a.Put("test-versioned", "l.hdf", restored(10, 3))
	a.Put(glacier, "plain.hdf", restored(10, 4))
	at := func(bucket, key, version string) pipeline.Named {
		return pipeline.Named{Location: reconcile.Location{Bucket: bucket, Key: key, VersionID: version}}
	}
	tune := options{tune: func(j *pipeline.Job) { j.Scan.Bucket = "" }}
	outcomes, m := a.runNamed(t, t.Context(), []pipeline.Named{at("test-versioned", "k.hdf", old.VersionID)}, tune)
	if o := outcomes[0]; o.Status != reconcile.Failed || o.ErrorKind != reconcile.Changed || !strings.Contains(o.Message, current.VersionID) {
		t.Errorf("the old version: %s %s", o.Status, o.Message)
	}
	if _, there := a.Get(protected, "k.hdf"); there {
		t.Error("copied all the same")
	}
	m.mustComplete(t, 1)
	outcomes, m = a.runNamed(t, t.Context(), []pipeline.Named{
		at("test-versioned", "k.hdf", old.VersionID), at("test-versioned", "k.hdf", current.VersionID),
		at("test-versioned", "l.hdf", ""), at(glacier, "plain.hdf", "null"),
	}, tune)
	m.mustComplete(t, 4)
	for i, want := range []reconcile.Status{"failed", "copied", "copied", "copied"} {
		if outcomes[i].Status != want {
			t.Errorf("%d is %s (%s), want %s", i, outcomes[i].Status, outcomes[i].Message, want)
		}
	}
	if !a.SameContent("test-versioned", "k.hdf", protected, "k.hdf") {
		t.Error("another version than the current one was copied")
	}
}

// TestNamedInterrupted: what was not reached is canceled, also under its second
// reading, and the error says why.
func TestNamedInterrupted(t *testing.T) {
	t.Parallel()
	a := newArchive(t, s3sim.Config{})
	var keys []string
	for i := range 40 {
		keys = append(keys, fmt.Sprintf("k%02d.hdf", i))
		a.Put(glacier, keys[i], restored(10, uint64(i)))
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the test says so")
	a.Inject(s3sim.Fault{Op: "CopyObject", Skip: 10, Times: 1, Before: func() { cancel(why) }})
	objects := append(named(keys...), pipeline.Named{Location: reconcile.Location{Bucket: glacier, Key: "a+b"}, Alternate: "a b"})
	outcomes, m := a.runNamed(t, ctx, objects, options{grace: time.Second, tune: func(j *pipeline.Job) { j.Copy.Concurrency = 2 }})
	if !errors.Is(m.err, why) || m.doc.Run.Complete || m.doc.count(t, "scanned") != 41 {
		t.Errorf("%v, complete %v, %d objects", m.err, m.doc.Run.Complete, m.doc.count(t, "scanned"))
	}
	canceled := 0
	for i, o := range outcomes {
		_, there := a.Get(protected, objects[i].Location.Key)
		if there != (o.Status == reconcile.Copied) {
			t.Errorf("%s is %s, and there: %v", o.Source.Key, o.Status, there)
		}
		if o.Status == reconcile.Canceled {
			canceled++
		}
	}
	if canceled == 0 {
		t.Error("nothing was canceled: the test shows nothing")
	}
}

// TestNamedMeet: two sources that are routed to one target both fail.
func TestNamedMeet(t *testing.T) {
	t.Parallel()
	a := newArchive(t, s3sim.Config{})
	a.Put(glacier, "k.hdf", restored(10, 1))
	a.Put(glacier, "in/k.hdf", restored(10, 2))
	outcomes, _ := a.runNamed(t, t.Context(), named("k.hdf", "in/k.hdf"), options{
		rules: []reconcile.Rule{{Prefix: "in/", FromPrefix: "in/"}},
	})
	for _, o := range outcomes {
		if o.ErrorKind != reconcile.Conflict {
			t.Errorf("%s is %s, %s", o.Source.Key, o.Status, o.Message)
		}
	}
}
