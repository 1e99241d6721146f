package report

import (
	"bytes"
	"io"
	"os"
)

// body is an encoded report that waits to be delivered: a temporary file, or
// memory where no folder can be written to. Such a system has no place for rows
// beyond the memory limit either, so the report is not long.
type body struct {
	file *os.File // nil: it is in text
	text []byte
	size int64 // of file, in bytes
	err  error // why there is none
}

// body encodes the report for a destination.
func (w *writing) body(d Destination) *body {
	for _, dir := range []string{w.opt.TempDir, w.keepDir()} {
		f, err := os.CreateTemp(dir, "reconcile-report-*")
		if err != nil {
			continue
		}
		var size int64
		if err = w.encode(d, f); err == nil {
			size, err = f.Seek(0, io.SeekCurrent)
		}
		if err == nil {
			return &body{file: f, size: size}
		}
		f.Close()
		os.Remove(f.Name())
		return &body{err: err}
	}
	var text bytes.Buffer
	err := w.encode(d, &text)
	return &body{text: text.Bytes(), err: err}
}

// reader reads all of it.
func (b *body) reader() io.ReadSeeker {
	if b.file == nil {
		return bytes.NewReader(b.text)
	}
	return io.NewSectionReader(b.file, 0, b.size)
}

// remove gives it up.
func (b *body) remove() {
	if b.file != nil {
		b.file.Close()
		os.Remove(b.file.Name())
	}
}
