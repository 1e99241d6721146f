package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/granule"
	"reconcile/internal/keylist"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
	"reconcile/internal/storage"
)

// files opens what is named by a path, by an s3:// address, or by - for standard
// input.
type files struct {
	store s3store.Repeating
	stdin io.Reader // nil: there is none
}

// folder opens the folder of a file.
func (f files) folder(address string) (at storage.Folder, name string, err error) {
	folder, name, err := storage.Split(address)
	if err != nil {
		return nil, "", err
	}
	at, err = f.openFolder(folder)
	return at, name, err
}

func (f files) openFolder(address string) (storage.Folder, error) {
	if reconcile.InS3(address) {
		return storage.OpenBucket(f.store, address)
	}
	return storage.OpenDir(address)
}

// results opens a folder, or in S3 what has one file alone.
func (f files) results(address string) (storage.Folder, error) {
	if reconcile.InS3(address) && isFile(address) {
		return storage.OpenObject(f.store, address)
	}
	return f.openFolder(address)
}

// isFile reports whether an address in S3 names one file rather than a prefix.
func isFile(address string) bool {
	switch path.Ext(address) {
	case ".json", ".jsonl", ".csv":
		return true
	}
	return false
}

// make opens the folder that a setting names, to be written to. One that cannot
// be made is found before anything is listed.
func (f files) make(setting, address string) (storage.Folder, error) {
	if reconcile.InS3(address) {
		return storage.OpenBucket(f.store, address)
	}
	dir, err := storage.MakeDir(address)
	if err == nil {
		err = dir.Check()
	}
	if err != nil {
		return nil, &config.Error{Err: fmt.Errorf("--%s %s: %w", setting, address, err)}
	}
	return dir, nil
}

// open opens a file that a command reads. What breaks off cannot be read again
// from where it was: that is the command's end.
func (f files) open(ctx context.Context, name string) (io.ReadCloser, error) {
	if name == config.Stdin {
		return io.NopCloser(f.stdin), nil
	}
	at, name, err := f.folder(name)
	if err != nil {
		return nil, err
	}
	return at.Open(ctx, name)
}

// openIn opens a file of a folder.
func (f files) openIn(ctx context.Context, folder, name string) (io.ReadCloser, error) {
	in, err := f.open(ctx, folder+"/"+name)
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, storage.ErrNotFound) {
		err = fmt.Errorf("%w: %w", storage.ErrNotFound, err)
	}
	return in, err
}

// read reads the whole of a file.
func (f files) read(ctx context.Context, name string) (text []byte, err error) {
	at, inS3 := reconcile.ParseLocation(name)
	if !inS3 {
		return os.ReadFile(name)
	}
	err = f.store.Read(ctx, at, func(body io.Reader) (err error) { text, err = io.ReadAll(body); return err })
	return text, err
}

// written is when a file was written.
func (f files) written(ctx context.Context, name string) (at time.Time, err error) {
	where, inS3 := reconcile.ParseLocation(name)
	if !inS3 {
		info, err := os.Stat(name)
		if err != nil {
			return at, err
		}
		return info.ModTime(), nil
	}
	d, err := f.store.Head(ctx, where)
	return d.LastModified, err
}

// names has add read the list that a setting names, if it does.
func (f files) names(ctx context.Context, setting, name string, add func(io.Reader, string) error) error {
	if name == "" {
		return nil
	}
	in, err := f.openNames(ctx, name)
	if err != nil {
		return fmt.Errorf("%s %s: %w", setting, name, err)
	}
	defer in.Close()
	if name == config.Stdin {
		name = "stdin"
	}
	if err := misnamed(add(in, name)); err != nil {
		return fmt.Errorf("%s: %w", setting, err)
	}
	return nil
}

func (f files) openNames(ctx context.Context, name string) (io.ReadCloser, error) {
	switch at, inS3 := reconcile.ParseLocation(name); {
	case name == config.Stdin && f.stdin == nil:
		return nil, &config.Error{Err: errors.New("there is no stdin here")}
	case name == config.Stdin:
		return io.NopCloser(f.stdin), nil
	case inS3:
		return f.store.Open(ctx, at)
	}
	in, err := os.Open(name)
	if err != nil {
		return nil, &config.Error{Err: err}
	}
	return in, nil
}

// misnamed makes what is wrong in a list a mistake of the user's; what reading it
// failed with is none.
func misnamed(err error) error {
	var inDocument *granule.Error
	var inList *keylist.Error
	if errors.As(err, &inDocument) || errors.As(err, &inList) {
		return &config.Error{Err: err}
	}
	return err
}
