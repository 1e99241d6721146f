package s3sim

import (
	"encoding/xml"
	"net/url"
	"strings"
	"unicode/utf8"
)

const namespace = `xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`

func startXML(dst []byte) []byte {
	return append(dst, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"...)
}

// startDocument begins a body whose root element is name.
func startDocument(dst []byte, name string) []byte {
	dst = append(startXML(dst), '<')
	dst = append(dst, name...)
	dst = append(dst, " "+namespace+">"...)
	return dst
}

func appendElement(dst []byte, name, value string) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	dst = append(dst, '>')
	dst = appendText(dst, value)
	return appendEnd(dst, name)
}

func appendEnd(dst []byte, name string) []byte {
	dst = append(dst, '<', '/')
	dst = append(dst, name...)
	return append(dst, '>')
}

// appendOptional is appendElement for elements that are left out when empty.
func appendOptional(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendElement(dst, name, value)
}

// appendText escapes text. Control characters become references, also those
// that XML 1.0 cannot carry at all: S3 does so, and it is why listings are to
// be asked for with encoding-type=url.
func appendText(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '&' && c != '<' && c != '>' && c != '"' && c != 0x7f {
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = appendReference(dst, c)
		start = i + 1
	}
	return append(dst, s[start:]...)
}

func appendReference(dst []byte, c byte) []byte {
	switch c {
	case '&':
		return append(dst, "&amp;"...)
	case '<':
		return append(dst, "&lt;"...)
	case '>':
		return append(dst, "&gt;"...)
	case '"':
		return append(dst, "&quot;"...)
	}
	const digits = "0123456789abcdef"
	dst = append(dst, "&#x"...)
	if c >= 16 {
		dst = append(dst, digits[c>>4])
	}
	return append(dst, digits[c&15], ';')
}

// keyCodec says how keys are written in a listing.
type keyCodec struct{ url bool }

// element appends an element whose text is a key or a part of one.
func (k keyCodec) element(dst []byte, name, key string) []byte {
	if !k.url {
		return appendElement(dst, name, key)
	}
	dst = append(dst, '<')
	dst = append(dst, name...)
	dst = append(dst, '>')
	dst = appendURLEncoded(dst, key)
	return appendEnd(dst, name)
}

// urlSafe are the bytes that encoding-type=url leaves as they are.
var urlSafe = func() (safe [256]bool) {
	for c := range safe {
		s := string([]byte{byte(c)})
		safe[c] = c == '/' || c < utf8.RuneSelf && url.QueryEscape(s) == s
	}
	return safe
}()

// appendURLEncoded writes a key as encoding-type=url has it: form encoding with
// the slashes kept.
func appendURLEncoded(dst []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case urlSafe[c]:
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}

// decodeXML decodes a request's body, whatever namespace it uses.
func decodeXML(data []byte, into any) error {
	if len(data) == 0 || xml.Unmarshal(data, into) != nil {
		return errMalformedXML
	}
	return nil
}

func quoted(etag string) string { return `"` + etag + `"` }

func unquoted(etag string) string { return strings.Trim(strings.TrimSpace(etag), `"`) }
