package inventory

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"

	"reconcile/internal/reconcile"
)

// download brings a data file to a temporary one, at its start, and returns it
// only if it is what the manifest says. Nothing of it has been decoded by then.
func download(ctx context.Context, o Options, f dataFile) (*tempFile, error) {
	t, err := newTemp(o.TempDir)
	if err != nil {
		return nil, fmt.Errorf("make room for %s: %w", f.at, err)
	}
	err = o.Reader.Read(ctx, f.at, func(body io.Reader) error { return fill(t, body, f) })
	if err == nil {
		_, err = t.Seek(0, io.SeekStart)
	}
	if err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// fill makes the content of t that of f.
func fill(t *tempFile, body io.Reader, f dataFile) (err error) {
	if err := t.Truncate(0); err != nil {
		return err
	}
	sum := md5.New()
	to := io.MultiWriter(io.NewOffsetWriter(t, 0), sum)
	if t.size, err = io.Copy(to, io.LimitReader(body, f.size+1)); err != nil {
		return err
	}
	got := hex.EncodeToString(sum.Sum(nil))
	switch {
	case t.size > f.size:
		return wrong(f.at, reconcile.Integrity, "it has more than the %d bytes that the manifest says", f.size)
	case t.size < f.size:
		return wrong(f.at, reconcile.Integrity, "it has %d bytes, the manifest says %d", t.size, f.size)
	case got != f.md5:
		return wrong(f.at, reconcile.Integrity, "its MD5 is %s, the manifest says %s", got, f.md5)
	}
	return nil
}
