package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"reconcile/internal/storage"
)

// ErrBusy says that another run has the journal.
var ErrBusy = errors.New("another run is using the journal")

// dir keeps each entry in a file. Files are written aside and renamed, and both
// file and folder are synced: an entry is there as a whole or not at all, also
// after a power cut.
type dir struct {
	path string
	lock *os.File
}

// OpenDir opens the journal in a folder, which is made where there is none.
// Two runs cannot have it at once: the second gets ErrBusy. A folder that cannot
// be written to is found out here, before anything depends on it.
func OpenDir(ctx context.Context, path string) (*Journal, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := lockFile(lock); err != nil {
		lock.Close()
		return nil, fmt.Errorf("%w in %s", err, path)
	}
	d := &dir{path, lock}
	if err := d.tidy(); err != nil {
		lock.Close()
		return nil, err
	}
	j, err := open(ctx, d)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return j, nil
}

// tidy tries out whether an entry can be written, and removes those that a
// killed run was writing.
func (d *dir) tidy() error {
	if err := storage.TryReplace(filepath.Join(d.path, "x"+Suffix)); err != nil {
		return err
	}
	files, err := os.ReadDir(d.path)
	for _, left := range files {
		if strings.HasPrefix(left.Name(), storage.Aside) {
			err = errors.Join(err, os.Remove(filepath.Join(d.path, left.Name())))
		}
	}
	return err
}

func (d *dir) list(context.Context) (map[string][]byte, error) {
	files, err := os.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), Suffix) {
			continue
		}
		if all[f.Name()], err = os.ReadFile(filepath.Join(d.path, f.Name())); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (d *dir) put(_ context.Context, name string, body []byte) error {
	return storage.ReplaceFile(filepath.Join(d.path, name), func(w io.Writer) error {
		_, err := w.Write(body)
		return err
	})
}

func (d *dir) remove(_ context.Context, name string) error {
	err := os.Remove(filepath.Join(d.path, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// close gives up the lock, which the system does for a killed run.
func (d *dir) close() error { return d.lock.Close() }
