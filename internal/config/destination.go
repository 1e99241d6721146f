package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"reconcile/internal/report"
)

// setReports parses the destinations and refuses two that are the same.
func setReports(r *reading, g given) error {
	seen := map[string]bool{}
	for _, path := range g.texts {
		if path == "" {
			return g.wrong(errEmpty)
		}
		dest, err := report.ParseDestination(path)
		if err != nil {
			return g.wrong(err)
		}
		place := samePlace(dest)
		if seen[place] {
			return g.wrong(fmt.Errorf("two reports would go to %s", path))
		}
		seen[place] = true
		r.Reports = append(r.Reports, dest)
	}
	return nil
}

// RunPlaceholder in the path of a report stands for the id of the run, so that
// a report does not replace that of the run before.
const RunPlaceholder = "{run}"

// ReportsOf returns the destinations of one run.
func ReportsOf(all []report.Destination, run string) []report.Destination {
	all = slices.Clone(all)
	for i := range all {
		all[i].Path = strings.ReplaceAll(all[i].Path, RunPlaceholder, run)
	}
	return all
}

// samePlace returns the same text for two spellings of one destination.
func samePlace(d report.Destination) string {
	if d.IsStdout() || d.IsS3() {
		return d.Path
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(d.Path))
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return filepath.Clean(d.Path)
	}
	return filepath.Join(dir, filepath.Base(d.Path))
}

// checkReports makes sure that the reports can be written before any work is
// done that they are to prove.
func (r *reading) checkReports() error {
	for _, dest := range r.Reports {
		if err := r.harmless(dest); err != nil {
			return r.wrong("report", err)
		}
		check := func() error { return dest.Check(r.Command) }
		if r.Command == "diff" { // which writes no report: what stands there is looked at when it is replaced
			check = dest.Writable
		}
		if err := check(); err != nil {
			return r.wrong("report", err)
		}
		if _, err := parseBucket(dest.Bucket()); dest.IsS3() && err != nil {
			return r.wrong("report", fmt.Errorf("%s: %w", dest, err))
		}
	}
	return nil
}

// reportBuckets lists the buckets that reports go to.
func (r *reading) reportBuckets() []string {
	var buckets []string
	for _, dest := range r.Reports {
		if dest.IsS3() {
			buckets = append(buckets, dest.Bucket())
		}
	}
	return buckets
}
