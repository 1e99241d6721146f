package inventory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

const (
	filesAtATime = 4
	sortMemory   = 16 << 20 // bytes of rows that are sorted in memory
)

// loader collects the rows of all files.
type loader struct {
	opt      Options
	manifest *manifest
	kinds    *kinds

	mu      sync.Mutex
	rows    *extsort.Sorter
	record  []byte // of the last row, to be used again
	skipped int64
}

// load reads the files, sorts their rows and makes the listing of them.
func load(ctx context.Context, o Options, m *manifest) (l *Listing, err error) {
	ld := &loader{opt: o, manifest: m, kinds: newKinds(), rows: extsort.New(extsort.Options{
		Dir: o.TempDir, Memory: o.memory, Name: "inventory",
	})}
	defer func() {
		if closeErr := ld.rows.Close(); err == nil && closeErr != nil {
			err = errors.Join(closeErr, l.Close())
			l = nil
		}
	}()
	if err := ld.readFiles(ctx); err != nil {
		return nil, err
	}
	return ld.list(ctx)
}

// readFiles reads a few files at a time.
func (ld *loader) readFiles(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(filesAtATime)
	for _, f := range ld.manifest.files {
		group.Go(func() error {
			if err := ctx.Err(); err != nil { // another one failed
				return err
			}
			return ld.readFile(ctx, f)
		})
	}
	return group.Wait()
}

// readFile downloads and decodes one file.
func (ld *loader) readFile(ctx context.Context, f dataFile) error {
	t, err := download(ctx, ld.opt, f)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := ld.manifest.format.decode(ctx, t, ld.manifest.schema, ld.take); err != nil {
		return wrong(f.at, reconcile.Other, "%w", err)
	}
	return nil
}

// take keeps a row if it is of a current object. It is safe for concurrent use.
func (ld *loader) take(r *row) error {
	if r.bucket != ld.manifest.bucket {
		return fmt.Errorf("it is of bucket %q, and the inventory of %q", r.bucket, ld.manifest.bucket)
	}
	if r.old || r.marker {
		ld.mu.Lock()
		defer ld.mu.Unlock()
		ld.skipped++
		return nil
	}
	if err := r.check(); err != nil {
		return err
	}
	kind, err := ld.kinds.number(r.kind())
	if err != nil {
		return err
	}
	ld.mu.Lock()
	defer ld.mu.Unlock()
	ld.record = appendRecord(ld.record[:0], r, kind)
	return ld.rows.Add(ld.record)
}

// list writes the sorted rows to a listing.
func (ld *loader) list(ctx context.Context) (*Listing, error) {
	w := &blockWriter{dir: ld.opt.TempDir}
	n := 0
	err := ld.rows.Each(func(record []byte) error {
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		key, rest, ok := extsort.CutText(record)
		if !ok {
			return errRecord
		}
		if bytes.Equal(key, w.last) { // no key is empty
			return wrong(ld.opt.Manifest, reconcile.Other, "the inventory has key %q twice", key)
		}
		return w.add(key, rest)
	})
	if err == nil {
		err = w.flush()
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return &Listing{info: ld.info(), kinds: ld.kinds, blocks: w.blocks, file: w.file}, nil
}

func (ld *loader) info() Info {
	return Info{
		Manifest: ld.opt.Manifest, Bucket: ld.manifest.bucket, CreatedAt: ld.manifest.created,
		Format: ld.manifest.format.name, Files: len(ld.manifest.files),
		Objects: ld.rows.Len(), Skipped: ld.skipped,
	}
}
