package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
	"reconcile/internal/scan"
)

// TestFailedListingIsNotComplete: a listing that fails on its third page ends
// the run with an error that names the bucket, what was decided before is
// still copied, and the report says it is not complete.
func TestFailedListingIsNotComplete(t *testing.T) {
	t.Parallel()
	for _, bucket := range []string{glacier, protected} {
		a := newArchive(t, s3sim.Config{Quirks: s3sim.Quirks{ListPage: 100}})
		for i := range 350 {
			a.Put(glacier, fmt.Sprintf("k%05d.hdf", i), restored(10, uint64(i)))
			if i%2 == 0 {
				a.Put(protected, fmt.Sprintf("k%05d.hdf", i), home(restored(10, uint64(i))))
			}
		}
		a.Inject(s3sim.Fault{Op: "ListObjectsV2", Bucket: bucket, Skip: 1, Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
		m := a.run(t, context.Background(), options{rows: report.RowsAll})
		if m.err == nil || m.doc.Run.Complete {
			t.Fatalf("%s: the run claims to be complete", bucket)
		}
		if msg := m.err.Error(); !strings.Contains(msg, bucket) || !strings.Contains(msg, "s3:ListBucket") {
			t.Errorf("%s: the error names neither bucket nor permission: %s", bucket, msg)
		}
		if got, rows := m.doc.accounted(t), len(m.doc.Objects); got == 0 || got != rows || got%100 != 0 {
			t.Errorf("%s: %d outcomes, %d rows: every object of the pages read must be there", bucket, got, rows)
		}
		for _, row := range m.doc.Objects {
			if _, there := a.Get(protected, string(row.SourceKey)); row.Success != there {
				t.Errorf("%s: %s is %s, and in its archive: %v", bucket, row.SourceKey, row.Status, there)
			}
		}
	}
}

// TestInterruptedRunTellsTheTruth: a run that is stopped in the middle is not
// complete, ends soon, and what its report says of each object is so.
func TestInterruptedRunTellsTheTruth(t *testing.T) {
	t.Parallel()
	a := newArchive(t, s3sim.Config{})
	for i := range 1500 {
		a.Put(glacier, fmt.Sprintf("k%05d.hdf", i), restored(10, uint64(i)))
	}
	a.Put(glacier, "k00000.large.hdf", restored(900<<20, 77))
	a.SetLatency("UploadPartCopy", time.Hour)
	ctx, cancel := context.WithCancel(context.Background())
	a.Inject(s3sim.Fault{Op: "CopyObject", Skip: 250, Times: 1, Before: cancel})
	began := time.Now()
	m := a.run(t, ctx, options{rows: report.RowsAll, grace: 300 * time.Millisecond})
	if took := time.Since(began); took > 30*time.Second { // a busy machine is slow; what nobody stops takes an hour
		t.Errorf("it took %v to end", took)
	}
	if m.err == nil || !errors.Is(m.err, context.Canceled) || m.doc.Run.Complete {
		t.Errorf("err is %v, complete is %v", m.err, m.doc.Run.Complete)
	}
	if m.doc.count(t, "canceled") == 0 || m.doc.count(t, "copied") < 200 {
		t.Errorf("copied %d, canceled %d", m.doc.count(t, "copied"), m.doc.count(t, "canceled"))
	}
	for _, row := range m.doc.Objects {
		if _, there := a.Get(protected, string(row.SourceKey)); there != row.Success {
			t.Errorf("%s is %s, and in its archive: %v", row.SourceKey, row.Status, there)
		}
	}
	if open := a.OpenUploads(protected); len(open) > 0 {
		t.Errorf("uploads left open: %v", open)
	}
}

// TestRestoreStates: each way in which an object can be archived, restored or
// online has its own status, and only what is restored is copied.
func TestRestoreStates(t *testing.T) {
	t.Parallel()
	objects := map[string]struct {
		object s3sim.Object
		want   reconcile.Status
	}{
		"archived.hdf":   {s3sim.Object{Size: 1, StorageClass: "DEEP_ARCHIVE"}, reconcile.NotRestored},
		"ongoing.hdf":    {s3sim.Object{Size: 1, StorageClass: "GLACIER", Restore: "ongoing"}, reconcile.InRestore},
		"restored.hdf":   {restored(1, 1), reconcile.Copied},
		"online.hdf":     {s3sim.Object{Size: 1}, reconcile.LeftOnline},
		"instant.hdf":    {s3sim.Object{Size: 1, StorageClass: "GLACIER_IR"}, reconcile.LeftOnline},
		"tiering.hdf":    {s3sim.Object{Size: 1, StorageClass: "INTELLIGENT_TIERING"}, reconcile.LeftOnline},
		"tiering-ar.hdf": {s3sim.Object{Size: 1, StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "ARCHIVE_ACCESS"}, reconcile.NotRestored},
	}
	for _, silent := range []bool{false, true} {
		for _, mode := range []scan.RestoreMode{scan.RestoreAuto, scan.RestoreHead} {
			a := newArchive(t, s3sim.Config{Quirks: s3sim.Quirks{NoRestoreStatus: silent}})
			for key, o := range objects {
				a.Put(glacier, key, o.object)
			}
			m := a.run(t, context.Background(), options{rows: report.RowsAll, mode: mode})
			m.mustComplete(t, len(objects))
			for key, o := range objects {
				if got := m.rowOf(t, key).Status; got != o.want {
					t.Errorf("silent %v, mode %s: %s is %s, want %s", silent, mode, key, got, o.want)
				}
			}
			heads := m.Summary.Requests["HeadObject"]
			if !silent && mode == scan.RestoreAuto && heads != 2 {
				t.Errorf("%d HEADs, want one for each INTELLIGENT_TIERING object", heads)
			}
		}
	}
}

// TestPlanTouchesNothing: a plan foresees the requests that a run then sends,
// and writes nothing.
func TestPlanTouchesNothing(t *testing.T) {
	t.Parallel()
	a := newArchive(t, s3sim.Config{})
	for i := range 20 {
		a.Put(glacier, fmt.Sprintf("k%02d.hdf", i), restored(10, uint64(i)))
	}
	a.Put(glacier, "large.hdf", restored(700<<20, 77))
	plan := a.run(t, context.Background(), options{plan: true})
	plan.mustComplete(t, 21)
	if got := plan.doc.count(t, "missing"); got != 21 || a.Len(protected) != 0 {
		t.Errorf("%d missing, %d objects in the archive", got, a.Len(protected))
	}
	if p := plan.Planned; p.Objects != 21 || p.Bytes != 200+700<<20 {
		t.Errorf("planned %d objects, %d bytes", p.Objects, p.Bytes)
	}
	run := a.run(t, context.Background(), options{})
	for op, n := range plan.Planned.Requests {
		if got := run.Summary.Requests[op]; got != n {
			t.Errorf("%s: planned %d, sent %d", op, n, got)
		}
	}
}

// TestPlanPricesEachProof: a plan says how many HEADs a run sends under each
// choice of --proof, whichever of them it is made with, and that is what runs send.
func TestPlanPricesEachProof(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	parts := []int64{5 * mib, 5 * mib, 2 * mib}
	fill := func(t *testing.T) *archive {
		a := newArchive(t, s3sim.Config{})
		put := func(key string, size int64, change func(source, target *s3sim.Object)) {
			source := restored(size, 1)
			target := home(source)
			change(&source, &target)
			a.Put(glacier, key, source)
			if target.Size > 0 {
				a.Put(protected, key, target)
			}
		}
		put("new.hdf", 10, func(_, target *s3sim.Object) { target.Size = 0 })
		put("new-parts.hdf", 12*mib, func(source, target *s3sim.Object) { source.PartSizes, source.NoChecksum, target.Size = parts, true, 0 })
		put("same.hdf", 10, func(_, _ *s3sim.Object) {})
		put("old.hdf", 10, func(source, target *s3sim.Object) { source.NoChecksum, target.NoChecksum = true, true })
		put("other-size.hdf", 10, func(_, target *s3sim.Object) { target.Size = 11 })
		put("other.hdf", 10, func(_, target *s3sim.Object) { target.ContentSeed = 2 })
		put("other-old.hdf", 10, func(source, target *s3sim.Object) {
			source.NoChecksum, target.NoChecksum, target.ContentSeed = true, true, 2
		})
		put("other-parts.hdf", 12*mib, func(source, target *s3sim.Object) {
			source.NoChecksum, target.NoChecksum, target.ContentSeed = true, true, 2
			source.PartSizes, target.PartSizes = parts, parts
		})
		put("cold.hdf", 10, func(source, target *s3sim.Object) {
			source.Restore, source.StorageClass, target.Size = "", "INTELLIGENT_TIERING", 0
			source.ArchiveStatus = "ARCHIVE_ACCESS"
		})
		return a
	}
	proofs := map[string]reconcile.Policy{"any": {}, "listing": {ListingOnly: true}, "checksum": {RequireChecksum: true}}
	sent := map[string]int64{}
	for name, policy := range proofs {
		sent[name] = fill(t).run(t, t.Context(), options{policy: policy}).Summary.Requests["HeadObject"]
	}
	if sent["listing"] >= sent["any"] || sent["any"] >= sent["checksum"] {
		t.Fatalf("the runs sent %v", sent)
	}
	for name, policy := range proofs {
		h := fill(t).run(t, t.Context(), options{policy: policy, plan: true}).Planned.Heads
		if h.Listing != sent["listing"] || h.Any != sent["any"] || h.Checksum != sent["checksum"] {
			t.Errorf("a plan with --proof %s says %+v, runs send %v", name, h, sent)
		}
	}
}

// TestRecoverBlindThenStopped: that the source could not be listed is why the
// recovery is not complete, though a deadline comes, or it is given up, before that
// has ended it.
func TestRecoverBlindThenStopped(t *testing.T) {
	t.Parallel()
	deadline := errors.New("the deadline")
	for _, giveUp := range []time.Duration{0, 5 * time.Hour} {
		i := newIncident(t, nil)
		i.gone(5)
		i.Inject(s3sim.Fault{Op: "ListObjectsV2", Bucket: glacier, Skip: 1, Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "no"})
		ctx, cancel := context.WithCancelCause(t.Context())
		m := i.do(t, ctx, "recover", func(j *pipeline.Job) {
			j.Waiting.GiveUp = giveUp
			j.Waiting.Sleep = func(ctx context.Context, d time.Duration) error {
				if giveUp == 0 && i.Requests()["ListObjectsV2"] > 2 {
					cancel(deadline)
				}
				return i.Sleep(ctx, d)
			}
		})
		if !errors.Is(m.err, reconcile.AccessDenied) || errors.Is(m.err, deadline) || m.doc.count(t, "restoring") != 5 {
			t.Errorf("given up after %v: %v, %+v", giveUp, m.err, m.doc.Summary)
		}
	}
}

// TestFailuresAreTheSources: what could not be restored has failed at the source,
// whose rights are to be looked at, and not at the archive.
func TestFailuresAreTheSources(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"restore", "recover"} {
		i := newIncident(t, nil)
		i.gone(5)
		i.Inject(s3sim.Fault{Op: "RestoreObject", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "no"})
		m := i.do(t, t.Context(), command, nil)
		if all := m.Summary.Failures; len(all) != 1 || all[0].Bucket != glacier || all[0].Code != "AccessDenied" || all[0].Objects != 5 {
			t.Errorf("%s: %+v", command, all)
		}
	}
}
