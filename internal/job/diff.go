package job

import (
	"context"
	"errors"
	"fmt"

	"reconcile/internal/diff"
	"reconcile/internal/display"
	"reconcile/internal/report"
)

// Diff is the job of diff: it compares two reports and writes what changed to
// where the job's reports go. The addresses are as Convert's.
func (j *Job) Diff(ctx context.Context, older, newer string) Result {
	r, err := j.reading(ctx)
	if err != nil {
		return Result{State: Invalid, Err: err}
	}
	defer r.close()
	got, err := r.diff(ctx, older, newer)
	result := reported(ctx, err)
	if result.State == Complete && got.Worse > 0 {
		result.State, result.Err = Unsettled, fmt.Errorf("something got worse: %s", got)
	}
	return result
}

func (r *Running) diff(ctx context.Context, older, newer string) (diff.Result, error) {
	before, err := r.input(ctx, older)
	if err != nil {
		return diff.Result{}, err
	}
	after, err := r.input(ctx, newer)
	if err != nil {
		return diff.Result{}, err
	}
	outputs, err := r.outputs()
	if err != nil {
		return diff.Result{}, err
	}
	got, err := diff.Compare(before, after, func(row diff.Row) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for _, o := range outputs {
			if err := o.Add(row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return got, err
	}
	return got, errors.Join(r.deliverDiff(outputs, before, after, got), r.tellDiff(got))
}

func (r *Running) input(ctx context.Context, name string) (*diff.Input, error) {
	body, err := r.open(ctx, name)
	if err != nil {
		return nil, err
	}
	r.own(func() { body.Close() })
	return &diff.Input{Name: name, Body: body}, nil
}

func (r *Running) outputs() (all []*diff.Output, err error) {
	for _, d := range r.Reports {
		o, err := diff.NewOutput(d.Format, r.tempDir)
		if err != nil {
			return nil, err
		}
		r.own(o.Close)
		all = append(all, o)
	}
	return all, nil
}

func (r *Running) deliverDiff(outputs []*diff.Output, before, after *diff.Input, got diff.Result) error {
	var failed []error
	for i, o := range outputs {
		d := r.Reports[i]
		body, err := o.End(before, after, got)
		if err == nil {
			err = r.sinks().Put(r.end.attach(r.end.report), report.Document{
				At: d, ContentType: d.Format.ContentType(), Body: body, MayReplace: diff.MayReplace,
			})
		}
		if err != nil {
			failed = append(failed, &report.UndeliveredError{Destination: d.Path, Err: err})
		}
	}
	return errors.Join(failed...)
}

// tellDiff prints the summary.
func (r *Running) tellDiff(got diff.Result) error {
	if r.Quiet {
		return nil
	}
	if r.LogFormat == "json" {
		r.Log.Info("diff finished", "appeared", got.Appeared, "vanished", got.Vanished, "changed", got.Changed, "same", got.Same,
			"worse", got.Worse, "notes", got.Notes)
		return nil
	}
	_, err := fmt.Fprintf(r.Stderr, "diff: %s\n", display.Line(got.String()))
	for _, note := range got.Notes {
		_, err = fmt.Fprintf(r.Stderr, "  note       %s\n", display.Line(note))
	}
	return err
}
