package s3store

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
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
	client, err := s.client(c.ctx, req.Bucket)
	if err != nil {
		return reconcile.Page{}, c.fail(err)
	}
	var l listAnswer
	if _, err = client.ListObjectsV2(c.ctx, s.listInput(req), decodeInto(&l, c.early(req))); err != nil {
		return reconcile.Page{}, c.fail(err)
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
func (c *call) early(req reconcile.ListRequest) func(*listAnswer) {
	if req.Early == nil {
		return nil
	}
	return func(l *listAnswer) {
		if c.checkListing(req.Bucket, l) == nil {
			req.Early(l.next)
		}
	}
}

// page turns an answer into a page.
func (c *call) page(bucket string, l *listAnswer) (reconcile.Page, error) {
	if err := c.checkListing(bucket, l); err != nil {
		return reconcile.Page{}, err
	}
	if l.badKey != nil {
		return reconcile.Page{}, c.broken("listed key: %w", l.badKey)
	}
	for i := range l.objects {
		l.objects[i].Bucket = bucket
	}
	page := reconcile.Page{Objects: l.objects}
	if l.truncated {
		page.Next = l.next
	}
	return page, nil
}

// checkListing refuses what is not the listing that was asked for.
func (c *call) checkListing(bucket string, l *listAnswer) error {
	switch {
	case !l.found:
		return c.empty("no ListBucketResult")
	case !l.seen.has(listIsTruncated):
		return c.empty("no IsTruncated")
	case l.seen.has(listName) && l.bucket != bucket && namesBucket(bucket):
		return c.broken("the answer lists another bucket, %q%s", l.bucket, c.requestID(""))
	case l.truncated && l.next == "":
		return c.broken("the listing goes on and the answer does not say where%s", c.requestID(""))
	}
	return nil
}

// namesBucket reports whether a listing carries the name that was asked for:
// access points answer with the bucket behind them.
func namesBucket(name string) bool {
	return !strings.HasPrefix(name, "arn:") && !strings.HasSuffix(name, "-s3alias") && !strings.Contains(name, "--")
}

// classOf fills in what S3 leaves out.
func classOf(class string) string {
	if class == "" {
		return reconcile.ClassStandard
	}
	return class
}
