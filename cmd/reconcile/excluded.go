package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
)

// maxKeyLine is more than the longest key, with room to say what is wrong.
const maxKeyLine = 64 << 10

// excludedKeys reads the list of --exclude-keys: one key a line, as it is in
// the bucket, or, in a file named .json, an array of strings, which can hold
// keys with line breaks too. An empty name means that nothing is excluded.
func excludedKeys(ctx context.Context, name string, store *s3store.Store) (func(string) bool, error) {
	if name == "" {
		return nil, nil
	}
	file, err := openKeys(ctx, name, store)
	if err != nil {
		return nil, fmt.Errorf("--exclude-keys: %w", err)
	}
	defer file.Close()
	read := readKeys
	if strings.HasSuffix(strings.ToLower(name), ".json") {
		read = readJSONKeys
	}
	keys, err := read(file)
	if err != nil {
		err = fmt.Errorf("--exclude-keys: read %s: %w", name, err)
		if strings.HasPrefix(name, "s3://") {
			return nil, err
		}
		return nil, usageError(err, "")
	}
	return func(key string) bool { return keys[key] }, nil
}

func openKeys(ctx context.Context, name string, store *s3store.Store) (io.ReadCloser, error) {
	rest, remote := strings.CutPrefix(name, "s3://")
	if !remote {
		return os.Open(name)
	}
	bucket, key, _ := strings.Cut(rest, "/")
	return store.Download(ctx, reconcile.Location{Bucket: bucket, Key: key})
}

// readKeys reads one key a line. Only the line's end is taken off: a space is
// a character of a key like any other.
func readKeys(r io.Reader) (map[string]bool, error) {
	keys := map[string]bool{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxKeyLine)
	for lines.Scan() {
		if line := lines.Text(); line != "" {
			keys[line] = true
		}
	}
	return keys, lines.Err()
}

func readJSONKeys(r io.Reader) (map[string]bool, error) {
	var list []string
	if err := json.NewDecoder(r).Decode(&list); err != nil {
		return nil, err
	}
	keys := map[string]bool{}
	for _, key := range list {
		keys[key] = true
	}
	return keys, nil
}
