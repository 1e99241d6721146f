package job

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"

	"reconcile/internal/config"
	"reconcile/internal/keylist"
	"reconcile/internal/reconcile"
)

// excludedKeys reads the list of --exclude-keys, nil where there is none.
func excludedKeys(ctx context.Context, in files, name, source string, log *slog.Logger) (*keylist.Set, error) {
	if name == "" {
		return nil, nil
	}
	text, err := in.read(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("--exclude-keys: %w", err)
	}
	var all []keylist.Entry
	err = keylist.Read(bytes.NewReader(text), name, source, func(entry keylist.Entry) error {
		if entry.Bucket != "" && source != "" && entry.Bucket != source {
			return &keylist.Error{Name: name, Line: entry.Line, Err: fmt.Errorf("it is of bucket %q, and the source is %q", entry.Bucket, source)}
		}
		all = append(all, entry)
		return nil
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s has no keys", name)
	}
	if err != nil {
		err = fmt.Errorf("--exclude-keys: %w", err)
		if !reconcile.InS3(name) { // it is at hand before anything is sent
			err = &config.Error{Err: err}
		}
		return nil, err
	}
	set := keylist.NewSet(all)
	log.Info("excluded keys read", "list", name, "keys", set.Len())
	return set, nil
}
