package s3store

import (
	"bytes"
	"regexp"
	"strconv"
	"sync"
)

// reference is one to a character by its number.
var reference = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`&#(?:x0*([0-9A-Fa-f]{1,2})|0*([0-9]{1,2}));`) })

// withoutControls makes a document decodable that repeats a key with a control
// character in it: XML cannot carry that, S3 sends it nevertheless, and no
// decoder takes it. It is for operations that have no encoding-type, and whose
// answers are not read for their keys: the character becomes a question mark.
func withoutControls(text []byte) []byte {
	text = reference().ReplaceAllFunc(text, func(ref []byte) []byte {
		m := reference().FindSubmatch(ref)
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
