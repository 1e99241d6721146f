package s3store

import (
	"bytes"
	"io"
	"regexp"
	"strconv"
)

// decodable makes a body decodable that repeats a key with a control character
// in it: XML cannot carry that, S3 sends it nevertheless, and no decoder takes
// it. It is for operations that have no encoding-type, and whose answers are
// not read for their keys: the character becomes a question mark.
type decodable struct {
	io.ReadCloser
	text *bytes.Reader // nil: not read yet
	err  error         // of reading
}

func (d *decodable) Read(p []byte) (int, error) {
	if d.text == nil {
		var all []byte
		all, d.err = io.ReadAll(d.ReadCloser)
		d.text = bytes.NewReader(withoutControls(all))
	}
	n, err := d.text.Read(p)
	if err == io.EOF && d.err != nil {
		err = d.err
	}
	return n, err
}

// reference is one to a character by its number.
var reference = regexp.MustCompile(`&#(?:x0*([0-9A-Fa-f]{1,2})|0*([0-9]{1,2}));`)

func withoutControls(text []byte) []byte {
	text = reference.ReplaceAllFunc(text, func(ref []byte) []byte {
		m := reference.FindSubmatch(ref)
		n, err := strconv.ParseUint(string(m[1]), 16, 8)
		if err != nil {
			n, _ = strconv.ParseUint(string(m[2]), 10, 8)
		}
		if illegal(byte(n)) {
			return []byte("?")
		}
		return ref
	})
	return bytes.Map(func(r rune) rune {
		if r < ' ' && illegal(byte(r)) {
			return '?'
		}
		return r
	}, text)
}

func illegal(c byte) bool { return c < ' ' && c != '\t' && c != '\n' && c != '\r' }
