package job

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/report"
	"reconcile/internal/verify"
)

// Convert is the job of report: it reads the JSON report of an older run, and
// writes it to where the job's reports go. from is a path, an s3:// address or
// config.Stdin.
func (j *Job) Convert(ctx context.Context, from string) Result {
	r, err := j.reading(ctx)
	if err != nil {
		return Result{State: Invalid, Err: err}
	}
	defer r.close()
	return reported(ctx, r.convert(ctx, from))
}

// reading is a job that reads reports, and lists and locks nothing.
func (j *Job) reading(ctx context.Context) (*Running, error) {
	if err := j.findTemp(); err != nil {
		return nil, err
	}
	signed, err := j.signing()
	if err != nil {
		return nil, err
	}
	j.signed = signed
	return &Running{Job: j, end: newEnding(ctx, j.Deadline), Report: report.New(report.Options{Rows: report.RowsAll, TempDir: j.tempDir})}, nil
}

// unaltered looks whether a report is still what its run wrote, as far as a manifest
// beside it says: what is not is told of, and not signed as that run's.
func (r *Running) unaltered(ctx context.Context, from string) (err error) {
	if from == config.Stdin {
		return nil
	}
	failed := verify.Reports(ctx, []string{from}, r.openIn, nil, func(f verify.Finding) {
		if path.Base(f.What) == path.Base(from) && (f.Result == verify.Altered || f.Result == verify.OutOfChain) {
			err = errors.New(f.String())
		}
	})
	if failed != nil || err == nil { // what cannot be looked at is read, or not, next
		return nil
	}
	if r.SignKey != "" {
		return fmt.Errorf("it is not what its run wrote, and is not signed as that: %w", err)
	}
	r.Log.Warn("the report is not what its run wrote", "why", err.Error())
	return nil
}

func (r *Running) convert(ctx context.Context, from string) error {
	if err := r.unaltered(ctx, from); err != nil {
		return ofFile(from, err)
	}
	body, err := r.open(ctx, from)
	if err != nil {
		return err
	}
	defer body.Close()
	text := bufio.NewReader(body)
	if begin, err := text.Peek(len(csvBegin)); err == nil && string(begin) == csvBegin {
		return ofFile(from, errors.New("a CSV report does not tell of its run: give the JSON report"))
	}
	head, err := report.ReadJSON(text, func(row report.Row) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return r.Report.AddRow(row)
	})
	if err != nil {
		return ofFile(from, err)
	}
	r.Report.Keep(head)
	return r.Report.Write(r.end.attach(r.end.report), report.Run{}, nil, nil, r.Reports, r.sinks())
}

// csvBegin is what every CSV report begins with.
const csvBegin = "source_bucket,source_key,"

// open opens a file that a command reads. What breaks off cannot be read again
// from where it was: that is the command's end.
func (j *Job) open(ctx context.Context, from string) (io.ReadCloser, error) {
	if from == config.Stdin {
		return io.NopCloser(j.Stdin), nil
	}
	at, name, err := j.folderOf(from)
	if err != nil {
		return nil, err
	}
	return at.Open(ctx, name)
}

// ofFile says of which file an error is.
func ofFile(file string, err error) error {
	if file == config.Stdin {
		file = "standard input"
	}
	return fmt.Errorf("%s: %w", file, err)
}

// reported is the result of a job on reports, which have told the rest.
func reported(ctx context.Context, err error) Result {
	var interrupted *exit.Signal
	switch {
	case err == nil:
		return Result{State: Complete}
	case stopped(ctx, err) && errors.As(context.Cause(ctx), &interrupted):
		return Result{State: Interrupted, Signal: interrupted}
	}
	return Result{State: Incomplete, Err: err}
}
