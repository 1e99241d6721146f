package s3list

import "bytes"

// startTag reads a start tag and returns the element's name without prefix.
func (s *scanner) startTag() []byte {
	s.at++ // <
	begin := s.at
	name := s.name()
	at := span{begin, s.at}
	for s.err == nil {
		spaced := s.space()
		switch {
		case s.at == len(s.doc):
			s.fail(errCut)
		case s.doc[s.at] == '>':
			s.at++
			return s.entered(at, name)
		case s.has("/>"):
			s.at += 2
			s.closed = true
			return s.entered(at, name)
		case !spaced:
			s.fail(errAttribute)
		default:
			s.attribute()
		}
	}
	return nil
}

// enter makes the element with that name the current one.
func (s *scanner) enter(name span) bool {
	if s.depth == maxDepth {
		s.fail(errDeep)
		return false
	}
	s.open[s.depth] = name
	if s.depth++; s.depth == 1 {
		s.top = bytes.Clone(s.doc[name.begin:name.end])
	}
	return true
}

// entered enters an element and returns its name without prefix.
func (s *scanner) entered(at span, name []byte) []byte {
	if !s.enter(at) {
		return nil
	}
	return name[bytes.IndexByte(name, ':')+1:]
}

func (s *scanner) leave() {
	s.depth--
	s.closed = false
}

// endTag reads the end tag of the current element.
func (s *scanner) endTag() {
	name := s.top
	if s.depth > 1 {
		at := s.open[s.depth-1]
		name = s.doc[at.begin:at.end]
	}
	if !bytes.HasPrefix(s.doc[s.at+2:], name) {
		s.fail(errEndTag)
		return
	}
	s.at += 2 + len(name)
	if !s.has(">") {
		s.space()
	}
	if s.at == len(s.doc) || s.doc[s.at] != '>' {
		s.fail(errEndTag)
		return
	}
	s.at++
	s.leave()
}

// attribute reads over one. A listing says nothing by them but its name space.
func (s *scanner) attribute() {
	s.name()
	s.space()
	if !s.has("=") {
		s.fail(errAttribute)
		return
	}
	s.at++
	s.space()
	if !s.has(`"`) && !s.has("'") {
		s.fail(errAttribute)
		return
	}
	quote := s.doc[s.at]
	s.at++
	kept := len(s.scratch)
	s.textUntil(quote)
	s.scratch = s.scratch[:kept]
	if s.err == nil && s.at == len(s.doc) {
		s.fail(errCut)
	}
	s.at = min(s.at+1, len(s.doc))
}

// name reads a name, with its prefix if it has one.
func (s *scanner) name() []byte {
	begin := s.at
	for s.at < len(s.doc) && names[s.doc[s.at]] {
		s.at++
	}
	name := s.doc[begin:s.at]
	colon := bytes.IndexByte(name, ':')
	if len(name) == 0 || !starts(name[0]) || colon == len(name)-1 || bytes.IndexByte(name[colon+1:], ':') >= 0 {
		s.fail(errName)
	}
	return name
}

// names are the bytes of a name in ASCII.
var names = func() (in [256]bool) {
	for c := range in {
		c := byte(c)
		in[c] = starts(c) || '0' <= c && c <= '9' || c == '-' || c == '.' || c == ':'
	}
	return in
}()

// starts reports whether a name can begin with c.
func starts(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }

// space skips white space and reports whether there was any.
func (s *scanner) space() bool {
	begin := s.at
	for s.at < len(s.doc) && spaces[s.doc[s.at]] {
		s.at++
	}
	return s.at > begin
}

var spaces = [256]bool{' ': true, '\t': true, '\r': true, '\n': true}

// has reports whether the document goes on with text.
func (s *scanner) has(text string) bool {
	return len(s.doc)-s.at >= len(text) && string(s.doc[s.at:s.at+len(text)]) == text
}
