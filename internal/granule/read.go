package granule

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"reconcile/internal/strictjson"
)

// Document is what a document says of all its granules. Empty: it says nothing.
type Document struct {
	Source   string // glacierBucket
	Override string // defaultBucketOverride
	Job      string // asyncOperationId
	Tier     string // defaultRecoveryTypeOverride
	Doc      int    // its number, from 0
	Line     int    // where it ends
	Granules int    // how many it names
}

// Error is a place in a document that cannot be read, or means nothing.
type Error struct {
	Name string
	Line int    // from 1
	Path string // granules[3].keys[0]; empty: the document
	Err  error
}

func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s:%d: %v", e.Name, e.Line, e.Err)
	}
	return fmt.Sprintf("%s:%d: %s: %v", e.Name, e.Line, e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Read reads all documents of a file. take is given each file of a granule as
// soon as it is read, and end each document when it is through, since what it
// says of all granules may stand behind them. A granule without any file is an
// error. The error is an *Error, or what reading, take or end returned.
func Read(in io.Reader, name string, take func(*File) error, end func(Document) error) error {
	buffered := bufio.NewReaderSize(in, 64<<10)
	if mark, _ := buffered.Peek(3); string(mark) == "\uFEFF" {
		buffered.Discard(3)
	}
	lines := strictjson.NewLines(buffered)
	r := &reader{name: name, lines: lines, dec: json.NewDecoder(lines), take: take}
	for {
		token, err := r.dec.Token()
		if err == io.EOF && r.doc > 0 {
			return nil
		}
		if err == nil {
			err = r.document(token)
		}
		if err != nil {
			return r.located(err)
		}
		r.head.Doc, r.head.Line = r.doc, r.line()
		if err := end(r.head); err != nil {
			return err
		}
		r.doc, r.head = r.doc+1, Document{}
	}
}

// reader reads one file.
type reader struct {
	name  string
	lines *strictjson.Lines
	dec   *json.Decoder
	take  func(*File) error
	doc   int
	head  Document
}

func (r *reader) line() int { return r.lines.At(r.dec.InputOffset()) }

func (r *reader) fail(path string, err error) error {
	return &Error{Name: r.name, Line: r.line(), Path: path, Err: err}
}

// takerError is an error of whoever takes the files: it is no mistake of the
// document.
type takerError struct{ err error }

func (e *takerError) Error() string { return e.err.Error() }

// located says where a broken document breaks.
func (r *reader) located(err error) error {
	var known *Error
	var syntax *json.SyntaxError
	var taken *takerError
	switch {
	case errors.As(err, &taken):
		return taken.err
	case errors.As(err, &known):
		return err
	case errors.As(err, &syntax):
		return &Error{Name: r.name, Line: r.lines.At(syntax.Offset), Err: err}
	case errors.Is(err, io.EOF) && r.doc == 0 && r.dec.InputOffset() == 0:
		return &Error{Name: r.name, Line: 1, Err: errors.New("there is no document")}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Name: r.name, Line: r.lines.Last(), Err: errors.New("the JSON ends in the middle")}
	}
	return err
}

// document reads one document: an object, or an array of granules.
func (r *reader) document(first json.Token) error {
	switch first {
	case json.Delim('['):
		return r.granules("")
	case json.Delim('{'):
	default:
		return r.fail("", fmt.Errorf("%.100v is neither a document with granules nor a granule", first))
	}
	own := map[string]json.RawMessage{}
	if err := r.object("", own); err != nil {
		return err
	}
	if err := r.header(own); err != nil {
		return err
	}
	_, named := own["granuleId"]
	_, identified := own["id"]
	switch {
	case r.head.Granules == 0 && (named || identified):
		return r.granule("", own)
	case r.head.Granules == 0:
		return r.fail("", errors.New("there are no granules in it"))
	case named:
		return r.fail("", errors.New("it is a granule, and has granules"))
	}
	return nil
}

// wrappers are the fields that may hold the document proper: input of an event
// of ORCA's Lambda, payload of a Cumulus message.
var wrappers = map[string]bool{"input": true, "payload": true}

// lists are the fields that may hold granules: results is that of Cumulus's API.
var lists = map[string]bool{"granules": true, "results": true}

// object reads the fields of a document, of which the first brace has been
// read, up to the last brace. Those that may be of use are left in own.
func (r *reader) object(path string, own map[string]json.RawMessage) error {
	seen := map[string]bool{}
	for r.dec.More() {
		token, err := r.dec.Token()
		if err != nil {
			return err
		}
		name := token.(string)
		if seen[name] {
			return r.fail(path, strictjson.Twice(name))
		}
		seen[name] = true
		if err := r.field(path, name, own); err != nil {
			return err
		}
	}
	_, err := r.dec.Token()
	return err
}

func (r *reader) field(path, name string, own map[string]json.RawMessage) error {
	switch {
	case lists[name], wrappers[name] && path == "":
		return r.nested(path+name, own)
	}
	var raw json.RawMessage
	if err := r.dec.Decode(&raw); err != nil {
		return err
	}
	if _, twice := own[name]; twice && documentField[name] {
		return r.fail(path+name, strictjson.Twice(name))
	}
	own[name] = nil
	if documentField[name] || granuleField[name] {
		own[name] = raw
	}
	return nil
}

// nested reads a list of granules, or a wrapped document.
func (r *reader) nested(path string, own map[string]json.RawMessage) error {
	token, err := r.dec.Token()
	switch {
	case err != nil:
		return err
	case token == json.Delim('[') && !wrappers[path]:
		return r.granules(path)
	case token == json.Delim('{') && wrappers[path]:
		return r.object(path+".", own)
	}
	return r.fail(path, fmt.Errorf("%.100v is not what stands there in a document", token))
}

// granules reads the elements of an array of which the bracket has been read.
func (r *reader) granules(path string) error {
	if r.head.Granules > 0 {
		return r.fail(path, errors.New("it has granules in a second place"))
	}
	for n := 0; r.dec.More(); n++ {
		var raw json.RawMessage
		if err := r.dec.Decode(&raw); err != nil {
			return err
		}
		at := fmt.Sprintf("%s[%d]", path, n)
		fields, err := strictjson.Object(raw)
		if err != nil {
			return r.fail(at, err)
		}
		if err := r.granule(at, fields); err != nil {
			return err
		}
	}
	_, err := r.dec.Token()
	if err == nil && r.head.Granules == 0 {
		return r.fail(path, errors.New("there are no granules in it"))
	}
	return err
}
