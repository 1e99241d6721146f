package report

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// createAside creates an empty file beside path, under a name that nobody can
// foresee. It is created exclusively and with the mode the final file is to
// have, so that the system applies the umask and the folder's defaults.
func createAside(path string) (*os.File, error) {
	name := filepath.Join(filepath.Dir(path), ".reconcile-report-"+rand.Text())
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
}

// replaceFile writes path by writing to a file aside, syncing and renaming it:
// path is at any time what it was or all of what write wrote. After an error
// it is what it was, and the file aside is gone.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	f, err := createAside(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("put the report in its place: %w", err)
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// syncFolder makes the rename durable where folders can be synced. Where they
// cannot, the report is there all the same.
func syncFolder(dir string) {
	f, err := os.Open(dir)
	if err != nil {
		return
	}
	f.Sync()
	f.Close()
}
