package report

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"

	"reconcile/internal/report/breakdown"
	"reconcile/internal/strictjson"
)

// jsonEncoder writes the JSON report: the head indented for readers, then one
// row a line for diff and grep.
type jsonEncoder struct {
	w    *bufio.Writer
	line []byte
	rows int

	granules func(write func([]byte) error) error // nil: none
}

func newJSON(w *bufio.Writer) encoder { return &jsonEncoder{w: w} }

func (e *jsonEncoder) begin(h head) error {
	e.granules = h.granules
	top := object{{"schema_version", SchemaVersion}, {"run", h.run}, {"summary", h.counted()}}
	if h.plan != nil {
		plan := *h.plan
		plan.Requests = counts(plan.Requests)
		top = append(top, member{"plan", plan})
	}
	b, err := strictjson.MarshalIndented(top)
	if err != nil {
		return err
	}
	e.w.Write(bytes.TrimSuffix(b, []byte("\n}\n")))
	if h.parts != nil && !h.drawn {
		if err := e.parts(h.parts); err != nil {
			return err
		}
	}
	_, err = e.w.WriteString(",\n  \"objects\": [")
	return err
}

// parts writes the breakdown, one kind a line.
func (e *jsonEncoder) parts(b *breakdown.Breakdown) error {
	e.w.WriteString(",\n  \"breakdown\": {")
	for i, m := range []member{
		{"objects", b.Objects}, {"buckets", b.Buckets}, {"prefixes", b.Prefixes}, {"collections", b.Collections},
		{"sizes", b.Sizes}, {"expiries", b.Expiries}, {"granules", b.Granules}, {"timeline", b.Timeline},
	} {
		value, err := strictjson.Marshal(m.value)
		if err != nil {
			return err
		}
		if i > 0 {
			e.w.WriteString(",")
		}
		fmt.Fprintf(e.w, "\n    %q: %s", m.name, value)
	}
	_, err := e.w.WriteString("\n  }")
	return err
}

func (e *jsonEncoder) row(r *Row) error {
	e.line = e.line[:0]
	if e.rows > 0 {
		e.line = append(e.line, ',')
	}
	e.line = append(e.line, "\n    "...)
	e.line = appendRow(e.line, r)
	e.rows++
	_, err := e.w.Write(e.line)
	return err
}

func (e *jsonEncoder) end() error {
	if e.rows > 0 {
		e.w.WriteString("\n  ") // the last write returns the error
	}
	e.w.WriteString("]")
	if e.granules != nil {
		e.w.WriteString(",\n  \"granules\": ")
		err := e.granules(func(b []byte) error { _, err := e.w.Write(b); return err })
		if err != nil {
			return err
		}
	}
	_, err := e.w.WriteString("\n}\n")
	return err
}

// names are the columns as they stand in a row, with what separates them.
var names = func() (all [len(columns)]string) {
	for i := range columns {
		all[i] = `,"` + columns[i].name + `":`
	}
	all[0] = "{" + all[0][1:]
	return all
}()

// appendRow appends what encoding/json makes of the row, only faster.
func appendRow(b []byte, r *Row) []byte {
	for i := range columns {
		b = appendValue(append(b, names[i]...), &columns[i], r)
	}
	return append(b, '}')
}

// Compact is a row that leaves out what it has nothing to say of in the columns
// that came later: for answers whose size is limited. It is decoded as a Row.
type Compact struct{ Row }

// MarshalJSON writes the row.
func (c Compact) MarshalJSON() ([]byte, error) {
	var b []byte
	for i := range columns {
		before := len(b)
		b = append(b, names[i]...)
		value := len(b)
		b = appendValue(b, &columns[i], &c.Row)
		if text := string(b[value:]); columns[i].later && (text == "null" || text == "0") {
			b = b[:before]
		}
	}
	return append(b, '}'), nil
}

func appendValue(b []byte, c *column, r *Row) []byte {
	switch {
	case c.text != nil:
		return appendText(b, *c.text(r))
	case c.word != nil:
		return appendQuoted(b, string(*c.word(r)))
	case c.int != nil:
		return strconv.AppendInt(b, *c.int(r), 10)
	case c.bool != nil:
		return strconv.AppendBool(b, *c.bool(r))
	case c.size != nil && *c.size(r) != nil:
		return strconv.AppendInt(b, **c.size(r), 10)
	case c.flag != nil && bool(*c.flag(r)):
		return append(b, "true"...)
	}
	return append(b, "null"...)
}

// appendText appends a text, or null for the empty one.
func appendText(b []byte, t Text) []byte {
	if t == "" {
		return append(b, "null"...)
	}
	return appendQuoted(b, string(t))
}

// appendQuoted appends s as a JSON string. < > & stay as they are; bytes that
// are not UTF-8 become U+FFFD, one each, as encoding/json does it.
func appendQuoted(b []byte, s string) []byte {
	if !plain(s) {
		quoted, _ := strictjson.Marshal(s) // a string cannot fail
		return append(b, quoted...)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// plain reports whether s is a JSON string as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
