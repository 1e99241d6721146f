package job

import (
	"fmt"

	"reconcile/internal/config"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// unusual are notes on what a complete run has found and what nobody sets such a
// job up for: it may look at the wrong bucket.
func unusual(of *config.Settings, about *report.Run, result pipeline.Result, runErr error) (notes []string) {
	if runErr != nil || of.Command == "plan" && of.PlanOf != "run" || of.Command != "run" && of.Command != "plan" && of.Command != "audit" {
		return nil
	}
	s, source := result.Summary, reconcile.Location{Bucket: of.Scan.Bucket}.String()
	if of.Command == "audit" && s.Scanned > 0 {
		return nil
	}
	if s.Scanned == 0 && of.Shard.Count < 2 { // a small source is one shard's
		return []string{nothing(of, about, source)}
	}
	if online := s.Counts[reconcile.LeftOnline]; online > 0 && online+s.Counts[reconcile.Excluded] == s.Scanned {
		notes = append(notes, fmt.Sprintf("no object needs a restore: %s looks like no Glacier bucket; --include-online copies such objects too", source))
	}
	if of.Scan.Prefix != "" || of.Shard.Count > 1 {
		return notes // the other keys may go there
	}
	for _, bucket := range about.Targets {
		if result.Routed[bucket] == 0 {
			notes = append(notes, fmt.Sprintf("no key of the source belongs into s3://%s", bucket))
		}
	}
	return notes
}

// nothing says of what kind the source is that has no objects.
func nothing(of *config.Settings, about *report.Run, source string) string {
	what := source + " has no objects"
	if of.Scan.Prefix != "" {
		what = fmt.Sprintf("%s has no object whose key begins with %q", source, of.Scan.Prefix)
	}
	for _, i := range about.Inventories {
		if i.Bucket == of.Scan.Bucket && i.Objects == 0 {
			what = "the inventory of " + source + " has no objects"
		}
	}
	return what + ": is it the right one?"
}
