package manifest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"reconcile/internal/extsort"
	"reconcile/internal/storage"
	"reconcile/internal/strictjson"
)

// Write writes the files of every class that has objects, and then the index.
// After an error there is no new index: what was there before is there still.
func (w *Writer) Write(ctx context.Context, to storage.Folder) (*Index, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sealed = true
	x := w.index()
	for i, total := range w.totals {
		if total.Objects == 0 {
			continue
		}
		c, err := w.class(ctx, to, i)
		if err != nil {
			return nil, fmt.Errorf("manifest %s: %w", to.URL(w.opt.Run+"-"+c.Name), err)
		}
		x.Classes = append(x.Classes, c)
		x.Objects += c.Objects
		x.Bytes += c.Bytes
	}
	text, err := strictjson.MarshalIndented(x)
	if err == nil {
		_, err = to.Write(ctx, IndexName, "application/json", func(out io.Writer) error { _, err := out.Write(text); return err })
	}
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", to.URL(IndexName), err)
	}
	return x, nil
}

func (w *Writer) index() *Index {
	return &Index{
		Version: Version, Run: w.opt.Run, Program: w.opt.Program, CreatedAt: w.opt.Now().UTC(),
		Source: w.opt.Source, Prefix: w.opt.Prefix, Targets: append([]string{}, w.opt.Targets...), Classes: []ClassOfPlan{},
	}
}

// class writes the files of one class.
func (w *Writer) class(ctx context.Context, to storage.Folder, i int) (ClassOfPlan, error) {
	c := w.totals[i]
	c.Name, c.BatchItems = Classes[i].Name, Classes[i].BatchItems
	if limit := Classes[i].UpTo; limit > 0 {
		c.UpTo = &limit
	}
	var err error
	if Classes[i].Batch {
		if c.CSV, err = w.file(ctx, to, i, "csv", "text/csv; charset=utf-8", appendCSV); err != nil {
			return c, err
		}
	}
	c.JSONL, err = w.file(ctx, to, i, "jsonl", "application/jsonl", appendJSONL)
	return c, err
}

// file writes one file of a class.
func (w *Writer) file(ctx context.Context, to storage.Folder, class int, extension, contentType string, line func([]byte, *Item) ([]byte, error)) (*File, error) {
	name := w.opt.Run + "-" + Classes[class].Name + "." + extension
	written, err := to.Write(ctx, name, contentType, func(out io.Writer) error {
		buf := bufio.NewWriterSize(out, 64<<10)
		if err := w.lines(ctx, buf, class, line); err != nil {
			return err
		}
		return buf.Flush()
	})
	return &File{Name: name, Size: written.Size, MD5: written.MD5, ETag: written.ETag}, err
}

// lines writes a line for each item of the class, in the order of keys.
func (w *Writer) lines(ctx context.Context, to io.Writer, class int, line func([]byte, *Item) ([]byte, error)) error {
	var out []byte
	n := 0
	err := w.items.Each(func(b []byte) error {
		if n++; n%1024 == 1 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		switch first := int(b[0]); { // the class
		case first > class:
			return errPast
		case first < class:
			return nil
		}
		var r record
		err := extsort.Parse(b, &r)
		if r.SourceKey = r.Key; err == nil {
			out, err = line(out[:0], &r.Item)
		}
		if err == nil {
			_, err = to.Write(out)
		}
		return err
	})
	if errors.Is(err, errPast) {
		return nil
	}
	return err
}

// errPast ends the reading after the last item of a class.
var errPast = errors.New("past the class")

// appendCSV appends a line for S3 Batch Operations: there is no header, and
// nothing that needs quotes.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-create-job.html
func appendCSV(b []byte, i *Item) ([]byte, error) {
	b = append(append(b, i.SourceBucket...), ',')
	return append(append(b, EncodeKey(string(i.SourceKey))...), '\n'), nil
}

func appendJSONL(b []byte, i *Item) ([]byte, error) { return i.appendLine(b) }
