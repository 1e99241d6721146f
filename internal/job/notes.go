package job

import (
	"fmt"

	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
)

// unusual are notes on what a complete run has found and what nobody sets such a
// job up for: it may look at the wrong bucket.
func (r *Running) unusual(result pipeline.Result, runErr error) (notes []string) {
	if runErr != nil || r.Command == "plan" && r.PlanOf != "run" || r.Command != "run" && r.Command != "plan" && r.Command != "audit" {
		return nil
	}
	s, source := result.Summary, reconcile.Location{Bucket: r.Scan.Bucket}.String()
	if r.Command == "audit" && s.Scanned > 0 {
		return nil
	}
	if s.Scanned == 0 && r.Shard.Count < 2 { // a small source is one shard's
		return []string{r.nothing(source)}
	}
	if online := s.Counts[reconcile.LeftOnline]; online > 0 && online+s.Counts[reconcile.Excluded] == s.Scanned {
		notes = append(notes, fmt.Sprintf("no object needs a restore: %s looks like no Glacier bucket; --include-online copies such objects too", source))
	}
	if r.Scan.Prefix != "" || r.Shard.Count > 1 {
		return notes // the other keys may go there
	}
	for _, bucket := range r.targets() {
		if result.Routed[bucket] == 0 {
			notes = append(notes, fmt.Sprintf("no key of the source belongs into s3://%s", bucket))
		}
	}
	return notes
}

// nothing says of what kind the source is that has no objects.
func (r *Running) nothing(source string) string {
	for _, i := range r.About.Inventories {
		if i.Bucket == r.Scan.Bucket && i.Objects == 0 {
			return fmt.Sprintf("the inventory of %s has no objects: is it the right one?", source)
		}
	}
	if r.Scan.Prefix != "" {
		return fmt.Sprintf("%s has no object whose key begins with %q: is it the right one?", source, r.Scan.Prefix)
	}
	return fmt.Sprintf("%s has no objects: is it the right one?", source)
}
