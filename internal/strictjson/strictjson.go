// Package strictjson reads JSON that must mean one thing to every reader: no
// field twice, no text that is not UTF-8. What it writes has keys as they are.
package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Fields returns the fields of a JSON object in their order, none of which may
// be there twice: readers do not agree which of them holds.
func Fields(raw json.RawMessage) (names []string, values []json.RawMessage, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	seen := map[string]bool{}
	token, err := d.Token()
	if err != nil {
		return nil, nil, err
	}
	if token != json.Delim('{') {
		return nil, nil, fmt.Errorf("%.100s is not an object", raw)
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		name := token.(string) // what else a name can be, the decoder has refused
		if seen[name] {
			return nil, nil, Twice(name)
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

// Twice is the error for a field that is there twice.
func Twice(name string) error { return fmt.Errorf("the field %q is there twice", name) }

// Object returns the fields of a JSON object by their exact names.
func Object(raw json.RawMessage) (map[string]json.RawMessage, error) {
	names, values, err := Fields(raw)
	if err != nil {
		return nil, err
	}
	all := make(map[string]json.RawMessage, len(names))
	for i, name := range names {
		all[name] = values[i]
	}
	return all, nil
}

// Text decodes a string, and only what decodes to what stands there: Go puts
// U+FFFD in place of what is no character.
func Text(raw json.RawMessage) (string, error) {
	var s string
	if len(raw) == 0 || raw[0] != '"' {
		return "", fmt.Errorf("%.100s is not a string", raw)
	}
	if plain(raw) {
		return string(raw[1 : len(raw)-1]), nil
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

// plain reports whether a string in its quotes stands there as it is meant.
func plain(raw []byte) bool {
	n := len(raw) - 1
	if n < 1 || raw[n] != '"' || !utf8.Valid(raw) {
		return false
	}
	for _, c := range raw[1:n] {
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Lines tells on which line an offset of what is read through it lies. Offsets
// must be asked for in order.
type Lines struct {
	in   io.Reader
	read int64   // bytes
	ends []int64 // offsets of the lines' ends that have been read, and not been passed
	line int
}

// NewLines returns a reader of in that counts its lines, from 1.
func NewLines(in io.Reader) *Lines { return &Lines{in: in, line: 1} }

// Read reads on.
func (l *Lines) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

// At returns the line of the last byte before an offset.
func (l *Lines) At(offset int64) int {
	n := 0
	for n < len(l.ends) && l.ends[n] < offset-1 {
		n++
	}
	l.ends = append(l.ends[:0], l.ends[n:]...)
	l.line += n
	return l.line
}

// Last returns the line of the last byte that was read.
func (l *Lines) Last() int { return l.At(l.read + 1) }

// Unique returns an error where a field is there twice, at any depth of a valid
// JSON value. Names that differ in their case only are the same: encoding/json
// takes them for the same field.
func Unique(raw []byte) error {
	var open []names // of the objects and lists that have not ended
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '{':
			open = append(open, names{object: true, wanted: true})
		case '[':
			open = append(open, names{})
		case '}', ']':
			open = open[:len(open)-1]
		case ',':
			open[len(open)-1].wanted = open[len(open)-1].object
		case '"':
			end := endOfString(raw, i)
			if n := len(open); n > 0 && open[n-1].wanted {
				if err := open[n-1].add(raw[i:end]); err != nil {
					return err
				}
			}
			i = end - 1
		}
	}
	return nil
}

// endOfString returns where the string that begins at i has ended.
func endOfString(raw []byte, i int) int {
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

// names are those of one object.
type names struct {
	object, wanted bool // wanted: the next string is a name
	few            [][]byte
	many           map[string]bool // from a number on
}

// add takes the next name, in its quotes.
func (n *names) add(quoted []byte) error {
	n.wanted = false
	name := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		var s string
		if err := json.Unmarshal(quoted, &s); err != nil {
			return err
		}
		name = []byte(s)
	}
	if n.many != nil || len(n.few) >= 64 {
		return n.addMany(name)
	}
	for _, old := range n.few {
		if bytes.EqualFold(old, name) {
			return Twice(string(name))
		}
	}
	n.few = append(n.few, name)
	return nil
}

func (n *names) addMany(name []byte) error {
	if n.many == nil {
		n.many = map[string]bool{}
		for _, old := range n.few {
			n.many[folded(old)] = true
		}
	}
	key := folded(name)
	if n.many[key] {
		return Twice(string(name))
	}
	n.many[key] = true
	return nil
}

// folded is the same text for names that bytes.EqualFold finds equal.
func folded(name []byte) string { return strings.ToLower(strings.ToUpper(string(name))) }
