package s3list

import "strings"

// fields are the names of the elements that are known within another one, in
// the order in which S3 sends them.
type fields struct {
	names []string
	tags  []string // the start tags, as S3 writes them
}

func newFields(names []string) *fields {
	f := &fields{names: names}
	for _, name := range names {
		f.tags = append(f.tags, "<"+name+">")
	}
	return f
}

// find returns the index of a name, -1 for one that is not known.
func (f *fields) find(name []byte) int {
	for i, known := range f.names {
		if string(name) == known {
			return i
		}
	}
	for i, known := range f.names {
		if strings.EqualFold(string(name), known) {
			return i
		}
	}
	return -1
}

// field is child for elements whose names are known: it returns the index of
// the next one's name in f, -1 for one that is not known, and ok is false where
// child returns nil.
//
// It makes no difference what is guessed, only how long it takes: nearly every
// tag is written as S3 writes it, and comes where S3 sends it. Of those, one
// comparison is enough.
func (s *scanner) field(f *fields, guess int) (field int, ok bool) {
	if s.err == nil && !s.closed {
		if s.has("</") {
			s.endTag()
			return 0, false
		}
		for range f.tags {
			if guess == len(f.tags) {
				guess = 0
			}
			if s.has(f.tags[guess]) {
				return guess, s.enterTag(len(f.tags[guess]))
			}
			guess++
		}
	}
	name := s.child()
	if name == nil {
		return 0, false
	}
	return f.find(name), true
}

// enterTag enters the element whose start tag, a plain one, is so long.
func (s *scanner) enterTag(length int) bool {
	name := span{s.at + 1, s.at + length - 1}
	s.at += length
	return s.enter(name)
}

// fieldSet is a set of indexes of fields.
type fieldSet uint32

func (s fieldSet) has(field int) bool { return s&(1<<field) != 0 }

func (s *fieldSet) add(field int) {
	if field >= 0 {
		*s |= 1 << field
	}
}
