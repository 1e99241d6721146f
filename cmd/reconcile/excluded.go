package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"reconcile/internal/keylist"
	"reconcile/internal/reconcile"
)

// excludedKeys reads the list of --exclude-keys, nil where there is none.
func (e *execution) excludedKeys(ctx context.Context) (*keylist.Set, error) {
	name := e.ExcludeKeys
	if name == "" {
		return nil, nil
	}
	text, err := e.readKeys(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("--exclude-keys: %w", err)
	}
	var all []keylist.Entry
	err = keylist.Read(bytes.NewReader(text), name, e.Source, func(entry keylist.Entry) error {
		if entry.Bucket != "" && e.Source != "" && entry.Bucket != e.Source {
			return &keylist.Error{Name: name, Line: entry.Line, Err: fmt.Errorf("it is of bucket %q, and the source is %q", entry.Bucket, e.Source)}
		}
		all = append(all, entry)
		return nil
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s has no keys", name)
	}
	if err != nil {
		return nil, e.badKeys(name, err)
	}
	set := keylist.NewSet(all)
	e.log.Info("excluded keys read", "list", name, "keys", set.Len())
	return set, nil
}

// badKeys is a usage error where the list is at hand before anything is sent.
func (e *execution) badKeys(name string, err error) error {
	err = fmt.Errorf("--exclude-keys: %w", err)
	if strings.HasPrefix(name, "s3://") {
		return err
	}
	return usageError(err, "")
}

// readKeys reads the whole list.
func (e *execution) readKeys(ctx context.Context, name string) ([]byte, error) {
	rest, remote := strings.CutPrefix(name, "s3://")
	if !remote {
		return os.ReadFile(name)
	}
	var text []byte
	bucket, key, _ := strings.Cut(rest, "/")
	_, err := e.retrier().Do(ctx, bucket, func() error {
		body, err := e.store.Download(ctx, reconcile.Location{Bucket: bucket, Key: key})
		if err != nil {
			return err
		}
		defer body.Close()
		text, err = io.ReadAll(body)
		return err
	})
	return text, err
}
