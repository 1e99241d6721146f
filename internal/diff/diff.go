// Package diff holds two reports against each other: what appeared, what
// vanished, what changed, and whether anything got worse. Both are read as
// streams in the order of their keys, so that it needs no memory for rows. It
// is a package of its own because the report must not know what is said of two
// of them.
package diff

import (
	"cmp"
	"fmt"
	"iter"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// Change is what became of an object from the old report to the new one.
type Change string

// The changes.
const (
	Appeared Change = "appeared" // it has a row in the new report only
	Vanished Change = "vanished" // it has a row in the old report only
	Changed  Change = "changed"
)

// Row is one change.
type Row struct {
	Key       string                `json:"key"`
	Change    Change                `json:"change"`
	OldStatus report.Text           `json:"old_status"` // null where it has appeared
	NewStatus report.Text           `json:"new_status"` // null where it has vanished
	Fields    map[string]FieldValue `json:"fields"`     // those that changed, by the column's name
}

// FieldValue is what a column had, and has: as text, empty for null.
type FieldValue struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// Result is what came of comparing two reports.
type Result struct {
	Appeared int64 `json:"appeared"`
	Vanished int64 `json:"vanished"`
	Changed  int64 `json:"changed"`
	Same     int64 `json:"same"`
	Worse    int64 `json:"worse"` // of the changes; and one more where the new run was not complete

	Notes []string `json:"notes"` // what a reader should know: that rows were left out, say

	lost int64 // vanished rows of an object that the source had: worse where the new report has all rows
}

// String is the result in one line.
func (r Result) String() string {
	worse := "nothing got worse"
	if r.Worse > 0 {
		worse = fmt.Sprintf("%d for the worse", r.Worse)
	}
	return fmt.Sprintf("%d appeared, %d vanished, %d changed, %d the same; %s", r.Appeared, r.Vanished, r.Changed, r.Same, worse)
}

// Compare reads two reports and calls emit with each change, in key order. The
// error is that of a report that cannot be read, or is not in key order.
func Compare(before, after *Input, emit func(Row) error) (Result, error) {
	c := comparison{emit: emit}
	err := c.run(before, after)
	if err != nil {
		return c.Result, err
	}
	c.conclude(before, after)
	return c.Result, nil
}

type comparison struct {
	Result
	emit func(Row) error
}

// run merges the two streams, a key at a time.
func (c *comparison) run(before, after *Input) error {
	older, stopOlder := iter.Pull2(before.keys())
	defer stopOlder()
	newer, stopNewer := iter.Pull2(after.keys())
	defer stopNewer()
	a, errA, moreA := older()
	b, errB, moreB := newer()
	for moreA || moreB {
		if errA != nil || errB != nil {
			return cmp.Or(errA, errB)
		}
		was, is := a.at(moreA), b.at(moreB)
		if moreA && moreB && a.key != b.key {
			if a.key < b.key {
				is = nil
			} else {
				was = nil
			}
		}
		if err := c.key(was, is); err != nil {
			return err
		}
		if was != nil {
			a, errA, moreA = older()
		}
		if is != nil {
			b, errB, moreB = newer()
		}
	}
	return nil
}

// at is the rows, nil where the stream has ended.
func (k keyed) at(more bool) []report.Row {
	if !more {
		return nil
	}
	return k.rows
}

// key compares all rows of one key.
func (c *comparison) key(was, is []report.Row) error {
	for _, p := range pairs(was, is) {
		row, ok := changeOf(p.was, p.is)
		if !ok {
			c.Same++
			continue
		}
		c.count(p, row)
		if err := c.emit(row); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) count(p pair, row Row) {
	switch row.Change {
	case Appeared:
		c.Appeared++
	case Vanished:
		c.Vanished++
		if p.was.SourceKey != "" && p.was.Status != reconcile.Misplaced && p.was.Status != reconcile.Phantom {
			c.lost++
		}
	case Changed:
		c.Changed++
	}
	if worse(p) {
		c.Worse++
	}
}

// conclude says what the reports' heads mean for the rows.
func (c *comparison) conclude(before, after *Input) {
	c.Notes = append(c.Notes, scope(before, after)...)
	switch {
	case !after.complete():
		c.Worse++
		c.note("%s is of a run that was not complete (%s): what has vanished from it may be there", after.Name, after.head.Run.Error)
	case after.all():
		c.Worse += c.lost
		if c.lost > 0 {
			c.note("%d objects of the source are not there any more", c.lost)
		}
	case c.Vanished > 0:
		c.note("%s leaves out rows of objects that need no look: what has vanished from it may be such an object", after.Name)
	}
	if c.Appeared > 0 && !before.all() {
		c.note("%s leaves out rows of objects that need no look: what has appeared may have been such an object", before.Name)
	}
	if !before.complete() {
		c.note("%s is of a run that was not complete (%s): what has appeared may have been there", before.Name, before.head.Run.Error)
	}
}

func (c *comparison) note(format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}

// scope tells of reports that do not look at the same.
func scope(before, after *Input) (notes []string) {
	if !before.headed || !after.headed {
		return nil
	}
	a, b := before.head.Run, after.head.Run
	for _, s := range []struct{ what, old, new string }{
		{"command", a.Command, b.Command}, {"source", a.Source, b.Source}, {"prefix", a.Prefix, b.Prefix},
		{"shard", shard(a), shard(b)},
	} {
		if s.old != s.new {
			notes = append(notes, fmt.Sprintf("the reports have not the same %s: %q and %q", s.what, s.old, s.new))
		}
	}
	if a.FinishedAt.After(b.FinishedAt) {
		notes = append(notes, fmt.Sprintf("the old report is the later one: %s, and %s", a.FinishedAt.Format("2006-01-02 15:04:05"), b.FinishedAt.Format("2006-01-02 15:04:05")))
	}
	return notes
}

func shard(r report.Run) string {
	if r.Shard == nil {
		return ""
	}
	return fmt.Sprintf("%d/%d", r.Shard.Index, r.Shard.Count)
}

// changeOf is the change between two rows of an object, either of which may be
// nil; false where there is none.
func changeOf(was, is *report.Row) (Row, bool) {
	switch {
	case was == nil:
		return Row{Key: keyOf(is), Change: Appeared, NewStatus: report.Text(is.Status), Fields: map[string]FieldValue{}}, true
	case is == nil:
		return Row{Key: keyOf(was), Change: Vanished, OldStatus: report.Text(was.Status), Fields: map[string]FieldValue{}}, true
	}
	fields := fieldsChanged(was, is)
	if len(fields) == 0 {
		return Row{}, false
	}
	return Row{Key: keyOf(is), Change: Changed, OldStatus: report.Text(was.Status), NewStatus: report.Text(is.Status), Fields: fields}, true
}

// ofTheRun are the columns that say how a run came to know what it knows, and
// nothing of the object. The wording of messages is no change: their kind is.
var ofTheRun = map[string]bool{
	"attempts": true, "elapsed_ms": true, "refused": true, "evidence": true, "verified_at": true, "job_id": true,
	"method": true, "compared": true, "err_msg": true,
}

func fieldsChanged(was, is *report.Row) (fields map[string]FieldValue) {
	report.EachDifference(was, is, func(column, before, now string) {
		if ofTheRun[column] {
			return
		}
		if fields == nil {
			fields = map[string]FieldValue{}
		}
		fields[column] = FieldValue{before, now}
	})
	return fields
}

func keyOf(r *report.Row) string {
	if r.SourceKey == "" {
		return string(r.TargetKey)
	}
	return string(r.SourceKey)
}
