package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"reconcile/internal/audit"
	"reconcile/internal/copier"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/retry"
	"reconcile/internal/s3sim"
	"reconcile/internal/scan"
)

const public = "bench-public"

// audit is one whole audit, with its default options.
func (w *world) audit(archives reconcile.Archives) reconcile.Summary {
	w.tb.Helper()
	router, err := reconcile.NewRouter(nil, archives)
	if err != nil {
		w.tb.Fatal(err)
	}
	again := retry.New(retry.Options{Attempts: 3, Delay: time.Second, Patience: time.Minute})
	rep := report.New(report.Options{TempDir: w.tb.TempDir(), Command: "audit"})
	defer rep.Close()
	j := pipeline.Job{
		Command: "audit", Store: w.store(), Report: rep, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Scan:  scan.Options{Bucket: glacier, Router: router, Mode: scan.RestoreAuto, TempDir: w.tb.TempDir(), Now: time.Now},
		Copy:  copier.Options{Retry: again, Now: time.Now, Concurrency: 64, Ceiling: 64},
		Audit: audit.Options{Verify: audit.VerifyListing},
	}
	result, err := j.RunAudit(context.Background())
	if err != nil {
		w.tb.Fatal(err)
	}
	return result.Summary
}

// An audit of two sides that agree costs no more than 1.3 times the requests of a
// run that has nothing to do.
func TestRequestsOfAnAudit(t *testing.T) {
	n := *objects
	w := newWorld(t)
	w.both(n, func(int) bool { return true })
	mustSee(t, w.run(scan.PreferCost), n, n)
	run := w.Requests()["ListObjectsV2"]
	w.ResetRequests()
	mustSee(t, w.audit(reconcile.Archives{Protected: protected}), n, n)
	got := w.Requests()
	t.Logf("%d objects: a run %d, an audit %v, %.2f of it", n, run, got, float64(got["ListObjectsV2"])/float64(run))
	if len(got) != 1 || float64(got["ListObjectsV2"]) > 1.3*float64(run) {
		t.Errorf("%d objects: %v, and a run sends %d LISTs", n, got, run)
	}
}

// strays puts objects without an original into the archive, one for twenty, and
// copies into the public bucket, one for forty.
func (w *world) strays(n int) (orphans, misplaced int) {
	w.CreateBucket(public)
	w.Seed(protected, func(yield func(string, s3sim.Object) bool) {
		for i := 0; i < n; i += 20 {
			orphans++
			if !yield(fmt.Sprintf("%s.orphan", key(i)), home(restored(10, uint64(i)))) {
				return
			}
		}
	})
	w.Seed(public, func(yield func(string, s3sim.Object) bool) {
		for i := 0; i < n; i += 40 {
			misplaced++
			if !yield(key(i), home(restored(10, uint64(i)))) {
				return
			}
		}
	})
	return orphans, misplaced
}

// Orphans that are strewn all over cost fewer requests than they are: where that
// costs less they are listed a second time. What is misplaced is asked for by two
// HEADs.
func TestRequestsOfStrays(t *testing.T) {
	n := *objects / 2
	w := newWorld(t)
	w.both(n, func(int) bool { return true })
	orphans, misplaced := w.strays(n)
	s := w.audit(reconcile.Archives{Protected: protected, Public: public})
	got := w.Requests()
	t.Logf("%d objects, %d orphans, %d misplaced: %v", n, orphans, misplaced, got)
	if s.Counts[reconcile.Orphan] != int64(orphans) || s.Counts[reconcile.Misplaced] != int64(misplaced) || s.Counts[reconcile.Present] != int64(n) {
		t.Errorf("%v", s.Counts)
	}
	pages := int64(2*n+orphans+misplaced) / 1000
	if got["HeadObject"] > int64(2*misplaced+orphans/4) || got["ListObjectsV2"] > 3*pages+60 {
		t.Errorf("%v for %d pages", got, pages)
	}
}
