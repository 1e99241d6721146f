package job

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"path"

	"reconcile/internal/config"
	"reconcile/internal/report"
	"reconcile/internal/verify"
)

// Convert is the job of report: it reads the JSON report of an older run, and
// writes it to where the job's reports go. from is a path, an s3:// address or
// config.Stdin.
func (j *Job) Convert(ctx context.Context, from string) Result {
	if err := j.prepare(); err != nil {
		return Result{State: Invalid, Err: err}
	}
	end := newEnding(ctx, j.Deadline)
	defer end.close()
	return reported(ctx, j.convert(ctx, end.report, from))
}

// unaltered looks whether a report is still what its run wrote, as far as a manifest
// beside it says: what is not is told of, and not signed as that run's.
func (j *Job) unaltered(ctx context.Context, from string) (err error) {
	if from == config.Stdin {
		return nil
	}
	failed := verify.Reports(ctx, []string{from}, j.files().openIn, nil, func(f verify.Finding) {
		if path.Base(f.What) == path.Base(from) && (f.Result == verify.Altered || f.Result == verify.OutOfChain) {
			err = errors.New(f.String())
		}
	})
	if failed != nil || err == nil { // what cannot be looked at is read, or not, next
		return nil
	}
	if j.SignKey != "" {
		return fmt.Errorf("it is not what its run wrote, and is not signed as that: %w", err)
	}
	j.Log.Warn("the report is not what its run wrote", "why", err.Error())
	return nil
}

// convert reads until ctx ends, and writes until later does.
func (j *Job) convert(ctx, later context.Context, from string) error {
	if err := j.unaltered(ctx, from); err != nil {
		return ofFile(from, err)
	}
	body, err := j.files().open(ctx, from)
	if err != nil {
		return err
	}
	defer body.Close()
	text := bufio.NewReader(body)
	if begin, err := text.Peek(len(csvBegin)); err == nil && string(begin) == csvBegin {
		return ofFile(from, errors.New("a CSV report does not tell of its run: give the JSON report"))
	}
	rep := report.New(report.Options{Rows: report.RowsAll, TempDir: j.tempDir})
	defer rep.Close()
	head, err := report.ReadJSON(text, func(row report.Row) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return rep.AddRow(row)
	})
	if err != nil {
		return ofFile(from, err)
	}
	rep.Keep(head)
	return rep.Write(later, report.Run{}, nil, nil, j.Reports, j.sinks())
}

// csvBegin is what every CSV report begins with.
const csvBegin = "source_bucket,source_key,"

// ofFile says of which file an error is.
func ofFile(file string, err error) error {
	if file == config.Stdin {
		file = "standard input"
	}
	return fmt.Errorf("%s: %w", file, err)
}
