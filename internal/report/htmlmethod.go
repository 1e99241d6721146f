package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"reconcile/internal/display"
	"reconcile/internal/reconcile"
	"reconcile/internal/report/html"
	"reconcile/internal/strictjson"
)

// methodOf says who did what, when, with what and over what.
func methodOf(h *head) (all []html.Fact) {
	r := &h.run
	add := func(name, value string) {
		if value != "" {
			all = append(all, html.Fact{Name: name, Value: value})
		}
	}
	add("Run", r.ID)
	add("Job", r.JobID)
	add("Command", r.Command)
	add("Program", "reconcile "+r.Version)
	add("Begun", r.StartedAt.UTC().Format(time.RFC3339))
	add("Ended", r.FinishedAt.UTC().Format(time.RFC3339))
	add("By", r.Identity)
	add("On", r.Host)
	add("Source", "s3://"+r.Source+"/"+r.Prefix)
	add("Archives", strings.Join(r.Targets, ", "))
	add("Named by", r.GranulesFrom)
	if n := h.summary.Counts[reconcile.Excluded]; n > 0 {
		add("Excluded", display.Number(n)+" objects, by a rule or the list of excluded keys")
	}
	add("Not looked for", strings.Join(notLookedFor(&h.summary), ", "))
	if r.Shard != nil {
		add("Shard", fmt.Sprintf("%d of %d", r.Shard.Index, r.Shard.Count))
	}
	for _, i := range r.Inventories {
		add("Inventory", fmt.Sprintf("%s of %s, made %s", i.Manifest, i.Bucket, i.CreatedAt.UTC().Format(time.RFC3339)))
	}
	for _, j := range r.BatchJobs {
		add("Job of S3 Batch Operations", fmt.Sprintf("%s, %s in %s: %s, %d of %d objects, %d of them failed", j.ID, j.Operation, j.Bucket, j.Status, j.Done+j.Failed, j.Objects, j.Failed))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Settings)) {
		value, _ := strictjson.Marshal(r.Settings[name]) // what cannot be written has failed in the digest
		if text := strings.Trim(string(value), `"`); text != "null" && text != "[]" && text != "{}" {
			add("Setting "+name, text)
		}
	}
	digest, _ := settingsDigest(r.Settings)
	add("SHA-256 of the settings", string(digest))
	add("Rows", map[Rows]string{RowsAll: "every object", RowsChanges: "what was done or needs attention"}[r.rows])
	return all
}

// notLookedFor are the statuses whose counts nobody knows.
func notLookedFor(s *reconcile.Summary) (all []string) {
	for _, status := range reconcile.Statuses() {
		if _, known := s.Known(status); !known {
			all = append(all, string(status))
		}
	}
	return all
}

// filesOf are the reports that were written before the page.
func filesOf(h *head) (all []html.File) {
	for _, f := range h.files {
		all = append(all, html.File{Name: f.Name, Size: binarySize(f.Size), SHA256: f.SHA256})
	}
	return all
}
