package copier_test

import (
	"maps"
	"testing"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// A plan writes nothing, and what it foresees is what the run then sends.
func TestPlanEqualsTheRun(t *testing.T) {
	t.Parallel()
	sources := map[string]s3sim.Object{
		"small":           {Size: 1000},
		"old":             {Size: 1000, NoChecksum: true},
		"large":           {Size: 23 * mib},
		"multipart":       {Size: 12 * mib, PartSizes: sizes(5, 5, 2)},
		"multipart old":   {Size: 12 * mib, PartSizes: sizes(5, 5, 2), NoChecksum: true},
		"one part":        {Size: 5 * mib, PartSizes: sizes(5), NoChecksum: true},
		"large multipart": {Size: 60 * mib, PartSizes: sizes(20, 20, 20), NoChecksum: true},
		"asked":           {Size: 1000},
		"asked large":     {Size: 23 * mib},
		"overwritten":     {Size: 1000},
		"large old":       {Size: 23 * mib, NoChecksum: true},
		"present":         {Size: 10},
		"looked at":       {Size: 10, NoChecksum: true},
	}
	for _, layout := range []copier.Layout{copier.LayoutAuto, copier.LayoutPreserve, copier.LayoutFast} {
		for _, strict := range []bool{false, true} {
			w := newWorld(t, s3sim.Config{})
			w.opts.Layout = layout
			w.opts.Policy = reconcile.Policy{Overwrite: true, RequireChecksum: strict}
			var all []reconcile.Decision
			var objects, bytes int64
			for key, o := range sources {
				if strict && (o.NoChecksum || key == "looked at") {
					continue // such copies end as failed
				}
				w.put(key, o)
				switch key {
				case "overwritten":
					w.Put(archive, key, s3sim.Object{Size: 900})
				case "present", "looked at":
					w.Put(archive, key, s3sim.Object{Size: 10})
				}
				d := w.decide(key)
				if key == "asked" || key == "asked large" {
					d.Source.Restore, d.Need = reconcile.RestoreState{}, reconcile.NeedRestoreState
				}
				all = append(all, d)
				if key != "present" && key != "looked at" {
					objects, bytes = objects+1, bytes+o.Size
				}
			}
			planning := w.opts
			planning.Plan = true
			c := copier.New(w.store, w.store, planning)
			w.ResetRequests()
			before := w.Keys(archive)
			for key, o := range w.runWith(t.Context(), c, all...) {
				want := reconcile.Missing
				switch key {
				case "overwritten":
					want = reconcile.Differs
				case "present", "looked at":
					want = reconcile.Present
				}
				if o.Status != want {
					t.Errorf("%s: %s, want %s", key, o.Status, want)
				}
			}
			asked := w.Requests()
			for op := range asked {
				if op != "HeadObject" {
					t.Errorf("a plan sent %s", op)
				}
			}
			if len(w.Keys(archive)) != len(before) {
				t.Error("a plan wrote something")
			}
			planned := c.Planned()
			if planned.Objects != objects || planned.Bytes != bytes {
				t.Errorf("planned %d objects, %d bytes; want %d, %d", planned.Objects, planned.Bytes, objects, bytes)
			}
			w.ResetRequests()
			for key, o := range w.run(t.Context(), all...) {
				if !o.Success() {
					t.Errorf("%s: %s %s", key, o.Status, o.Message)
				}
			}
			sent := w.Requests()
			delete(sent, "GetObjectTagging") // not foreseen
			sent["HeadObject"] -= asked["HeadObject"]
			if !maps.Equal(planned.Requests, sent) {
				t.Errorf("%s, strict %v: planned %v, sent %v", layout, strict, planned.Requests, sent)
			}
		}
	}
}
