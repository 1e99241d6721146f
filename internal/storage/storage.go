// Package storage is a folder of files, on disk or in S3: what the manifests of a
// plan are written to, and what the results of workers are read from. It is a
// package of its own because both sides need it, and neither the manifest nor
// the merge has to know which of the two it is.
package storage

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"strings"

	"reconcile/internal/reconcile"
)

// Folder is a folder, or a prefix in a bucket. The names of its files are
// relative to it, with slashes.
type Folder interface {
	// Each calls f with the name of every file below, until f fails.
	Each(ctx context.Context, f func(name string) error) error
	// Open returns a file's content. A body that breaks off is an error. The
	// caller must close it.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// Write makes a file of what body writes: all of it, or none.
	Write(ctx context.Context, name, contentType string, body func(io.Writer) error) (Written, error)
	// Remove removes a file. One that is not there is no error.
	Remove(ctx context.Context, name string) error
	// Find is the name of the file that somebody else's manifest, itself the
	// file named, calls bucket and key; false where it is not in this place.
	Find(manifest, bucket, key string) (name string, ok bool)
	// URL is the address of a file, for people.
	URL(name string) string
}

// Written is a file as it was written.
type Written struct {
	Size int64  // bytes
	MD5  string // in hexadecimal
	ETag string // as S3 gave it, without quotes; empty on disk
}

// Sum counts and digests what is written to it, or read through it.
type Sum struct {
	size int64
	md5  hash.Hash
}

// NewSum returns an empty Sum.
func NewSum() *Sum { return &Sum{md5: md5.New()} }

// Write never fails.
func (s *Sum) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	return s.md5.Write(p)
}

// Written is what has been written so far.
func (s *Sum) Written() Written {
	return Written{Size: s.size, MD5: hex.EncodeToString(s.md5.Sum(nil))}
}

// ErrNotFound is the error of opening a file that is not there, on disk and in
// S3 alike.
var ErrNotFound = errors.New("there is no such file")

// Split parts the address of one file into its folder and its name there.
func Split(address string) (folder, name string, err error) {
	i := strings.LastIndexByte(address, '/')
	if reconcile.InS3(address) {
		if at, _ := reconcile.ParseLocation(address); at.Bucket == "" || at.Key == "" || strings.HasSuffix(at.Key, "/") {
			return "", "", fmt.Errorf("%s: want s3://bucket/key", address)
		}
		return address[:i], address[i+1:], nil
	}
	if i < 0 {
		return ".", address, nil
	}
	if address[i+1:] == "" {
		return "", "", fmt.Errorf("%s: this is a folder", address)
	}
	return address[:max(i, 1)], address[i+1:], nil
}

// ParseURL reads s3://bucket or s3://bucket/prefix. The key of what it returns
// is empty or ends in a slash.
func ParseURL(address string) (reconcile.Location, error) {
	at, ok := reconcile.ParseLocation(address)
	if !ok {
		return at, fmt.Errorf("%s: want s3://bucket/prefix", address)
	}
	if at.Key = strings.Trim(at.Key, "/"); at.Key != "" {
		at.Key += "/"
	}
	return at, nil
}

// beside finds, in a copy of somebody's folder, the file that its manifest
// calls key: as it stands below the manifest's own folder there. The folders
// above may be others by now.
func beside(manifest, key string) []string {
	dir, file := path.Dir(manifest), path.Base(key)
	return []string{path.Join(dir, path.Base(path.Dir(key)), file), path.Join(dir, file)}
}
