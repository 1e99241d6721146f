package s3list

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"sync"
)

// scanner reads an XML document from memory, element by element. What it
// returns is part of the document or of its own scratch memory.
//
// It is there for one document: a listing, of which a run reads millions of
// entries, and encoding/xml takes ten times as long for them. Of the scanners
// of others, those that are faster leave well-formedness to their caller: the
// one with the most users, tdewolff/parse, takes a document that is cut
// anywhere, end tags of other elements, unknown entities and control
// characters. Here that would be a listing with a hole.
//
// It is stricter than XML where S3 never goes: no document type, names in
// ASCII, no text beside elements, a limited depth. An error stays: after one,
// nothing more is returned, and the caller looks once, at the end.
//
// What is in memory may be only the beginning of the document. Nothing is then
// read differently from how it would be read with the rest: whatever the rest
// could change is an error for now. Whoever gets one goes back to where the
// scanner was, and comes again with more.
// https://www.w3.org/TR/xml/
type scanner struct {
	doc     []byte // the document, or what there is of it
	at      int
	passed  int            // bytes of the document that were before doc
	whole   bool           // the document ends where doc does
	top     []byte         // the root element's name; it outlives what doc was then
	open    [maxDepth]span // where the names of the other elements around at are
	depth   int
	closed  bool   // the last start tag was an end tag too: <a/>
	scratch []byte // texts that differ from what stands in the document
	err     error
	errAt   int // where in the document err was found
}

// span is a part of doc. Slices would do as well, but for the garbage
// collector, which wants to know of every one that is put away.
type span struct{ begin, end int }

// maxDepth is how deep elements may be nested. Those of a listing are 3 deep.
const maxDepth = 32

// What is wrong with a document.
var (
	errCut         = errors.New("the document breaks off")
	errTrailing    = errors.New("something after the document's end")
	errDeclaration = errors.New("another XML declaration than of version 1.0 in UTF-8")
	errDirective   = errors.New("a document type or another declaration")
	errAside       = errors.New("a malformed comment or instruction")
	errText        = errors.New("text beside elements")
	errValue       = errors.New("markup inside a value")
	errName        = errors.New("not a name")
	errAttribute   = errors.New("a malformed attribute")
	errEndTag      = errors.New("an end tag of another element")
	errDeep        = errors.New("elements nested too deep")
	errCharacter   = errors.New("not a character of XML in UTF-8")
	errReference   = errors.New("not a known reference")
	errBracket     = errors.New("]]> outside of a CDATA section")
)

func (s *scanner) fail(err error) {
	if s.err == nil {
		s.err, s.errAt = err, s.passed+s.at
	}
}

// failure returns the error together with where it is. Most errors are only
// those of a document whose rest has not arrived: they cost nothing.
func (s *scanner) failure() error {
	if s.err == nil {
		return nil
	}
	return fmt.Errorf("byte %d: %w", s.errAt, s.err)
}

// declaration is what may stand at the very beginning.
var declaration = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^<\?xml[ \t\r\n]+version=["']1\.0["']` +
		`([ \t\r\n]+encoding=["'](?i:utf-8)["'])?([ \t\r\n]+standalone=["'](yes|no)["'])?[ \t\r\n]*\?>`)
})

const byteOrderMark = "\ufeff"

// root returns the name of the root element, nil where there is none: the
// document is empty, or err says what is wrong.
func (s *scanner) root() []byte {
	if s.has(byteOrderMark) {
		s.at += len(byteOrderMark)
	}
	if m := declaration().Find(s.doc[s.at:min(len(s.doc), s.at+200)]); m != nil {
		s.at += len(m)
	}
	s.asides()
	if s.err == nil && s.at == len(s.doc) && !s.whole {
		s.fail(errCut)
	}
	if s.err != nil || s.at == len(s.doc) {
		return nil
	}
	return s.startTag()
}

// end is to be called when the root element has been read.
func (s *scanner) end() {
	if s.err != nil {
		return
	}
	if s.asides(); s.err != nil || s.at < len(s.doc) {
		s.err = nil
		s.fail(errTrailing)
	}
	if !s.whole {
		s.fail(errCut)
	}
}

// child returns the name, without prefix, of the next element within the
// current one, and makes it the current one. It returns nil at the current
// one's end, and the one around becomes current again.
func (s *scanner) child() []byte {
	if !s.closed {
		s.asides()
	}
	switch {
	case s.err != nil:
	case s.closed:
		s.leave()
	case s.at == len(s.doc):
		s.fail(errCut)
	case s.has("</"):
		s.endTag()
	default:
		return s.startTag()
	}
	return nil
}

// value returns the text of the current element, which has no elements in it,
// and leaves it. What came from scratch memory is good for as long as that is
// not taken back.
func (s *scanner) value() []byte {
	if s.err == nil && s.closed {
		s.leave()
		return nil
	}
	text := s.text()
	if len(text) == 0 && s.has(beginCDATA) {
		text = s.cdata()
	}
	switch {
	case s.err != nil:
	case s.at == len(s.doc):
		s.fail(errCut)
	case s.has("</"):
		s.endTag()
	default:
		s.fail(errValue)
	}
	return text
}

// skip leaves the current element, whatever is in it.
func (s *scanner) skip() {
	kept := len(s.scratch)
	for around := s.depth - 1; s.err == nil && s.depth > around; {
		if s.closed {
			s.leave()
			continue
		}
		s.text()
		s.scratch = s.scratch[:kept]
		switch {
		case s.err != nil:
		case s.at == len(s.doc):
			s.fail(errCut)
		case s.has("</"):
			s.endTag()
		case s.has(beginCDATA):
			s.cdata()
		case s.has("<!"), s.has("<?"):
			s.aside()
		default:
			s.startTag()
		}
	}
}

// asides skips white space, comments and instructions, and fails at text.
func (s *scanner) asides() {
	for s.err == nil {
		s.space()
		switch {
		case s.at == len(s.doc):
			return
		case s.doc[s.at] != '<' || s.has(beginCDATA):
			s.fail(errText)
		case s.has("<!"), s.has("<?"):
			s.aside()
		default:
			return
		}
	}
}

// aside skips a comment or an instruction.
func (s *scanner) aside() {
	switch {
	case s.has("<?"):
		s.instruction()
	case s.has("<!--"):
		s.comment()
	default:
		s.fail(errDirective)
	}
}

func (s *scanner) instruction() {
	s.at += 2 // <?
	name := s.name()
	switch {
	case s.err != nil:
	case bytes.EqualFold(name, []byte("xml")):
		s.fail(errDeclaration)
	case !s.space() && !s.has("?>"):
		s.fail(errAside)
	default:
		s.skipPast("?>")
	}
}

// comment skips a comment, which has no -- in it but at its end.
func (s *scanner) comment() {
	s.at += 4 // <!--
	s.skipPast("--")
	switch {
	case s.err != nil:
	case !s.has(">"):
		s.fail(errAside)
	default:
		s.at++
	}
}

func (s *scanner) skipPast(end string) {
	length := bytes.Index(s.doc[s.at:], []byte(end))
	if length < 0 {
		s.fail(errCut)
		return
	}
	s.at += length + len(end)
}
