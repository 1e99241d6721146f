package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"reconcile/internal/storage"
)

// UndeliveredError is a report that did not get where it should.
type UndeliveredError struct {
	Destination string // as it was given
	Kept        string // the local file that has the report; empty: there is none
	Err         error
}

func (e *UndeliveredError) Error() string {
	if e.Kept == "" {
		return fmt.Sprintf("report to %s: %v", e.Destination, e.Err)
	}
	return fmt.Sprintf("report to %s, kept as %s: %v", e.Destination, e.Kept, e.Err)
}

func (e *UndeliveredError) Unwrap() error { return e.Err }

// keep moves an encoded report to where its reader finds it and returns the
// error that says so. If it cannot be moved it stays where it is: that file is
// then named.
func (w *writing) keep(b *body, d Destination, cause error) error {
	name := d.called()
	if w.sinks.Passing {
		b.remove()
		return &UndeliveredError{Destination: name, Err: cause}
	}
	if b.file == nil {
		path, err := reserve(w.keepPath(d))
		if err == nil {
			err = storage.ReplaceFile(path, func(to io.Writer) error { _, err := to.Write(b.text); return err })
		}
		if err != nil {
			return &UndeliveredError{Destination: name, Err: fmt.Errorf("%w; keep the report: %w", cause, err)}
		}
		return &UndeliveredError{Destination: name, Kept: path, Err: cause}
	}
	b.file.Close()
	kept, err := moveInto(b.file.Name(), w.keepPath(d))
	if err != nil {
		kept, cause = b.file.Name(), fmt.Errorf("%w; keep the report: %w", cause, err)
	}
	return &UndeliveredError{Destination: name, Kept: kept, Err: cause}
}

// called is the destination in words.
func (d Destination) called() string {
	if d.IsStdout() {
		return "standard output"
	}
	return d.Path
}

// keepDir is where reports are kept.
func (w *writing) keepDir() string { return cmp.Or(w.sinks.KeepDir, ".") }

// keepPath is the name a report is kept under: the key with the run's id
// before the extension, all in one plain file name.
func (w *writing) keepPath(d Destination) string {
	name := d.Key()
	switch {
	case d.IsStdout():
		name = "stdout.json"
	case !d.IsS3():
		name = filepath.Base(d.Path)
	}
	extension := filepath.Ext(name)
	id := w.head.run.ID
	if id == "" {
		id = w.head.run.FinishedAt.UTC().Format("20060102T150405Z")
	}
	stem := plainName(strings.TrimSuffix(name, extension))
	name = strings.TrimLeft(stem+"-"+plainName(id), "-.") // neither hidden nor like a flag
	return filepath.Join(w.sinks.KeepDir, name+plainName(extension))
}

// plainName replaces what might not do in a file's name, and keeps the end of
// a long one, which tells more.
func plainName(s string) string {
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return '_'
	}, s)
	return name[max(len(name)-100, 0):]
}

// moveInto moves a file to path, or to path with a number where that name is
// taken, and returns where it is now.
func moveInto(file, path string) (string, error) {
	path, err := reserve(path)
	if err != nil {
		return "", err
	}
	if os.Rename(file, path) == nil {
		return path, nil
	}
	if err := copyOver(file, path); err != nil { // another file system
		os.Remove(path)
		return "", err
	}
	return path, os.Remove(file)
}

// reserve creates path, or the first free name like it.
func reserve(path string) (string, error) {
	extension := filepath.Ext(path)
	stem := strings.TrimSuffix(path, extension)
	for i := 2; ; i++ {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			return path, f.Close()
		}
		if !errors.Is(err, os.ErrExist) {
			return "", err
		}
		path = fmt.Sprintf("%s-%d%s", stem, i, extension)
	}
}

func copyOver(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return storage.ReplaceFile(to, func(w io.Writer) error { _, err := io.Copy(w, in); return err })
}
