package s3list

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// text returns the text up to the next markup, or to the document's end: from
// the document where nothing in it needs to be replaced, else from scratch
// memory.
func (s *scanner) text() []byte {
	begin := s.at
	if s.plain(); s.at == len(s.doc) || s.doc[s.at] == '<' {
		return s.doc[begin:s.at]
	}
	s.at = begin
	return s.textUntil('<')
}

// textUntil decodes text into scratch memory. It stops before the byte stop,
// which is < or a quote.
func (s *scanner) textUntil(stop byte) []byte {
	kept := len(s.scratch)
	for s.err == nil {
		begin := s.at
		s.plain()
		s.scratch = append(s.scratch, s.doc[begin:s.at]...)
		if s.at == len(s.doc) || s.doc[s.at] == stop {
			break
		}
		s.special(stop)
	}
	return s.scratch[kept:]
}

// special decodes one character that is not plain.
func (s *scanner) special(stop byte) {
	switch c := s.doc[s.at]; {
	case c == '<': // in a value of an attribute
		s.fail(errAttribute)
	case c == '&':
		s.reference()
	case c == ']' && stop == '<' && s.has("]]>"):
		s.fail(errBracket)
	default:
		s.character()
	}
}

// character copies one character. The ends of lines become those of XML.
// https://www.w3.org/TR/xml/#sec-line-ends
func (s *scanner) character() {
	r, n := utf8.DecodeRune(s.doc[s.at:])
	switch {
	case r == utf8.RuneError && n == 1, !isCharacter(r):
		s.fail(errCharacter)
	case s.has("\r\n"):
		n, r = 2, '\n'
	case r == '\r':
		r = '\n'
	}
	s.scratch = utf8.AppendRune(s.scratch, r)
	s.at += n
}

// isCharacter reports whether XML 1.0 can hold r.
// https://www.w3.org/TR/xml/#charsets
func isCharacter(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || ' ' <= r && r <= 0xD7FF ||
		0xE000 <= r && r <= 0xFFFD || 0x10000 <= r && r <= 0x10FFFF
}

// maxReference is the length of &#x0010FFFF; and some more.
const maxReference = 16

// reference decodes &lt; or &#60; or &#x3c;.
func (s *scanner) reference() {
	text, _, found := bytes.Cut(s.doc[s.at+1:min(len(s.doc), s.at+maxReference)], []byte(";"))
	r := referenced(text)
	if !found || !isCharacter(r) {
		s.fail(errReference)
		return
	}
	s.scratch = utf8.AppendRune(s.scratch, r)
	s.at += len(text) + 2
}

// referenced returns the character that a reference is for, else 0, which is
// none of XML's.
func referenced(text []byte) rune {
	switch string(text) {
	case "quot":
		return '"'
	case "amp":
		return '&'
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "apos":
		return '\''
	}
	digits, numeric := bytes.CutPrefix(text, []byte("#"))
	if !numeric {
		return 0
	}
	base := 10
	if hex, ok := bytes.CutPrefix(digits, []byte("x")); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(string(digits), base, 21) // up to U+1FFFFF
	if err != nil {
		return 0
	}
	return rune(n)
}

const (
	beginCDATA = "<![CDATA["
	endCDATA   = "]]>"
)

// cdata decodes a CDATA section into scratch memory.
func (s *scanner) cdata() []byte {
	length := bytes.Index(s.doc[s.at:], []byte(endCDATA))
	if length < 0 {
		s.fail(errCut)
		return nil
	}
	end, kept := s.at+length, len(s.scratch)
	for s.at += len(beginCDATA); s.at < end && s.err == nil; {
		s.character()
	}
	s.at = end + len(endCDATA)
	return s.scratch[kept:]
}

// plain skips characters that are what they look like, wherever they stand.
func (s *scanner) plain() {
	rest := s.doc[s.at:]
	for i, c := range rest {
		if !plains[c] {
			s.at += i
			return
		}
	}
	s.at += len(rest)
}

var plains = func() (in [256]bool) {
	for c := range in {
		in[c] = ' ' <= c && c < utf8.RuneSelf
	}
	in['\t'], in['\n'] = true, true
	for _, c := range `<&]"'` {
		in[c] = false
	}
	return in
}()
