package job

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"reconcile/internal/config"
	"reconcile/internal/keylist"
	"reconcile/internal/reconcile"
)

// excludedKeys reads the list of --exclude-keys, nil where there is none.
func (j *Job) excludedKeys(ctx context.Context) (*keylist.Set, error) {
	name := j.ExcludeKeys
	if name == "" {
		return nil, nil
	}
	text, err := j.readKeys(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("--exclude-keys: %w", err)
	}
	var all []keylist.Entry
	err = keylist.Read(bytes.NewReader(text), name, j.Scan.Bucket, func(entry keylist.Entry) error {
		if entry.Bucket != "" && j.Scan.Bucket != "" && entry.Bucket != j.Scan.Bucket {
			return &keylist.Error{Name: name, Line: entry.Line, Err: fmt.Errorf("it is of bucket %q, and the source is %q", entry.Bucket, j.Scan.Bucket)}
		}
		all = append(all, entry)
		return nil
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s has no keys", name)
	}
	if err != nil {
		return nil, badKeys(name, err)
	}
	set := keylist.NewSet(all)
	j.Log.Info("excluded keys read", "list", name, "keys", set.Len())
	return set, nil
}

// badKeys is a mistake in the settings where the list is at hand before anything
// is sent.
func badKeys(name string, err error) error {
	err = fmt.Errorf("--exclude-keys: %w", err)
	if reconcile.InS3(name) {
		return err
	}
	return &config.Error{Err: err}
}

// readKeys reads the whole list.
func (j *Job) readKeys(ctx context.Context, name string) ([]byte, error) {
	at, inS3 := reconcile.ParseLocation(name)
	if !inS3 {
		return os.ReadFile(name)
	}
	var text []byte
	err := j.again.Read(ctx, at, func(body io.Reader) (err error) { text, err = io.ReadAll(body); return err })
	return text, err
}
