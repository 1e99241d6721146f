package main

import (
	"fmt"
	"path/filepath"

	"reconcile/internal/report"
)

// setReports parses the destinations and refuses two that are the same.
func setReports(d *draft, g given) error {
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
		d.reports = append(d.reports, dest)
	}
	return nil
}

// samePlace returns the same text for two spellings of one destination.
func samePlace(d report.Destination) string {
	if d.IsStdout() || d.IsS3() {
		return d.Path
	}
	abs, err := filepath.Abs(d.Path)
	if err != nil {
		return filepath.Clean(d.Path)
	}
	return abs
}

// checkReports makes sure that the reports can be written before any work is
// done that they are to prove.
func (d *draft) checkReports() error {
	for _, dest := range d.reports {
		if err := dest.Check(); err != nil {
			return fmt.Errorf("%s: %w", d.from["report"], err)
		}
		if _, err := parseBucket(dest.Bucket()); dest.IsS3() && err != nil {
			return fmt.Errorf("%s: %s: %w", d.from["report"], dest, err)
		}
	}
	return nil
}

// reportBuckets lists the buckets that reports go to.
func (d *draft) reportBuckets() []string {
	var buckets []string
	for _, dest := range d.reports {
		if dest.IsS3() {
			buckets = append(buckets, dest.Bucket())
		}
	}
	return buckets
}
