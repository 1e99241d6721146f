// Package inventory reads an S3 Inventory and lists the bucket that it is of,
// in key order, without asking S3 for the listing.
//
// An inventory is a manifest and files of rows in no order. Its files are
// downloaded, held against the sizes and MD5 sums of the manifest, decoded,
// and sorted by key on disk; Listing then answers as ListObjectsV2 would have
// when the inventory was made. It is a package of its own because both sides
// of a scan may come from one, and neither the scan nor the store has to know.
//
// An inventory is believed whole or not at all. A row that cannot be read, a
// row of another bucket, a key that is current twice, or a file that is not
// what the manifest says refuses it.
//
// What an inventory does not say: the restore states of archived objects, which
// stay unknown, and whether it was made of all the bucket or of one prefix.
// It is hours or days old, and eventually consistent.
//
// Memory: up to 100 MiB of heap while it is loaded, however many rows there are:
// 16 MiB of rows to be sorted, the buffers of merging them, the decoding of four
// files at a time. Afterwards one key per 256 KiB of sorted rows: about 20 MiB
// for a billion objects. On disk a row takes its key and some 30 bytes, twice
// while rows are sorted, and four of the inventory's files stand there too.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html
package inventory

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"reconcile/internal/reconcile"
)

// op is what errors about the content of an inventory name as their operation.
const op = "Inventory"

// Reader reads objects: it gives take the content, and again from its beginning
// where that is worth it. A body that broke off must end in an error.
type Reader interface {
	Read(ctx context.Context, at reconcile.Location, take func(body io.Reader) error) error
}

// Options says which inventory to load and how.
type Options struct {
	Reader   Reader
	Manifest reconcile.Location // of manifest.json
	TempDir  string             // for the files and the sorted rows; empty: os.TempDir
	Log      *slog.Logger       // nil: none
	Now      func() time.Time   // for the age that is logged; nil: time.Now

	memory int // bytes of rows in memory; 0: sortMemory
}

// Info says what a Listing is made of.
type Info struct {
	Manifest  reconcile.Location
	Bucket    string    // the one that was listed
	CreatedAt time.Time // UTC; when S3 began to list it
	Format    string    // CSV or Parquet
	Files     int
	Objects   int64 // current ones, which are listed
	Skipped   int64 // rows of old versions and of delete markers
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.memory == 0 {
		o.memory = sortMemory
	}
	return o
}

// Load reads a whole inventory. The caller must close the Listing. Its error is
// that of a request, one of kind Integrity where a file is not the one that the
// manifest speaks of, or one of kind Other that names the file and the row
// that cannot be believed.
func Load(ctx context.Context, o Options) (*Listing, error) {
	o = o.withDefaults()
	m, err := readManifest(ctx, o)
	if err != nil {
		return nil, err
	}
	o.Log.Info("reading the inventory", "manifest", o.Manifest.String(), "bucket", m.bucket,
		"age", o.Now().Sub(m.created).Round(time.Second).String(), "format", m.format.name, "files", len(m.files))
	l, err := load(ctx, o, m)
	if err != nil {
		return nil, err
	}
	info := l.Info()
	o.Log.Info("read the inventory", "manifest", o.Manifest.String(), "objects", info.Objects, "skipped", info.Skipped)
	return l, nil
}

// wrong is the error about an object whose content cannot be believed.
func wrong(at reconcile.Location, kind reconcile.Kind, format string, args ...any) error {
	return &reconcile.Error{Op: op, Location: at, Kind: kind, Err: fmt.Errorf(format, args...)}
}
