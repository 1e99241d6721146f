package report

import (
	"context"
	"errors"
	"fmt"
	"io"

	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// Sinks are where reports go that are no local files.
type Sinks struct {
	Stdout io.Writer // for "-"
	// Upload writes an object under a condition. body can be read again from its
	// start: it is an io.ReadSeeker.
	Upload func(ctx context.Context, at reconcile.Location, body io.Reader, contentType string, when reconcile.Precondition) error
	// Standing opens the object that a report would replace, and returns its
	// ETag. Where there is none the error is reconcile.NotFound.
	Standing func(ctx context.Context, at reconcile.Location) (body io.ReadCloser, etag string, err error)
	KeepDir  string // for reports that could not be delivered; empty: the current folder
	// Passing says that the run goes on and is going to replace the report: it is
	// not printed, and not kept where it cannot be delivered.
	Passing bool
	// Sign returns the signature of a manifest, which then stands beside it; nil:
	// they are not signed.
	Sign func(text []byte) ([]byte, error)
	// Manifests has each folder that gets reports get their Manifest too.
	Manifests bool
}

// Document is something small that is written beside reports, or in place of
// one, and replaces only its like.
type Document struct {
	At          Destination
	ContentType string
	Body        io.ReadSeeker // from its start
	// MayReplace says by the beginning of what stands there why it may not be
	// replaced.
	MayReplace func(begin []byte) error
}

// Put writes a document: locally all of it or none, in S3 on the condition that
// what stands there is still what was looked at.
func (s Sinks) Put(ctx context.Context, d Document) error {
	write := func(to io.Writer) error { _, err := io.Copy(to, d.Body); return err }
	switch {
	case d.At.IsStdout():
		return write(s.Stdout)
	case d.At.IsS3():
		return s.upload(ctx, d.At, d.ContentType, func() (io.ReadSeeker, error) {
			_, err := d.Body.Seek(0, io.SeekStart)
			return d.Body, err
		}, d.MayReplace)
	}
	if err := d.At.standing(d.MayReplace); err != nil {
		return err
	}
	return storage.ReplaceFile(d.At.Path, write)
}

// upload writes an object, if what stands there may be replaced. What somebody
// has written in between is looked at once more.
func (s Sinks) upload(ctx context.Context, d Destination, contentType string, body func() (io.ReadSeeker, error), may func([]byte) error) error {
	if s.Upload == nil {
		return errors.New("there is no store to upload to")
	}
	at := reconcile.Location{Bucket: d.Bucket(), Key: d.Key()}
	for again := false; ; again = true {
		when, err := s.replaceable(ctx, at, may)
		if err != nil {
			return err
		}
		from, err := body()
		if err != nil {
			return err
		}
		err = s.Upload(ctx, at, from, contentType, when)
		switch {
		case err == nil:
			return nil
		case !reconcile.PreconditionFailed(err) || when.Off:
			return err
		case again:
			return fmt.Errorf("somebody else writes there, or the server refuses whatever has a condition: %w", err)
		}
	}
}

// maxStanding is how much of a file is looked at to see whose it is, in bytes.
const maxStanding = 64 << 10

// replaceable says under which condition the object may be written.
func (s Sinks) replaceable(ctx context.Context, at reconcile.Location, may func([]byte) error) (reconcile.Precondition, error) {
	if s.Standing == nil {
		return reconcile.Precondition{Off: true}, nil
	}
	from, etag, err := s.Standing(ctx, at)
	switch {
	case errors.Is(err, reconcile.NotFound), errors.Is(err, reconcile.AccessDenied):
		return reconcile.Precondition{}, nil // what cannot be looked at is not replaced
	case err != nil:
		return reconcile.Precondition{}, fmt.Errorf("look at what stands there: %w", err)
	}
	defer from.Close()
	begin, err := io.ReadAll(io.LimitReader(from, maxStanding))
	if err == nil {
		err = may(begin)
	}
	return reconcile.Precondition{IfMatch: etag}, err
}
