// Package keylist reads lists of object keys, as people write them and as tools
// give them out.
//
//   - Text: one key a line, as it is in the bucket; a line BUCKET,KEY of the
//     bucket in question is read as in a manifest of S3 Batch Operations.
//   - CSV: with a header that names the columns, or one column of keys, or
//     BUCKET,KEY[,VERSION] as manifests of S3 Batch Operations and inventories
//     have it, with URL-encoded keys.
//   - JSON: one array of strings.
//   - JSON Lines: strings, or objects with the key under "key".
//
// The name's end says which, or the first line does. A list that is read
// otherwise than it was meant brings back what was withdrawn, or leaves out what
// was asked for: what could be a misunderstanding is an error, which names the
// file and the line.
package keylist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Entry is one key of a list.
type Entry struct {
	Bucket  string // empty: the list names none
	Key     string
	Version string // empty: the list names none
	// Alternate is the other reading of a key that is URL-encoded if whoever
	// wrote the list has kept to the rules: as it stands there. Empty: there is
	// one reading.
	Alternate string
	Line      int // of the list, from 1
}

// Error is a line of a list that cannot be read, or could be misread.
type Error struct {
	Name string
	Line int // from 1
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %v", e.Name, e.Line, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// reader reads one list.
type reader struct {
	name   string
	bucket string
	in     *bufio.Reader
	take   func(Entry) error
}

// Read reads a whole list and calls take with each of its entries, in the
// order of the list, and duplicates as often as they stand there. name is that
// of the file: its end tells the format, and errors begin with it. bucket is
// the one the keys are expected to be of, by which lines BUCKET,KEY are known;
// it may be empty. Memory does not grow with the list.
//
// The error is an *Error, or what reading or take returned.
func Read(in io.Reader, name, bucket string, take func(Entry) error) error {
	r := &reader{name: name, bucket: bucket, in: bufio.NewReaderSize(in, sniffed), take: take}
	head, err := r.in.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	head, marked := bytes.CutPrefix(head, []byte(byteOrderMark))
	if marked {
		r.in.Discard(len(byteOrderMark))
	}
	return r.format(head)()
}

const (
	sniffed       = 64 << 10 // bytes that are looked at to find out the format
	byteOrderMark = "\uFEFF" // what some editors put before UTF-8 text
)

// format chooses by the name's end and the first line.
func (r *reader) format(head []byte) func() error {
	first := bytes.TrimLeft(head, " \t\r\n")
	switch strings.ToLower(path.Ext(r.name)) {
	case ".json", ".jsonl", ".ndjson":
		return r.json
	case ".csv":
		return r.csv
	}
	switch {
	case bytes.HasPrefix(first, []byte("[")) || bytes.HasPrefix(first, []byte("{")):
		return r.json
	case bytes.HasPrefix(first, []byte(`"`)) || r.isHeader(firstLine(first)):
		return r.csv
	}
	return r.text
}

func firstLine(text []byte) string {
	if end := bytes.IndexAny(text, "\r\n"); end >= 0 {
		text = text[:end]
	}
	return string(text)
}

// give hands an entry on, if its key can be one.
func (r *reader) give(e Entry) error {
	if err := check(e.Key); err != nil {
		return r.fail(e.Line, err)
	}
	return r.take(e)
}

func (r *reader) fail(line int, err error) error {
	return &Error{Name: r.name, Line: line, Err: err}
}

// maxKeyBytes is the length of the longest key.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const maxKeyBytes = 1024

// check returns why no object has the key.
func check(key string) error {
	switch {
	case key == "":
		return errors.New("there is no key")
	case len(key) > maxKeyBytes:
		return fmt.Errorf("it has %d bytes, more than a key can have", len(key))
	}
	return nil
}

// checkPlain returns what of a key that stands there without any encoding could
// be a misunderstanding. A JSON list can hold every key.
func checkPlain(key string) error {
	first, _ := utf8.DecodeRuneInString(key)
	last, _ := utf8.DecodeLastRuneInString(key)
	what := ""
	switch {
	case !utf8.ValidString(key):
		what = "it is not UTF-8 text"
	case strings.ContainsFunc(key, unicode.IsControl):
		what = "there is a tab or another control character in it"
	case unicode.IsSpace(first) || unicode.IsSpace(last) || first == '\uFEFF':
		what = "it begins or ends with a space"
	default:
		return nil
	}
	return errors.New(what + orJSON)
}

const orJSON = ": if that is the key, give it in a JSON list"

func checkFields(fields []string) error {
	for _, f := range fields {
		if f == "" {
			continue
		}
		if err := checkPlain(f); err != nil {
			return err
		}
	}
	return nil
}
