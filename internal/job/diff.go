package job

import (
	"context"
	"errors"
	"fmt"
	"io"

	"reconcile/internal/diff"
	"reconcile/internal/display"
	"reconcile/internal/report"
)

// Diff is the job of diff: it compares two reports and writes what changed to
// where the job's reports go. The addresses are as Convert's.
func (j *Job) Diff(ctx context.Context, older, newer string) Result {
	if err := j.prepare(); err != nil {
		return Result{State: Invalid, Err: err}
	}
	end := newEnding(ctx, j.Deadline)
	defer end.close()
	d := differ{reports: j.Reports, tempDir: j.tempDir}
	defer d.close()
	got, err := d.compare(ctx, j.files(), older, newer)
	if err == nil {
		err = errors.Join(d.deliver(end.report, j.sinks(), got), j.tellDiff(got))
	}
	result := reported(ctx, err)
	if result.State == Complete && got.Worse > 0 {
		result.State, result.Err = Unsettled, fmt.Errorf("something got worse: %s", got)
	}
	return result
}

// differ compares two reports.
type differ struct {
	reports []report.Destination
	tempDir string
	sides   [2]diff.Input  // the older one first
	outputs []*diff.Output // one for each report
	opened  []io.Closer
}

func (d *differ) close() {
	for _, o := range d.outputs {
		o.Close()
	}
	for _, body := range d.opened {
		body.Close()
	}
}

func (d *differ) compare(ctx context.Context, in files, older, newer string) (got diff.Result, err error) {
	for i, name := range []string{older, newer} {
		body, err := in.open(ctx, name)
		if err != nil {
			return got, err
		}
		d.opened = append(d.opened, body)
		d.sides[i] = diff.Input{Name: name, Body: body}
	}
	for _, to := range d.reports {
		o, err := diff.NewOutput(to.Format, d.tempDir)
		if err != nil {
			return got, err
		}
		d.outputs = append(d.outputs, o)
	}
	return diff.Compare(&d.sides[0], &d.sides[1], func(row diff.Row) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for _, o := range d.outputs {
			if err := o.Add(row); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *differ) deliver(ctx context.Context, sinks report.Sinks, got diff.Result) error {
	var failed []error
	for i, o := range d.outputs {
		to := d.reports[i]
		body, err := o.End(&d.sides[0], &d.sides[1], got)
		if err == nil {
			err = sinks.Put(ctx, report.Document{
				At: to, ContentType: to.Format.ContentType(), Body: body, MayReplace: diff.MayReplace,
			})
		}
		if err != nil {
			failed = append(failed, &report.UndeliveredError{Destination: to.Path, Err: err})
		}
	}
	return errors.Join(failed...)
}

// tellDiff prints the summary.
func (j *Job) tellDiff(got diff.Result) error {
	if j.Quiet {
		return nil
	}
	if j.LogFormat == "json" {
		j.Log.Info("diff finished", "appeared", got.Appeared, "vanished", got.Vanished, "changed", got.Changed, "same", got.Same,
			"worse", got.Worse, "notes", got.Notes)
		return nil
	}
	_, err := fmt.Fprintf(j.Stderr, "diff: %s\n", display.Line(got.String()))
	for _, note := range got.Notes {
		_, err = fmt.Fprintf(j.Stderr, "  note       %s\n", display.Line(note))
	}
	return err
}
