package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

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
func (d *draft) checkReports() error {
	for _, dest := range d.reports {
		if err := d.harmless(dest); err != nil {
			return fmt.Errorf("%s: %w", d.from["report"], err)
		}
		if err := dest.Check(); err != nil {
			return fmt.Errorf("%s: %w", d.from["report"], err)
		}
		if _, err := ParseBucket(dest.Bucket()); dest.IsS3() && err != nil {
			return fmt.Errorf("%s: %s: %w", d.from["report"], dest, err)
		}
	}
	return nil
}

// harmless refuses a report that would replace something of the run's own: a
// report is written over whatever is there.
func (d *draft) harmless(dest report.Destination) error {
	if dest.IsS3() && dest.Bucket() == d.source {
		return fmt.Errorf("%s: the source is never written", dest)
	}
	own := map[string]string{d.lock: "the lock", d.excludeKeys: "the list of excluded keys", d.config: "the config file"}
	for path, what := range own {
		if path != "" && SameFile(path, dest) {
			return fmt.Errorf("%s is %s", dest, what)
		}
	}
	return nil
}

func SameFile(path string, dest report.Destination) bool {
	if dest.IsS3() || strings.HasPrefix(path, "s3://") {
		return path == dest.Path
	}
	return samePlace(report.Destination{Path: path}) == samePlace(dest)
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
