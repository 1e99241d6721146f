package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"reconcile/internal/reconcile"
	"reconcile/internal/report/breakdown"
	"reconcile/internal/strictjson"
)

// Head is all of a JSON report but its rows.
type Head struct {
	Run     Run
	Rows    Rows // which outcomes have a row
	Summary reconcile.Summary
	Plan    *Plan // nil: it is no plan's
	// Breakdown is what charts are drawn of; nil: the report is older than these.
	Breakdown *breakdown.Breakdown
	// Granules is the report's array of them, as it is written; nil: none were
	// named.
	Granules json.RawMessage
}

// Read reads a JSON or a CSV report, which it tells by the name's end, and else by
// the first byte. A CSV report has no Head.
func Read(from io.Reader, name string, row func(Row) error) (Head, error) {
	buffered := bufio.NewReader(from)
	first, _ := buffered.Peek(64)
	isJSON := bytes.HasPrefix(bytes.TrimLeft(first, " \t\r\n"), []byte("{"))
	if isJSON && !strings.HasSuffix(strings.ToLower(name), ".csv") {
		return ReadJSON(buffered, row)
	}
	return Head{}, ReadCSV(buffered, row)
}

// ReadJSON reads a JSON report as a stream, and hands each row on as soon as it
// is read: the head may come after the rows. Fields that it does not know are
// passed over, as docs/reference/report.md asks of every reader. An error means that the
// report is not whole, or none; rows may have been handed on by then.
func ReadJSON(from io.Reader, row func(Row) error) (Head, error) {
	r := &jsonReader{dec: json.NewDecoder(from), row: row}
	if err := r.read(); err != nil {
		return Head{}, fmt.Errorf("JSON report: %w", noEnd(err))
	}
	return r.head.decode()
}

// jsonReader reads one report.
type jsonReader struct {
	dec  *json.Decoder
	row  func(Row) error
	rows int64
	head headJSON
	raw  json.RawMessage // of the last value, to be used again
	seen map[string]bool
}

func (r *jsonReader) read() error {
	if err := r.delim('{'); err != nil {
		return err
	}
	r.seen = map[string]bool{}
	for r.dec.More() {
		name, err := r.dec.Token()
		if err == nil {
			err = r.member(name.(string))
		}
		if err != nil {
			return err
		}
	}
	if err := r.delim('}'); err != nil {
		return err
	}
	if _, err := r.dec.Token(); err != io.EOF {
		return errors.New("something follows the report")
	}
	return r.complete()
}

// member reads the value of one field of the report.
func (r *jsonReader) member(name string) error {
	if r.seen[name] {
		return fmt.Errorf("%q is there twice", name)
	}
	r.seen[name] = true
	var into any
	switch name {
	case "schema_version":
		into = &r.head.Version
	case "run":
		into = &r.head.Run
	case "summary":
		into = &r.head.Summary
	case "plan":
		into = &r.head.Plan
	case "breakdown":
		into = &r.head.Breakdown
	case "granules":
		into = &r.head.Granules
	case "objects":
		return r.objects()
	default:
		into = new(json.RawMessage)
	}
	if err := r.decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// decode reads the next value, in which no field may be there twice.
func (r *jsonReader) decode(into any) error {
	r.raw = r.raw[:0]
	if err := r.dec.Decode(&r.raw); err != nil {
		return err
	}
	if err := strictjson.Unique(r.raw); err != nil {
		return err
	}
	return json.Unmarshal(r.raw, into)
}

func (r *jsonReader) objects() error {
	if err := r.delim('['); err != nil {
		return err
	}
	for ; r.dec.More(); r.rows++ {
		var row Row
		err := r.decode(&row)
		if err == nil {
			err = row.check()
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", r.rows+1, err)
		}
		if err := r.row(row); err != nil {
			return err
		}
	}
	return r.delim(']')
}

func (r *jsonReader) delim(want json.Delim) error {
	token, err := r.dec.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("it has %v where %v should be", token, want)
	}
	return nil
}

// complete wants everything that every report has.
func (r *jsonReader) complete() error {
	for _, name := range []string{"schema_version", "run", "summary", "objects"} {
		if !r.seen[name] {
			return fmt.Errorf("it has no %q", name)
		}
	}
	if r.head.Version != SchemaVersion {
		return fmt.Errorf("its schema_version is %d, and this program reads %d", r.head.Version, SchemaVersion)
	}
	return nil
}

// noEnd keeps a report that breaks off from looking like one that has ended.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
