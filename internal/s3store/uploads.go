package s3store

import (
	"context"
	"net/url"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
)

// ListUploads returns one page of the open uploads under a prefix, and where
// the next one begins: the zero marker after the last page.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
func (s *Store) ListUploads(ctx context.Context, bucket, prefix string, from reconcile.UploadMarker) ([]reconcile.OpenUpload, reconcile.UploadMarker, error) {
	c := s.start(ctx, "ListMultipartUploads", reconcile.Location{Bucket: bucket}, s.config.Timeout)
	defer c.end()
	b := s.bucket(bucket)
	out, err := send(s, c, (*s3.Client).ListMultipartUploads, &s3.ListMultipartUploadsInput{
		Bucket:              &bucket,
		Prefix:              optional(prefix),
		EncodingType:        types.EncodingTypeUrl,
		KeyMarker:           optional(from.Key),
		UploadIdMarker:      optional(from.ID),
		ExpectedBucketOwner: optional(b.ExpectedOwner),
		RequestPayer:        b.payer(),
	})
	if err != nil {
		return nil, reconcile.UploadMarker{}, err
	}
	return c.uploads(bucket, out)
}

func (c *call) uploads(bucket string, out *s3.ListMultipartUploadsOutput) ([]reconcile.OpenUpload, reconcile.UploadMarker, error) {
	if out.Bucket == nil && out.IsTruncated == nil {
		return nil, reconcile.UploadMarker{}, c.empty("neither Bucket nor IsTruncated")
	}
	decode := func(key *string) string { return aws.ToString(key) }
	if out.EncodingType == types.EncodingTypeUrl {
		decode = decodedKey
	}
	var all []reconcile.OpenUpload
	for _, u := range out.Uploads {
		all = append(all, reconcile.OpenUpload{
			Upload: reconcile.Upload{
				Target:   reconcile.Location{Bucket: bucket, Key: decode(u.Key)},
				ID:       aws.ToString(u.UploadId),
				Checksum: string(u.ChecksumAlgorithm),
			},
			Initiated: aws.ToTime(u.Initiated),
		})
	}
	if !aws.ToBool(out.IsTruncated) {
		return all, reconcile.UploadMarker{}, nil
	}
	next := reconcile.UploadMarker{Key: decode(out.NextKeyMarker), ID: aws.ToString(out.NextUploadIdMarker)}
	if next == (reconcile.UploadMarker{}) {
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

// ListParts returns one page of the parts an open upload has, in the order of
// their numbers, and the number after which the next page begins: 0 after the
// last one. Their offsets are not S3's to know.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
func (s *Store) ListParts(ctx context.Context, u reconcile.Upload, after int32) (parts []reconcile.Part, next int32, err error) {
	c := s.start(ctx, "ListParts", u.Target, s.config.Timeout)
	defer c.end()
	b := s.bucket(u.Target.Bucket)
	in := &s3.ListPartsInput{
		Bucket: &u.Target.Bucket, Key: &u.Target.Key, UploadId: &u.ID,
		ExpectedBucketOwner: optional(b.ExpectedOwner), RequestPayer: b.payer(),
	}
	if after > 0 {
		in.PartNumberMarker = aws.String(strconv.Itoa(int(after)))
	}
	out, err := send(s, c, (*s3.Client).ListParts, in)
	if err != nil {
		return nil, 0, err
	}
	if out.UploadId == nil && out.IsTruncated == nil {
		return nil, 0, c.empty("neither UploadId nor IsTruncated")
	}
	return c.parts(u, out)
}

func (c *call) parts(u reconcile.Upload, out *s3.ListPartsOutput) (parts []reconcile.Part, next int32, err error) {
	for _, p := range out.Parts {
		parts = append(parts, reconcile.Part{
			Number: aws.ToInt32(p.PartNumber), Size: aws.ToInt64(p.Size), ETag: unquoted(p.ETag),
			Checksum: sums{
				{crc64nvme, p.ChecksumCRC64NVME}, {crc32c, p.ChecksumCRC32C}, {crc32, p.ChecksumCRC32},
			}.of(u.Checksum),
		})
	}
	if !aws.ToBool(out.IsTruncated) {
		return parts, 0, nil
	}
	if len(parts) == 0 {
		return nil, 0, c.broken("the listing of parts goes on and has none%s", c.requestID(""))
	}
	return parts, parts[len(parts)-1].Number, nil
}
