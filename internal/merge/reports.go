package merge

import (
	"fmt"
	"io"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// readReport reads a JSON report of this program.
func (m *Merger) readReport(f *file, in io.Reader) error {
	var rows reconcile.Tally
	from := m.heads.next(f.String())
	head, err := report.ReadJSON(in, func(r report.Row) error {
		o, err := r.Outcome()
		if err != nil {
			return err
		}
		rows.Add(&o, time.Now)
		return m.addFrom(told, from, &r)
	})
	if err == nil {
		var rowed reconcile.Summary
		rows.AddTo(&rowed)
		err = m.heads.add(from, head, rowed)
	}
	if err != nil {
		return err
	}
	for _, note := range head.Run.Notes {
		if !reconcile.AboutUnproved(note) { // which the merged report says of all of them
			m.note("%s: %s", f, note)
		}
	}
	return nil
}

// readCSV reads a CSV report of this program.
func (m *Merger) readCSV(in io.Reader) error {
	err := report.ReadCSV(in, func(r report.Row) error { return m.add(told, &r) })
	if err == nil {
		m.heads.headless++
	}
	return err
}

// notAnswered is the error of results that were not written by this program.
func notAnswered(what string) error {
	return fmt.Errorf("%s is not what this program answers", what)
}
