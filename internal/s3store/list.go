package s3store

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3list"
)

// List returns one page of a listing in the order of the keys' bytes.
//
// Keys are asked for URL-encoded, because XML 1.0 cannot hold control
// characters, and decoded only where the answer says that they are: some
// servers ignore the request. A page that says of itself that it goes on and
// not where is an error, and so is an answer that is no listing: a listing that
// looks complete decides what is missing.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
func (s *Store) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	c := s.start(ctx, "ListObjectsV2", reconcile.Location{Bucket: req.Bucket}, s.config.Timeout)
	defer c.end()
	var l s3list.Answer
	if _, err := send(s, c, (*s3.Client).ListObjectsV2, s.listInput(req), decodeInto(&l, early(req))); err != nil {
		return reconcile.Page{}, err
	}
	return c.page(req.Bucket, &l)
}

func (s *Store) listInput(req reconcile.ListRequest) *s3.ListObjectsV2Input {
	b := s.bucket(req.Bucket)
	in := &s3.ListObjectsV2Input{
		Bucket:              &req.Bucket,
		EncodingType:        types.EncodingTypeUrl,
		Prefix:              optional(req.Prefix),
		StartAfter:          optional(req.StartAfter),
		ContinuationToken:   optional(req.Token),
		ExpectedBucketOwner: optional(b.ExpectedOwner),
		RequestPayer:        b.payer(),
	}
	if req.Restore {
		in.OptionalObjectAttributes = []types.OptionalObjectAttributes{types.OptionalObjectAttributesRestoreStatus}
	}
	return in
}

// payer is the header that says who pays, where the bucket's owner does not.
func (b Bucket) payer() types.RequestPayer {
	if b.RequesterPays {
		return types.RequestPayerRequester
	}
	return ""
}

// early returns what is to be done as soon as the answer has said where the
// listing goes on: to pass it on, unless it is already clear that the answer
// will be refused.
func early(req reconcile.ListRequest) func(*s3list.Answer) {
	if req.Early == nil {
		return nil
	}
	return func(l *s3list.Answer) {
		if l.Check(req.Bucket) == nil {
			req.Early(l.Next())
		}
	}
}

// page turns an answer into a page.
func (c *call) page(bucket string, l *s3list.Answer) (reconcile.Page, error) {
	page, err := l.Page(bucket)
	switch {
	case errors.Is(err, s3list.ErrNotListing):
		return reconcile.Page{}, c.empty(err.Error())
	case err != nil:
		return reconcile.Page{}, c.broken("%w%s", err, c.requestID(""))
	}
	return page, nil
}

// classOf fills in what S3 leaves out.
func classOf(class string) string {
	if class == "" {
		return reconcile.ClassStandard
	}
	return class
}
