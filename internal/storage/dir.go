package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is a folder on disk, or one file of it alone.
type Dir struct {
	path string
	only string // the name of the one file; empty: all
}

// OpenDir returns the place of a path: a folder, or a single file.
func OpenDir(path string) (*Dir, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return &Dir{path: path}, nil
	}
	return &Dir{path: filepath.Dir(path), only: filepath.Base(path)}, nil
}

// MakeDir returns a folder to write to, which is made if it is not there.
func MakeDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, err
	}
	return &Dir{path: path}, nil
}

// Each walks the folder in the order of names.
func (d *Dir) Each(ctx context.Context, f func(name string) error) error {
	if d.only != "" {
		return f(d.only)
	}
	root := d.path + string(filepath.Separator) // followed where it is a link
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return f(filepath.ToSlash(name))
	})
}

func (d *Dir) file(name string) string { return filepath.Join(d.path, filepath.FromSlash(name)) }

// Open opens a file.
func (d *Dir) Open(_ context.Context, name string) (io.ReadCloser, error) {
	f, err := os.Open(d.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s: %w", d.file(name), ErrNotFound)
	}
	return f, err
}

// Write writes a file aside, syncs and renames it.
func (d *Dir) Write(ctx context.Context, name, _ string, body func(io.Writer) error) (Written, error) {
	sum := NewSum()
	err := ReplaceFile(d.file(name), func(to io.Writer) error {
		if err := body(io.MultiWriter(to, sum)); err != nil {
			return err
		}
		return ctx.Err()
	})
	return sum.Written(), err
}

// Remove removes a file.
func (d *Dir) Remove(_ context.Context, name string) error {
	if err := os.Remove(d.file(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Find looks beside the manifest: a folder of S3 that was copied to disk.
func (d *Dir) Find(manifest, _, key string) (string, bool) {
	for _, name := range beside(manifest, key) {
		if _, err := os.Stat(d.file(name)); err == nil {
			return name, true
		}
	}
	return "", false
}

// URL is the path of a file.
func (d *Dir) URL(name string) string { return d.file(name) }

// Check tries out whether files can be made in the folder. Nothing is left
// behind.
func (d *Dir) Check() error { return TryReplace(d.file("new")) }
