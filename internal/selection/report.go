package selection

import (
	"fmt"
	"io"
	"slices"

	"reconcile/internal/granule"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// AddReport takes the rows of a report, JSON or CSV, that have one of the
// statuses. It may be none. name is that of the file. The head is that of a JSON
// report: whoever uses the rows looks whether the run was complete.
func (s *Selection) AddReport(in io.Reader, name string, statuses []reconcile.Status) (report.Head, error) {
	s.begin(name)
	n := 0
	take := func(row report.Row) error {
		n++
		if !slices.Contains(statuses, row.Status) {
			return nil
		}
		if row.SourceKey == "" && s.opts.Strays {
			return s.add(&granule.File{Key: string(row.TargetKey), Bucket: string(row.TargetBucket), Size: -1, Line: n})
		}
		if row.SourceKey == "" {
			return fmt.Errorf("%s: row %d is %s: it has no original that could be restored or copied", name, n, row.Status)
		}
		if err := s.sourceIs(string(row.SourceBucket), n); err != nil {
			return err
		}
		f := granule.File{Key: string(row.SourceKey), Size: -1, Line: n}
		f.Collection, f.Granule = string(row.CollectionID), string(row.GranuleID)
		return s.add(&f)
	}
	head, err := report.Read(in, name, take)
	if err != nil {
		return head, fmt.Errorf("%s: %w", name, err)
	}
	return head, nil
}
