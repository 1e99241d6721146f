package scan

import (
	"bufio"
	"encoding/gob"
	"errors"
	"io"
	"os"

	"reconcile/internal/reconcile"
)

// waitingInMemory is how many decisions wait in memory; the rest waits in a
// temporary file, so that a bucket of archived objects that says nothing of
// restores costs disk and not memory.
const waitingInMemory = 4096

// waiting keeps decisions in order until drain.
type waiting struct {
	dir  string
	held []reconcile.Decision
	file *os.File
	buf  *bufio.Writer
	enc  *gob.Encoder
}

func newWaiting(dir string) *waiting { return &waiting{dir: dir} }

func (w *waiting) add(d reconcile.Decision) error {
	if w.enc == nil && len(w.held) < waitingInMemory {
		w.held = append(w.held, d)
		return nil
	}
	if w.enc == nil {
		if err := w.open(); err != nil {
			return err
		}
	}
	return w.enc.Encode(d)
}

func (w *waiting) open() (err error) {
	w.file, err = os.CreateTemp(w.dir, "reconcile-undecided-*")
	if err != nil {
		return err
	}
	w.buf = bufio.NewWriterSize(w.file, 1<<16)
	w.enc = gob.NewEncoder(w.buf)
	return nil
}

// drain calls emit with every decision in the order they were added.
func (w *waiting) drain(emit func(reconcile.Decision) error) error {
	for _, d := range w.held {
		if err := emit(d); err != nil {
			return err
		}
	}
	w.held = nil
	if w.enc == nil {
		return nil
	}
	if err := w.buf.Flush(); err != nil {
		return err
	}
	if _, err := w.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return decodeAll(w.file, emit)
}

func decodeAll(r io.Reader, emit func(reconcile.Decision) error) error {
	dec := gob.NewDecoder(bufio.NewReaderSize(r, 1<<16))
	for {
		var d reconcile.Decision
		err := dec.Decode(&d)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := emit(d); err != nil {
			return err
		}
	}
}

// close removes the temporary file.
func (w *waiting) close() {
	if w.file != nil {
		w.file.Close()
		os.Remove(w.file.Name())
	}
}
