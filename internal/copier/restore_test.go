package copier_test

import (
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// A restored copy that lapses before its turn is failed, never quietly
// not_restored; nothing is sent for it.
func TestLapsedBeforeTheCopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.small("small", 1)
	w.put("large", large())
	a, b := w.decide("small"), w.decide("large")
	w.opts.Now = func() time.Time { return time.Now().Add(72 * time.Hour) }
	for _, o := range w.run(t.Context(), a, b) {
		w.expect(o, reconcile.Failed, reconcile.Unreadable)
		w.says(o, "lapsed at")
	}
	w.sent(map[string]int64{})
}

// The service says that the copy lapsed: the same.
func TestLapsedByTheServer(t *testing.T) {
	t.Parallel()
	for _, quirk := range []bool{false, true} {
		w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{ActiveTierErrorCode: quirk}})
		for key, o := range map[string]s3sim.Object{"small": {Size: 1000}, "large": {Size: 23 * mib}, "between": {Size: 23 * mib}} {
			w.put(key, o)
			d := w.decide(key)
			o.StorageClass = "DEEP_ARCHIVE" // the same object without a restored copy
			if key == "between" {
				w.Inject(s3sim.Fault{Op: "UploadPartCopy", Skip: 2, Times: 1, Before: func() { w.put(key, o) }})
			} else {
				w.put(key, o)
			}
			w.expect(w.run(t.Context(), d)[key], reconcile.Failed, reconcile.Unreadable)
		}
	}
}

// NeedRestoreState: HEAD says whether the object can be read, and the decision
// goes on from there.
func TestRestoreStateByHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	expiry := time.Now().Add(24 * time.Hour)
	const tiering = reconcile.ClassIntelligentTiering
	objects := map[string]s3sim.Object{
		"tiering archived":  {Size: 10, StorageClass: tiering, ArchiveStatus: "ARCHIVE_ACCESS"},
		"tiering restoring": {Size: 10, StorageClass: tiering, ArchiveStatus: "DEEP_ARCHIVE_ACCESS", Restore: "ongoing"},
		"tiering online":    {Size: 10, StorageClass: tiering},
		"archived":          {Size: 10, StorageClass: "GLACIER"},
		"restoring":         {Size: 10, StorageClass: "GLACIER", Restore: "ongoing"},
		"restored":          {Size: 10, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: expiry},
		"lapsed":            {Size: 10, StorageClass: "DEEP_ARCHIVE", Restore: "restored", RestoreExpiry: time.Now().Add(-time.Hour)},
		"present":           {Size: 10, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: expiry},
		"differs":           {Size: 10, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: expiry},
		"unrouted":          {Size: 10, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: expiry},
		"gone":              {Size: 10, StorageClass: "GLACIER"},
	}
	want := map[string]reconcile.Status{
		"tiering archived": reconcile.NotRestored, "tiering restoring": reconcile.InRestore, "tiering online": reconcile.LeftOnline,
		"archived": reconcile.NotRestored, "restoring": reconcile.InRestore, "restored": reconcile.Copied,
		"lapsed": reconcile.NotRestored, "present": reconcile.Present, "differs": reconcile.Differs,
		"unrouted": reconcile.Unrouted, "gone": reconcile.Failed,
	}
	var all []reconcile.Decision
	for key, o := range objects {
		w.Put(glacier, key, o)
		switch key {
		case "present":
			w.Put(archive, key, s3sim.Object{Size: 10})
		case "differs":
			w.Put(archive, key, s3sim.Object{Size: 11})
		}
		d := w.decide(key)
		d.Source.Restore, d.Need, d.Status = reconcile.RestoreState{}, reconcile.NeedRestoreState, ""
		if key == "unrouted" {
			d.Target = reconcile.Object{}
		}
		all = append(all, d)
	}
	w.Delete(glacier, "gone")
	for key, o := range w.run(t.Context(), all...) {
		if o.Status != want[key] {
			t.Errorf("%s: %s %q, want %s", key, o.Status, o.Message, want[key])
		}
	}
	w.sent(map[string]int64{"HeadObject": int64(len(objects)), "CopyObject": 1})
}

// --include-online: an object that needs no restore is copied.
func TestRestoreStateByHeadIncludesOnline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.opts.Policy.IncludeOnline = true
	w.put("k", s3sim.Object{Size: 10, StorageClass: reconcile.ClassIntelligentTiering})
	d := w.decide("k")
	if d.Need != reconcile.NeedRestoreState {
		t.Fatalf("need %d", d.Need)
	}
	w.expect(w.run(t.Context(), d)["k"], reconcile.Copied, "")
}
