package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"reconcile/internal/reconcile"
)

// excludedKeys reads the list of --exclude-keys: one key a line, as it is in
// the bucket, or, in a file named .json, an array of strings, which can hold
// keys with line breaks too. An empty name means that nothing is excluded.
//
// A list that is read otherwise than it was meant brings back what was
// withdrawn: what could be a misunderstanding is an error.
func (e *execution) excludedKeys(ctx context.Context) (func(string) bool, error) {
	name := e.ExcludeKeys
	if name == "" {
		return nil, nil
	}
	text, err := e.readKeys(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("--exclude-keys: %w", err)
	}
	parse := parseKeyLines
	if strings.HasSuffix(strings.ToLower(name), ".json") {
		parse = parseKeyArray
	}
	keys, err := parse(text)
	if err == nil && len(keys) == 0 {
		err = errors.New("it has no keys")
	}
	if err != nil {
		err = fmt.Errorf("--exclude-keys %s: %w", name, err)
		if strings.HasPrefix(name, "s3://") {
			return nil, err
		}
		return nil, usageError(err, "")
	}
	e.log.Info("excluded keys read", "list", name, "keys", len(keys))
	return func(key string) bool { return keys[key] }, nil
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

// byteOrderMark is what some editors put before UTF-8 text. It is no part of
// the first key.
var byteOrderMark = []byte("\uFEFF")

// parseKeyLines takes one key a line. Only the line's end is taken off, LF or
// CR LF: a space is a character of a key like any other.
func parseKeyLines(text []byte) (map[string]bool, error) {
	text = bytes.TrimPrefix(text, byteOrderMark)
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return nil, errors.New("it is not UTF-8 text")
	}
	keys := map[string]bool{}
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSuffix(line, "\r")
		switch {
		case line == "":
		case strings.HasPrefix(line, "s3://"):
			return nil, fmt.Errorf("line %d is an address: give the key alone, or, if that is the key, a .json list", n+1)
		case len(line) > maxKeyBytes:
			return nil, fmt.Errorf("line %d has %d bytes, more than a key can have", n+1, len(line))
		default:
			keys[line] = true
		}
	}
	return keys, nil
}

// maxKeyBytes is the length of the longest key.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const maxKeyBytes = 1024

func parseKeyArray(text []byte) (map[string]bool, error) {
	var list []string
	if err := json.Unmarshal(bytes.TrimPrefix(text, byteOrderMark), &list); err != nil {
		return nil, fmt.Errorf("it is not one JSON array of strings: %w", err)
	}
	keys := map[string]bool{}
	for _, key := range list {
		keys[key] = true
	}
	return keys, nil
}
