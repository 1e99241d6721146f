package diff

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"reconcile/internal/report"
)

// Input is one of the two reports: JSON or CSV, which shows by its first byte.
type Input struct {
	Name string // for messages
	Body io.Reader

	head   report.Head
	headed bool // it is JSON
	whole  bool // it has a row that a report of changes leaves out
}

// complete is also what a CSV report seems: it cannot say anything else.
func (in *Input) complete() bool { return !in.headed || in.head.Run.Complete }

// all reports whether every object of the report has a row.
func (in *Input) all() bool {
	if in.headed {
		return in.head.Rows == report.RowsAll
	}
	return in.whole
}

// keyed are the rows of one key.
type keyed struct {
	key  string
	rows []report.Row
}

var errEnough = errors.New("no more rows are wanted")

// keys returns the rows, those of one key together.
func (in *Input) keys() iter.Seq2[keyed, error] {
	return func(yield func(keyed, error) bool) {
		var group keyed
		err := in.read(func(row report.Row) error {
			key := keyOf(&row)
			switch {
			case len(group.rows) == 0 || key == group.key:
			case key < group.key:
				return fmt.Errorf("%q comes after %q: the rows are not in the order of their keys", key, group.key)
			case !yield(group, nil):
				return errEnough
			default:
				group = keyed{}
			}
			group.key = key
			group.rows = append(group.rows, row)
			return nil
		})
		switch {
		case errors.Is(err, errEnough):
		case err != nil:
			yield(keyed{}, fmt.Errorf("%s: %w", in.Name, err))
		case len(group.rows) > 0:
			yield(group, nil)
		}
	}
}

// read reads the report in its format.
func (in *Input) read(row func(report.Row) error) (err error) {
	from := bufio.NewReaderSize(in.Body, 64<<10)
	begin, err := from.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if bytes.HasPrefix(bytes.TrimLeft(begin, " \t\r\n"), []byte("{")) {
		in.headed = true
		in.head, err = report.ReadJSON(from, row)
		return err
	}
	return report.ReadCSV(from, func(r report.Row) error {
		o, err := r.Outcome()
		if err != nil {
			return err
		}
		in.whole = in.whole || !o.Changed()
		return row(r)
	})
}
