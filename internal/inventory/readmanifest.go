package inventory

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"

	"reconcile/internal/reconcile"
)

// maxManifest is how many bytes of a manifest are read. One with 100,000 files
// has about 20 MB.
const maxManifest = 256 << 20

// readManifest reads the manifest and holds it against its checksum.
func readManifest(ctx context.Context, o Options) (*manifest, error) {
	text, err := readSmall(ctx, o, o.Manifest)
	if err != nil {
		return nil, err
	}
	if err := checkManifest(ctx, o, text); err != nil {
		return nil, err
	}
	m, err := parseManifest(text, o.Manifest.Bucket)
	if err != nil {
		return nil, wrong(o.Manifest, reconcile.Other, "%w", err)
	}
	return m, nil
}

// checkManifest compares the manifest with the MD5 beside it. Without the right
// to list a bucket, S3 answers AccessDenied for what is not there: neither
// answer says that the manifest is wrong. The sum beside a certain version of
// the manifest may be of another one.
func checkManifest(ctx context.Context, o Options, text []byte) error {
	at := reconcile.Location{Bucket: o.Manifest.Bucket, Key: checksumKey(o.Manifest.Key)}
	if at.Key == "" || o.Manifest.VersionID != "" {
		return nil
	}
	want, err := readSmall(ctx, o, at)
	if errors.Is(err, reconcile.NotFound) || errors.Is(err, reconcile.AccessDenied) {
		o.Log.Warn("the manifest's checksum cannot be read, and was not checked", "error", err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	sum := md5.Sum(text)
	if got := hex.EncodeToString(sum[:]); got != firstWord(want) {
		return wrong(o.Manifest, reconcile.Integrity, "its MD5 is %s, manifest.checksum says %.40q", got, firstWord(want))
	}
	return nil
}

// readSmall reads a whole object into memory.
func readSmall(ctx context.Context, o Options, at reconcile.Location) (text []byte, err error) {
	err = o.Reader.Read(ctx, at, func(body io.Reader) (err error) {
		text, err = io.ReadAll(io.LimitReader(body, maxManifest+1))
		return err
	})
	if err == nil && len(text) > maxManifest {
		err = wrong(at, reconcile.Other, "it is longer than %d bytes", maxManifest)
	}
	return text, err
}
