package storage

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Aside begins the names of files that are being written and have not got their
// own names yet. Whoever owns a folder may remove those that a killed run left.
const Aside = ".reconcile-"

// createAside creates an empty file beside path, under a name that nobody can
// foresee. It is created exclusively and with the mode the final file is to
// have, so that the system applies the umask and the folder's defaults.
func createAside(path string) (*os.File, error) {
	name := filepath.Join(filepath.Dir(path), Aside+rand.Text())
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
}

// ReplaceFile writes path by writing to a file aside, syncing and renaming it:
// path is at any time what it was or all of what write wrote. After an error
// it is what it was, and the file aside is gone.
func ReplaceFile(path string, write func(io.Writer) error) (err error) {
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
		return fmt.Errorf("put the new file in its place: %w", err)
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// TryReplace tries out whether ReplaceFile can write to path: a file can be
// created beside it and renamed. Nothing is left behind.
func TryReplace(path string) error {
	f, err := createAside(path)
	if err != nil {
		return err
	}
	f.Close()
	moved := f.Name() + ".try"
	if err := os.Rename(f.Name(), moved); err != nil {
		os.Remove(f.Name())
		return err
	}
	return os.Remove(moved)
}

// syncFolder makes the rename durable where folders can be synced. Where they
// cannot, the file is there all the same.
func syncFolder(dir string) {
	f, err := os.Open(dir)
	if err != nil {
		return
	}
	f.Sync()
	f.Close()
}
