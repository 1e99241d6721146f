package granule

import (
	"fmt"
	"io"
)

// Joined gives what files say of each key once, in key order: E is what is made of
// a file, and of all files with its key.
type Joined[E any] struct {
	files *Reader
	names []string
	entry func(File) E
	join  func(to *E, more E) error
	next  File
	ahead bool // next has been read
}

// Join ends the adding and returns a reader of what entry makes of the files. join
// adds what another file says of the same key; its error says what the two
// disagree in. names are those of the files that were read, by File.Source.
func Join[E any](f *Files, names []string, entry func(File) E, join func(to *E, more E) error) (*Joined[E], error) {
	files, err := f.Reader()
	if err != nil {
		return nil, err
	}
	return &Joined[E]{files: files, names: names, entry: entry, join: join}, nil
}

// Next returns the next entry, or io.EOF. Two files that disagree are an *Error.
func (j *Joined[E]) Next() (none E, err error) {
	first, err := j.file()
	if err != nil {
		return none, err
	}
	e := j.entry(first)
	for {
		more, err := j.file()
		if err == io.EOF {
			return e, nil
		}
		if err != nil {
			return none, err
		}
		if more.Key != first.Key {
			j.next, j.ahead = more, true
			return e, nil
		}
		if err := j.join(&e, j.entry(more)); err != nil {
			return none, &Error{Name: j.names[more.Source], Line: more.Line, Err: fmt.Errorf("%s: %w by %s:%d", more.Key, err, j.names[first.Source], first.Line)}
		}
	}
}

func (j *Joined[E]) file() (File, error) {
	if j.ahead {
		j.ahead = false
		return j.next, nil
	}
	return j.files.Next()
}

// Each calls take with each entry until there are no more.
func (j *Joined[E]) Each(take func(E) error) error {
	for {
		e, err := j.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = take(e)
		}
		if err != nil {
			return err
		}
	}
}
