package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strconv"
)

// jsonEncoder writes the JSON report: the head indented for readers, then one
// row a line for diff and grep.
type jsonEncoder struct {
	w    *bufio.Writer
	line []byte
	rows int
}

func newJSON(w *bufio.Writer) encoder { return &jsonEncoder{w: w} }

func (e *jsonEncoder) begin(h head) error {
	top := object{{"schema_version", SchemaVersion}, {"run", h.run}, {"summary", summaryJSON(h.summary)}}
	if h.plan != nil {
		plan := *h.plan
		plan.Requests = counts(plan.Requests)
		top = append(top, member{"plan", plan})
	}
	b, err := indent(top)
	if err != nil {
		return err
	}
	e.w.Write(bytes.TrimSuffix(b, []byte("\n}\n")))
	_, err = e.w.WriteString(",\n  \"objects\": [")
	return err
}

// indent returns v as indented JSON that ends in a newline.
func indent(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}

// marshal is json.Marshal that leaves < > & as they are: they are common in
// keys, and a report is no web page.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
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
	_, err := e.w.WriteString("]\n}\n")
	return err
}

// appendRow appends what encoding/json makes of the row, only faster.
func appendRow(b []byte, r *Row) []byte {
	b = appendText(append(b, `{"source_bucket":`...), r.SourceBucket)
	b = appendText(append(b, `,"source_key":`...), r.SourceKey)
	b = appendText(append(b, `,"target_bucket":`...), r.TargetBucket)
	b = appendText(append(b, `,"target_key":`...), r.TargetKey)
	b = append(b, `,"size_bytes":`...)
	if r.SizeBytes == nil {
		b = append(b, "null"...)
	} else {
		b = strconv.AppendInt(b, *r.SizeBytes, 10)
	}
	b = appendText(append(b, `,"etag":`...), r.ETag)
	b = appendText(append(b, `,"storage_class":`...), r.StorageClass)
	b = appendText(append(b, `,"restore_expiry":`...), r.RestoreExpiry)
	b = appendQuoted(append(b, `,"status":`...), string(r.Status))
	b = strconv.AppendBool(append(b, `,"success":`...), r.Success)
	b = appendQuoted(append(b, `,"err_msg":`...), r.ErrMsg)
	b = appendText(append(b, `,"error_kind":`...), r.ErrorKind)
	b = strconv.AppendInt(append(b, `,"attempts":`...), int64(r.Attempts), 10)
	b = appendText(append(b, `,"method":`...), r.Method)
	b = appendText(append(b, `,"proof":`...), r.Proof)
	b = strconv.AppendInt(append(b, `,"elapsed_ms":`...), r.ElapsedMS, 10)
	return append(b, '}')
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
		quoted, _ := marshal(s) // a string cannot fail
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
