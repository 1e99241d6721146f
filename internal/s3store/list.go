package s3store

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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
	out, err := client.ListObjectsV2(c.ctx, s.listInput(req))
	if err != nil {
		return reconcile.Page{}, c.fail(err)
	}
	return c.page(req.Bucket, out)
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

// page turns an answer into a page.
func (c *call) page(bucket string, out *s3.ListObjectsV2Output) (reconcile.Page, error) {
	var page reconcile.Page
	if err := c.checkListing(bucket, out); err != nil {
		return page, err
	}
	page.Objects = make([]reconcile.Object, len(out.Contents))
	for i := range out.Contents {
		o, err := c.listed(bucket, &out.Contents[i], out.EncodingType == types.EncodingTypeUrl)
		if err != nil {
			return reconcile.Page{}, err
		}
		page.Objects[i] = o
	}
	page.Next = aws.ToString(out.NextContinuationToken)
	if !aws.ToBool(out.IsTruncated) {
		page.Next = ""
	}
	return page, nil
}

// checkListing refuses what is not the listing that was asked for. The SDK
// reads any XML document, and no document at all, as an empty bucket.
func (c *call) checkListing(bucket string, out *s3.ListObjectsV2Output) error {
	switch {
	case out.Name == nil && out.IsTruncated == nil:
		return c.empty("neither Name nor IsTruncated")
	case out.Name != nil && *out.Name != bucket && namesBucket(bucket):
		return c.broken("the answer lists another bucket, %q%s", *out.Name, c.requestID(""))
	case aws.ToBool(out.IsTruncated) && aws.ToString(out.NextContinuationToken) == "":
		return c.broken("the listing goes on and the answer does not say where%s", c.requestID(""))
	}
	return nil
}

// namesBucket reports whether a listing carries the name that was asked for:
// access points answer with the bucket behind them.
func namesBucket(name string) bool {
	return !strings.HasPrefix(name, "arn:") && !strings.HasSuffix(name, "-s3alias") && !strings.Contains(name, "--")
}

// listed turns one entry of a listing into an object.
func (c *call) listed(bucket string, entry *types.Object, encoded bool) (reconcile.Object, error) {
	if entry.Key == nil || entry.Size == nil {
		return reconcile.Object{}, c.empty("an entry without Key or Size")
	}
	key := *entry.Key
	if encoded {
		var err error
		if key, err = url.QueryUnescape(key); err != nil {
			return reconcile.Object{}, c.broken("listed key: %w", err)
		}
	}
	o := reconcile.Object{
		Location:     reconcile.Location{Bucket: bucket, Key: key},
		Size:         *entry.Size,
		ETag:         unquoted(entry.ETag),
		StorageClass: classOf(string(entry.StorageClass)),
		Checksum:     listedChecksum(entry.ChecksumAlgorithm, entry.ChecksumType),
		LastModified: aws.ToTime(entry.LastModified),
	}
	o.Restore = restoreOf(o.StorageClass, entry.RestoreStatus)
	return o, nil
}

// classOf fills in what S3 leaves out.
func classOf(class string) string {
	if class == "" {
		return reconcile.ClassStandard
	}
	return class
}

func restoreOf(class string, status *types.RestoreStatus) reconcile.RestoreState {
	if status == nil {
		return reconcile.ListedRestore(class, false, false, time.Time{})
	}
	return reconcile.ListedRestore(class, true, aws.ToBool(status.IsRestoreInProgress), aws.ToTime(status.RestoreExpiryDate))
}
