package pipeline_test

import (
	"cmp"
	"fmt"
	"testing"

	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
	"reconcile/internal/scan"
)

// TestRestoreStatesOfOthers: on servers that call a restored object STANDARD,
// that give no date, or whose archive class nobody knows, what is restored is
// copied, and nothing is passed over in silence.
func TestRestoreStatesOfOthers(t *testing.T) {
	t.Parallel()
	const cold = "COLD_ARCHIVE"
	for name, c := range map[string]struct {
		quirks   s3sim.Quirks
		classes  *reconcile.Classes
		archived reconcile.Status
		copies   int64            // that of the restored one, and those that the server refuses
		online   reconcile.Status // of what was never archived; empty: online
	}{
		"called STANDARD": {quirks: s3sim.Quirks{RestoredStandard: true}, archived: reconcile.NotRestored, copies: 1},
		"without a date":  {quirks: s3sim.Quirks{UndatedRestore: true}, archived: reconcile.NotRestored, copies: 2},
		"both":            {quirks: s3sim.Quirks{RestoredStandard: true, UndatedRestore: true}, archived: reconcile.NotRestored, copies: 2},
		"unknown class":   {quirks: s3sim.Quirks{ArchiveClass: cold}, archived: reconcile.Failed, copies: 1},
		"named class":     {quirks: s3sim.Quirks{ArchiveClass: cold}, classes: &reconcile.Classes{Archive: []string{cold}}, archived: reconcile.NotRestored, copies: 1},
		"named online":    {quirks: s3sim.Quirks{ArchiveClass: cold}, classes: &reconcile.Classes{Online: []string{cold}}, archived: reconcile.LeftOnline, copies: 1},
		"STANDARD is named": {
			quirks: s3sim.Quirks{RestoredStandard: true, NoRestoreStatus: true}, classes: &reconcile.Classes{Archive: []string{"STANDARD"}},
			archived: reconcile.NotRestored, copies: 1, online: reconcile.NotRestored,
		},
		"by HEAD alone": {quirks: s3sim.Quirks{ArchiveClass: cold, NoRestoreStatus: true}, archived: reconcile.Failed, copies: 1},
	} {
		want := map[string]reconcile.Status{
			"archived.hdf": c.archived, "ongoing.hdf": reconcile.InRestore, "restored.hdf": reconcile.Copied, "online.hdf": cmp.Or(c.online, reconcile.LeftOnline),
		}
		for _, mode := range []scan.RestoreMode{scan.RestoreAuto, scan.RestoreHead, "named"} {
			t.Run(fmt.Sprint(name, "/", mode), func(t *testing.T) {
				a := newArchive(t, s3sim.Config{Quirks: c.quirks})
				a.Put(glacier, "archived.hdf", s3sim.Object{Size: 1, StorageClass: "GLACIER"})
				a.Put(glacier, "ongoing.hdf", s3sim.Object{Size: 1, StorageClass: "GLACIER", Restore: "ongoing"})
				a.Put(glacier, "restored.hdf", restored(1, 1))
				a.Put(glacier, "online.hdf", s3sim.Object{Size: 1})
				o := options{rows: report.RowsAll, mode: mode, policy: reconcile.Policy{Classes: c.classes}}
				o.tune = func(j *pipeline.Job) { j.Scan.Policy, j.Copy.Policy = o.policy, o.policy }
				var m made
				if mode == "named" {
					_, m = a.runNamed(t, t.Context(), named("archived.hdf", "ongoing.hdf", "restored.hdf", "online.hdf"), o)
				} else {
					m = a.run(t, t.Context(), o)
				}
				m.mustComplete(t, len(want))
				for key, status := range want {
					if row := m.rowOf(t, key); row.Status != status {
						t.Errorf("%s is %s (%s), want %s", key, row.Status, row.ErrMsg, status)
					}
				}
				if n := m.Summary.Requests["CopyObject"]; n != c.copies || a.Len(protected) != 1 {
					t.Errorf("%d CopyObject, %d objects in the archive", n, a.Len(protected))
				}
			})
		}
	}
}

// TestHeadedPairsWaitForEvidence: where targets are found by HEAD alone, the
// first pair of a server that is not Amazon's is judged by the evidence of the
// last, in a run and for objects that were named.
func TestHeadedPairsWaitForEvidence(t *testing.T) {
	t.Parallel()
	a := newArchive(t, s3sim.Config{Quirks: s3sim.Quirks{NoChecksums: true}})
	a.Put(glacier, "a.hdf", restored(10, 1))
	a.Put(protected, "a.hdf", home(restored(10, 2)))
	a.Put(glacier, "b.hdf", restored(10, 3))
	a.Put(protected, "b.hdf", home(restored(10, 3)))
	for _, way := range []string{"by HEAD", "named"} {
		o := options{rows: report.RowsAll, mode: scan.RestoreHead, tune: func(j *pipeline.Job) {
			j.Copy.Trusted, j.Copy.Concurrency = func(string) bool { return false }, 1
		}}
		var m made
		if way == "named" {
			_, m = a.runNamed(t, t.Context(), named("a.hdf", "b.hdf"), o)
		} else {
			m = a.run(t, t.Context(), o)
		}
		m.mustComplete(t, 2)
		if is, other := m.rowOf(t, "a.hdf").Status, m.rowOf(t, "b.hdf").Status; is != reconcile.Differs || other != reconcile.Present {
			t.Errorf("%s: %s and %s", way, is, other)
		}
	}
}
