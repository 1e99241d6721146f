package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"reconcile/internal/storage"
)

// writing is one call of Write.
type writing struct {
	*Report
	head    head
	sinks   Sinks
	written []writtenReport // encoded, whether it has been delivered or not
}

// Write writes the report to every destination; one that fails keeps none of
// the others from being tried. It ends the adding: outcomes that come later
// are refused. requests, when not nil, are the summary's; plan may be nil.
//
// Local files come first, and are finished although ctx may have ended: a report
// that was begun is not given up. Standard output and uploads, which may hang,
// follow at the same time, until ctx ends. What they have not taken by then is
// kept in a local file.
//
// A local path holds, at any time, the report that was there before or all of
// the new one. What stands at a destination and is no report of this program is
// not replaced. The error joins those of the destinations; each is an
// *UndeliveredError, which names the local file that the report was kept in.
// The sticky error of Add is joined too: the report is then written with the
// rows there are, not complete.
func (r *Report) Write(ctx context.Context, run Run, requests map[string]int64, plan *Plan, dests []Destination, sinks Sinks) error {
	h, err := r.seal(run, requests, plan)
	w := &writing{Report: r, head: h, sinks: sinks}
	errs := make([]error, len(dests))
	var remote sync.WaitGroup
	order := pagesLast(dests)
	for _, i := range order {
		if d := dests[i]; !d.IsStdout() && !d.IsS3() {
			errs[i] = w.replace(d)
		}
	}
	for _, i := range order {
		if d := dests[i]; d.IsStdout() || d.IsS3() {
			body := w.body(d)
			remote.Go(func() { errs[i] = w.send(ctx, d, body) })
		}
	}
	remote.Wait()
	if w.sinks.Manifests {
		errs = append(errs, w.writeManifests(ctx, dests, errs))
	}
	return errors.Join(append([]error{err}, errs...)...)
}

// pagesLast is the order of writing: pages have the digests of what was written
// before them.
func pagesLast(dests []Destination) (order []int) {
	for _, pages := range []bool{false, true} {
		for i, d := range dests {
			if (d.Format == HTML) == pages {
				order = append(order, i)
			}
		}
	}
	return order
}

// replace writes a local report.
func (w *writing) replace(d Destination) error {
	err := d.standing(func(begin []byte) error {
		return w.sinks.mayReplace(context.Background(), d, begin, w.head.run.Command)
	})
	if err == nil {
		err = storage.ReplaceFile(d.Path, func(to io.Writer) error { return w.encode(d, to) })
	}
	if err == nil {
		return nil
	}
	body := w.body(d)
	if body.err != nil {
		return &UndeliveredError{Destination: d.Path, Err: err}
	}
	return w.keep(body, d, err)
}

// send delivers an encoded report to where it may take long.
func (w *writing) send(ctx context.Context, d Destination, body *body) error {
	if body.err != nil {
		return &UndeliveredError{Destination: d.called(), Err: body.err}
	}
	err := context.Cause(ctx)
	switch {
	case d.IsStdout():
		err = w.print(ctx, body)
	case err != nil:
		err = fmt.Errorf("there was no time left: %w", err)
	default:
		err = w.upload(ctx, d, body)
	}
	if err == nil {
		body.remove() // delivered is delivered
		return nil
	}
	return w.keep(body, d, err)
}

// printLate is how long a report may be printed after its ctx has ended: a
// reader who is there has it also when a short deadline left no time.
const printLate = 500 * time.Millisecond

// print copies the report to standard output. A reader at the other end of a
// pipe may take nothing, and such a write cannot be called back: it is given up
// soon after ctx ends, and the process with it.
func (w *writing) print(ctx context.Context, body *body) error {
	if w.sinks.Stdout == nil {
		return errors.New("there is no standard output")
	}
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(w.sinks.Stdout, body.reader())
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(printLate):
		return fmt.Errorf("nobody has read it to its end: %w", context.Cause(ctx))
	}
}

// upload writes the report to S3, if what stands there may be replaced.
func (w *writing) upload(ctx context.Context, d Destination, body *body) error {
	return w.sinks.upload(ctx, d, d.Format.ContentType(), func() (io.ReadSeeker, error) { return body.reader(), nil }, func(begin []byte) error {
		return w.sinks.mayReplace(ctx, d, begin, w.head.run.Command)
	})
}
