package keylist

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"reconcile/internal/strictjson"
)

// json reads one array of strings, or JSON Lines: strings, or objects that have
// the key under "key".
func (r *reader) json() error {
	head, _ := r.in.Peek(sniffed)
	in := strictjson.NewLines(r.in)
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
		return r.fail(in.At(syntax.Offset), fmt.Errorf("it is not one JSON array of strings, and not JSON Lines: %w", err))
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return r.fail(in.Last(), errors.New("the JSON ends in the middle"))
	}
	return err
}

// array reads an array of strings, after which nothing may come.
func (r *reader) array(d *json.Decoder, in *strictjson.Lines) error {
	if _, err := d.Token(); err != nil { // the bracket
		return err
	}
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		line := in.At(d.InputOffset())
		key, err := strictjson.Text(raw)
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
		return r.fail(in.At(d.InputOffset()), errors.New("something follows the JSON array"))
	}
	return nil
}

func (r *reader) jsonLines(d *json.Decoder, in *strictjson.Lines) error {
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
		if e.Line = in.At(d.InputOffset()); err != nil {
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
		key, err := strictjson.Text(raw)
		return Entry{Key: key}, err
	}
	names, values, err := strictjson.Fields(raw)
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
		if *to, err = strictjson.Text(values[i]); err != nil {
			return Entry{}, fmt.Errorf("%s: %w", names[i], err)
		}
	}
	return e, nil
}
