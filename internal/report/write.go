package report

import (
	"context"
	"errors"
	"io"
	"os"
)

// Sinks are where reports go that are no local files.
type Sinks struct {
	Stdout io.Writer // for "-"
	// Upload writes an object. body is an *os.File at its start.
	Upload  func(ctx context.Context, bucket, key string, body io.Reader, contentType string) error
	KeepDir string // for reports that could not be delivered; empty: the current folder
}

// writing is one call of Write.
type writing struct {
	*Report
	head  head
	sinks Sinks
}

// Write writes the report to every destination; one that fails keeps none of
// the others from being tried. It ends the adding: outcomes that come later
// are refused. requests, when not nil, are the summary's; plan may be nil.
//
// A local path holds, at any time, the report that was there before or all of
// the new one. The error joins those of the destinations; each is an
// *UndeliveredError, which names the local file that the report was kept in.
// The sticky error of Add is joined too: the report is then written with the
// rows there are, not complete.
func (r *Report) Write(ctx context.Context, run Run, requests map[string]int64, plan *Plan, dests []Destination, sinks Sinks) error {
	h, err := r.seal(run, requests, plan)
	w := &writing{Report: r, head: h, sinks: sinks}
	errs := []error{err}
	for _, d := range dests {
		errs = append(errs, w.deliver(ctx, d))
	}
	return errors.Join(errs...)
}

// deliver writes the report to one destination.
func (w *writing) deliver(ctx context.Context, d Destination) error {
	switch {
	case d.IsStdout():
		return w.print(ctx, d)
	case d.IsS3():
		return w.upload(ctx, d)
	}
	err := replaceFile(d.Path, func(to io.Writer) error { return w.encode(ctx, d.Format, to) })
	if err == nil {
		return nil
	}
	f, tempErr := w.encodeTemp(ctx, d.Format)
	if tempErr != nil {
		return &UndeliveredError{Destination: d.Path, Err: err}
	}
	return w.keep(f, d, err)
}

func (w *writing) print(ctx context.Context, d Destination) error {
	err := errors.New("there is no standard output")
	if w.sinks.Stdout != nil {
		err = w.encode(ctx, d.Format, w.sinks.Stdout)
	}
	if err == nil {
		return nil
	}
	f, tempErr := w.encodeTemp(ctx, d.Format)
	if tempErr != nil {
		return &UndeliveredError{Destination: "standard output", Err: err}
	}
	return w.keep(f, Destination{Path: "stdout.json", Format: d.Format}, err)
}

// upload writes the report to a local file first: an upload needs the length
// and may have to begin anew, and a report that was not taken is not lost.
func (w *writing) upload(ctx context.Context, d Destination) error {
	f, err := w.encodeTemp(ctx, d.Format)
	if err != nil {
		return &UndeliveredError{Destination: d.Path, Err: err}
	}
	err = errors.New("there is no store to upload to")
	if w.sinks.Upload != nil {
		err = w.sinks.Upload(ctx, d.Bucket(), d.Key(), f, d.Format.ContentType())
	}
	if err != nil {
		return w.keep(f, d, err)
	}
	f.Close()
	os.Remove(f.Name()) // delivered is delivered
	return nil
}

// encodeTemp writes the report to a temporary file and returns it, open at its
// start. It is the caller's to close and remove.
func (w *writing) encodeTemp(ctx context.Context, format Format) (*os.File, error) {
	f, err := os.CreateTemp(w.opt.TempDir, "reconcile-report-*")
	if err != nil {
		return nil, err
	}
	err = w.encode(ctx, format, f)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		os.Remove(f.Name())
		return nil, err
	}
	return f, nil
}
