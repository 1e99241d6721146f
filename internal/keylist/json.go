package keylist

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// json reads one array of strings, or JSON Lines: strings, or objects that have
// the key under "key".
func (r *reader) json() error {
	head, _ := r.in.Peek(sniffed)
	in := &lineCounter{in: r.in, line: 1}
	d := json.NewDecoder(in)
	values := r.jsonLines
	if bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("[")) {
		values = r.array
	}
	err := values(d, in)
	var known *Error
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &known):
	case errors.As(err, &syntax):
		return r.fail(in.at(syntax.Offset), fmt.Errorf("it is not one JSON array of strings, and not JSON Lines: %w", err))
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return r.fail(in.at(in.read+1), errors.New("the JSON ends in the middle"))
	}
	return err
}

// array reads an array of strings, after which nothing may come.
func (r *reader) array(d *json.Decoder, in *lineCounter) error {
	if _, err := d.Token(); err != nil { // the bracket
		return err
	}
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		line := in.at(d.InputOffset())
		key, err := text(raw)
		if err == nil {
			err = r.give(Entry{Key: key, Line: line})
		} else {
			err = r.fail(line, err)
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return r.fail(in.at(d.InputOffset()), errors.New("something follows the JSON array"))
	}
	return nil
}

func (r *reader) jsonLines(d *json.Decoder, in *lineCounter) error {
	for {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		e, err := entry(raw)
		if e.Line = in.at(d.InputOffset()); err != nil {
			return r.fail(e.Line, err)
		}
		if err := r.give(e); err != nil {
			return err
		}
	}
}

// entry reads one of JSON Lines.
func entry(raw json.RawMessage) (Entry, error) {
	if raw[0] != '{' {
		key, err := text(raw)
		return Entry{Key: key}, err
	}
	names, values, err := fields(raw)
	if err != nil {
		return Entry{}, err
	}
	cols, err := header(names)
	if err != nil {
		return Entry{}, err
	}
	if cols == nil {
		return Entry{}, fmt.Errorf("the object has no %q: %.100s", "key", raw)
	}
	var e Entry
	for i, to := range map[int]*string{cols.key: &e.Key, cols.bucket: &e.Bucket, cols.version: &e.Version} {
		if i < 0 || to != &e.Key && string(values[i]) == "null" {
			continue
		}
		if *to, err = text(values[i]); err != nil {
			return Entry{}, fmt.Errorf("%s: %w", names[i], err)
		}
	}
	return e, nil
}

// fields returns the fields of a JSON object, none of which may be there twice:
// readers do not agree which of them holds.
func fields(raw json.RawMessage) (names []string, values []json.RawMessage, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	seen := map[string]bool{}
	if _, err = d.Token(); err != nil { // the brace
		return nil, nil, err
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		name := token.(string) // what else a name can be, the decoder has refused
		if seen[name] {
			return nil, nil, fmt.Errorf("the field %q is there twice", name)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, nil, err
		}
		seen[name] = true
		names, values = append(names, name), append(values, value)
	}
	return names, values, nil
}

// text decodes a string, and only what decodes to what stands there: Go puts
// U+FFFD in place of what is no character.
func text(raw json.RawMessage) (string, error) {
	var s string
	if raw[0] != '"' {
		return "", fmt.Errorf("%.100s is not a string", raw)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", err
	}
	meant := strings.Count(string(raw), "\uFFFD") + strings.Count(strings.ToLower(string(raw)), `\ufffd`)
	if !utf8.Valid(raw) || strings.Count(s, "\uFFFD") > meant {
		return "", fmt.Errorf("%.100q is not UTF-8 text", raw)
	}
	return s, nil
}

// lineCounter tells on which line an offset lies. Offsets must be asked for in
// order.
type lineCounter struct {
	in   io.Reader
	read int64   // bytes
	ends []int64 // offsets of the lines' ends that have been read, and not been passed
	line int
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

// at returns the line of the last byte before an offset.
func (l *lineCounter) at(offset int64) int {
	n := 0
	for n < len(l.ends) && l.ends[n] < offset-1 {
		n++
	}
	l.ends = append(l.ends[:0], l.ends[n:]...)
	l.line += n
	return l.line
}
