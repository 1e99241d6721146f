package copier

import (
	"context"
	"fmt"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/reconcile"
)

// partSizes asks for the sizes of an object's parts.
type partSizes struct {
	*sender
	from   Header
	object reconcile.Object
	log    *slog.Logger
}

// partLayout is how an object is cut.
type partLayout struct {
	sizes []int64 // bytes
	kept  bool    // they are the source's …
	exact bool    // … and each was asked for, or follows from those that were
}

// layout lays a copy out as the source is, whose first part and number of parts
// are known. It asks for the last part, and for the others too where those two
// leave room for uneven ones. It is zero where S3 would not take such parts, or
// where the server does not tell.
func (p partSizes) layout(first int64, n int) (l partLayout, err error) {
	last := p.object.Size
	if n > 1 {
		if last, _, err = p.told(n); err != nil {
			return l, err
		}
	}
	sizes, even := uniform(p.object.Size, first, last, n)
	if !even {
		if sizes, err = p.uneven(first, last, n); err != nil {
			return l, err
		}
	}
	if sizes == nil || !copyable(sizes) {
		return l, nil
	}
	return partLayout{sizes: sizes, kept: true, exact: !even || n <= 3}, nil
}

// uneven asks for the sizes of the parts in between. It is nil where they do
// not add up to the object: some servers ignore the part's number.
func (p partSizes) uneven(first, last int64, n int) ([]int64, error) {
	sizes := make([]int64, n)
	sizes[0], sizes[n-1] = first, last
	var g errgroup.Group
	g.SetLimit(16)
	for i := 1; i < n-1; i++ {
		g.Go(func() (err error) {
			sizes[i], _, err = p.told(i + 1)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var sum int64
	for _, size := range sizes {
		sum += size
	}
	if sum != p.object.Size {
		p.log.Debug("the source's parts do not add up to it", "source", p.object.Location.String(), "parts", sum, "bytes", p.object.Size)
		return nil, nil
	}
	return sizes, nil
}

// told asks HEAD for the size of one part. n is 0 where the server does not
// know of parts; then it answers for the whole object, and anything else is no
// answer.
func (p partSizes) told(number int) (size int64, n int, err error) {
	err = p.send(p.object.Bucket, func(ctx context.Context) (err error) {
		size, n, err = p.from.HeadPart(ctx, p.object, int32(number))
		if err == nil && n == 0 && (size != p.object.Size || number > 1) {
			err = emptyHead(p.object.Location, fmt.Sprintf("no number of parts, and %d bytes", size))
		}
		return err
	})
	return size, n, err
}

// of asks for the size of one part of n. known is false where the server does
// not tell, or tells of another number of parts.
func (p partSizes) of(number, n int) (size int64, known bool, err error) {
	parts := 0
	err = p.send(p.object.Bucket, func(ctx context.Context) (err error) {
		size, parts, err = p.from.HeadPart(ctx, p.object, int32(number))
		return err
	})
	if noParts(err) {
		return 0, false, nil
	}
	return size, err == nil && parts == n, err
}

// noParts reports a server that does not take a part's number in a HEAD.
func noParts(err error) bool {
	status := s3Error(err).Status
	return status == 501 || status == 400 || status == 405
}
