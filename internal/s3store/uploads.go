package s3store

import (
	"context"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
)

// OpenUpload is a multipart upload that somebody opened and nobody has
// completed or aborted.
type OpenUpload struct {
	reconcile.Upload // LateTags are not known
	Initiated        time.Time
}

// UploadMarker is where a page of uploads begins; zero: at the first one.
type UploadMarker struct {
	Key, ID string
}

// ListUploads returns one page of the open uploads under a prefix, and where
// the next one begins: the zero marker after the last page.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
func (s *Store) ListUploads(ctx context.Context, bucket, prefix string, from UploadMarker) ([]OpenUpload, UploadMarker, error) {
	c := s.start(ctx, "ListMultipartUploads", reconcile.Location{Bucket: bucket}, s.config.Timeout)
	defer c.end()
	client, err := s.client(c.ctx, bucket)
	if err != nil {
		return nil, UploadMarker{}, c.fail(err)
	}
	b := s.bucket(bucket)
	out, err := client.ListMultipartUploads(c.ctx, &s3.ListMultipartUploadsInput{
		Bucket:              &bucket,
		Prefix:              optional(prefix),
		EncodingType:        types.EncodingTypeUrl,
		KeyMarker:           optional(from.Key),
		UploadIdMarker:      optional(from.ID),
		ExpectedBucketOwner: optional(b.ExpectedOwner),
		RequestPayer:        b.payer(),
	})
	if err != nil {
		return nil, UploadMarker{}, c.fail(err)
	}
	return c.uploads(bucket, out)
}

func (c *call) uploads(bucket string, out *s3.ListMultipartUploadsOutput) ([]OpenUpload, UploadMarker, error) {
	if out.Bucket == nil && out.IsTruncated == nil {
		return nil, UploadMarker{}, c.empty("neither Bucket nor IsTruncated")
	}
	decode := func(key *string) string { return aws.ToString(key) }
	if out.EncodingType == types.EncodingTypeUrl {
		decode = decodedKey
	}
	var all []OpenUpload
	for _, u := range out.Uploads {
		all = append(all, OpenUpload{
			Upload: reconcile.Upload{
				Target:   reconcile.Location{Bucket: bucket, Key: decode(u.Key)},
				ID:       aws.ToString(u.UploadId),
				Checksum: string(u.ChecksumAlgorithm),
			},
			Initiated: aws.ToTime(u.Initiated),
		})
	}
	if !aws.ToBool(out.IsTruncated) {
		return all, UploadMarker{}, nil
	}
	next := UploadMarker{decode(out.NextKeyMarker), aws.ToString(out.NextUploadIdMarker)}
	if next == (UploadMarker{}) {
		return nil, next, c.broken("the listing goes on and the answer does not say where%s", c.requestID(""))
	}
	return all, next, nil
}

// decodedKey decodes a key that the answer says is encoded; one that does not
// decode is left as it is, and no upload will be found under it.
func decodedKey(key *string) string {
	k, err := url.QueryUnescape(aws.ToString(key))
	if err != nil {
		return aws.ToString(key)
	}
	return k
}
