package copier_test

import (
	"context"
	"testing"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// altered is a world whose server alters the bytes of the copy of k, and a run
// that removes what it cannot prove.
func altered(t *testing.T, source s3sim.Object, archiveOpts ...s3sim.BucketOption) *world {
	w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{IgnoreCopySourceConditions: true}}, archiveOpts...)
	w.opts.RemoveUnproved = true
	w.put("k", source)
	bad := source
	bad.ContentSeed = 66
	w.swap("k", source, bad, 0)
	return w
}

// gone checks that a copy was removed, or left in place, and that the row of
// the failed proof says so.
func (w *checks) gone(o reconcile.Outcome, removed bool, says string) {
	w.t.Helper()
	if o.Status != reconcile.Failed || o.ErrorKind != reconcile.Integrity {
		w.t.Errorf("%s/%s %s", o.Status, o.ErrorKind, o.Message)
	}
	w.says(o, says)
	if _, there := w.Get(archive, "k"); there == removed {
		w.t.Errorf("there: %v; %s", there, o.Message)
	}
}

// --remove-unproved removes a copy that provably does not match, by both
// methods and also after a lost answer to the delete.
func TestRemoveUnproved(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]s3sim.Object{"copy": {Size: 1000}, "parts": {Size: 23 * mib}} {
		for _, kind := range []s3sim.FaultKind{s3sim.None, s3sim.CutAfter, s3sim.CutBefore, s3sim.EmptyOK, s3sim.ErrorInOK, s3sim.SlowDown} {
			w := altered(t, source)
			w.opts.Retry = patient(3)
			w.Inject(s3sim.Fault{Op: "DeleteObject", Times: 1, Kind: kind})
			o := w.one("k")
			w.gone(o, true, "was removed")
			w.says(o, "does not match", "s3://archive/k")
			if t.Failed() {
				t.Fatalf("%s, fault %d", name, kind)
			}
		}
	}
}

// What cannot be removed, or looked at, is left in place, and the row says why.
func TestRemoveUnprovedFails(t *testing.T) {
	t.Parallel()
	w := altered(t, s3sim.Object{Size: 1000})
	w.Inject(s3sim.Fault{Op: "DeleteObject", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	o := w.one("k")
	w.gone(o, false, "could not be removed")
	w.says(o, "s3:DeleteObject")
}

// deafDelete is a server that ignores the condition of a delete.
type deafDelete struct {
	copier.Store
	w *world
}

func (s deafDelete) Remove(_ context.Context, l reconcile.Location, _ string) error {
	s.w.Delete(l.Bucket, l.Key)
	return nil
}

// What somebody else has written since is not removed: between the write and
// its proof, between the proof and the delete, and on a server that ignores
// the condition of a delete.
func TestRemoveUnprovedLeavesWhatIsSomebodys(t *testing.T) {
	t.Parallel()
	for _, deaf := range []bool{false, true} {
		for name, prepare := range map[string]struct {
			source s3sim.Object
			fault  s3sim.Fault
		}{
			"before the delete": {s3sim.Object{Size: 1000}, s3sim.Fault{Op: "HeadObject", Bucket: archive, Times: 1}},
			// its plain ETag says nothing under KMS, so that HEADs are the proof
			"before the proof": {s3sim.Object{Size: 1000, NoChecksum: true}, s3sim.Fault{Op: "HeadObject", Times: 1}},
		} {
			t.Run(name, func(t *testing.T) {
				w := altered(t, prepare.source, s3sim.DefaultKMS("key"))
				if deaf {
					w.store = deafDelete{w.store, w}
				}
				prepare.fault.Before = func() { w.Put(archive, "k", s3sim.Object{Size: 1001, ContentSeed: 77}) }
				fault := w.Inject(prepare.fault)
				o := w.one("k")
				if i, there := w.Get(archive, "k"); fault.Hits() > 0 && (!there || i.Size != 1001) {
					t.Errorf("somebody else's object was removed: %s %s", o.Status, o.Message)
				}
				if fault.Hits() == 0 {
					t.Error("the moment did not come")
				}
			})
		}
	}
	if deaf := altered(t, s3sim.Object{Size: 1000}); true { // it removes ours there too
		deaf.store = deafDelete{deaf.store, deaf}
		deaf.gone(deaf.one("k"), true, "was removed")
	}
}

// What is merely not proved is not removed: a copy without a common checksum
// under --proof checksum, one that cannot be looked at, and what was found
// after a lost answer, which may be somebody else's.
func TestRemoveUnprovedLeavesWhatMayBeRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.opts.RemoveUnproved, w.opts.Policy.RequireChecksum = true, true
	w.put("k", s3sim.Object{Size: 1000, NoChecksum: true})
	w.gone(w.one("k"), false, "left in place")

	w = newWorld(t, s3sim.Config{}, s3sim.DefaultKMS("key"))
	w.opts.RemoveUnproved = true
	w.small("k", 1)
	w.Inject(s3sim.Fault{Op: "HeadObject", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	o := w.one("k")
	if _, there := w.Get(archive, "k"); !there || o.Status != reconcile.Failed {
		t.Errorf("there %v; %s %s", there, o.Status, o.Message)
	}

	w = newWorld(t, s3sim.Config{})
	w.opts.RemoveUnproved = true
	w.small("small", 1)
	w.Inject(s3sim.Fault{Op: "CopyObject", Times: 1, Kind: s3sim.CutBefore, Before: func() { w.foreign("small") }})
	if o := w.one("small"); o.Status != reconcile.Differs {
		t.Errorf("%s %s", o.Status, o.Message)
	}
	w.untouched("small")
}
