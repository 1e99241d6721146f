package s3store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
)

// Head returns what HEAD says of one object, of the version at.VersionID where
// that is set. Metadata that S3 has and its REST API cannot show is an error:
// a copy by parts would lose it without a word.
//
// An answer to HEAD has no body: of errors there is the status and nothing
// else.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
func (s *Store) Head(ctx context.Context, at reconcile.Location) (reconcile.Detail, error) {
	c := s.start(ctx, "HeadObject", at, s.config.Timeout)
	defer c.end()
	out, err := s.head(c, s.headInput(at))
	if err != nil {
		return reconcile.Detail{}, err
	}
	return c.detail(out)
}

// HeadPart returns the size in bytes of one part of an object that was written
// by parts, and how many it has. part begins at 1; parts is 0 where the server
// does not say. A source that is no longer the one given is an error of kind
// Changed.
func (s *Store) HeadPart(ctx context.Context, source reconcile.Object, part int32) (size int64, parts int, err error) {
	c := s.start(ctx, "HeadObject", source.Location, s.config.Timeout)
	defer c.end()
	in := s.headInput(source.Location)
	in.PartNumber, in.IfMatch = &part, quoted(source.ETag)
	c.pinned = in.IfMatch != nil
	out, err := s.head(c, in)
	if err != nil {
		return 0, 0, err
	}
	return *out.ContentLength, int(aws.ToInt32(out.PartsCount)), nil
}

func (s *Store) headInput(at reconcile.Location) *s3.HeadObjectInput {
	b := s.bucket(at.Bucket)
	return &s3.HeadObjectInput{
		Bucket:              &at.Bucket,
		Key:                 &at.Key,
		VersionId:           optional(at.VersionID),
		ChecksumMode:        types.ChecksumModeEnabled,
		ExpectedBucketOwner: optional(b.ExpectedOwner),
		RequestPayer:        b.payer(),
	}
}

// head sends the request. Its answer has a ContentLength.
func (s *Store) head(c *call, in *s3.HeadObjectInput) (*s3.HeadObjectOutput, error) {
	out, err := send(s, c, (*s3.Client).HeadObject, in)
	if err != nil {
		return nil, err
	}
	if out.ContentLength == nil {
		return nil, c.empty("no Content-Length")
	}
	return out, nil
}

func (c *call) detail(out *s3.HeadObjectOutput) (reconcile.Detail, error) {
	if n := aws.ToInt32(out.MissingMeta); n > 0 {
		return reconcile.Detail{}, c.broken("%d user metadata entries cannot be read with this API, and would be lost", n)
	}
	o := c.headed(out)
	d := reconcile.Detail{
		Object:     o,
		Headers:    headersOf(out),
		Metadata:   out.Metadata,
		TagCount:   int(aws.ToInt32(out.TagCount)),
		PartsCount: int(aws.ToInt32(out.PartsCount)),
		Version:    aws.ToString(out.VersionId),
		Checksums:  append(headSums(out).checksums(out.ChecksumType, o.Multipart()), unknownSums(c.answer.header, string(out.ChecksumType))...),
	}
	d.Checksum = preferred(d.Checksums)
	return d, nil
}

func (c *call) headed(out *s3.HeadObjectOutput) reconcile.Object {
	return reconcile.Object{
		Location:     c.at,
		Size:         *out.ContentLength,
		ETag:         unquoted(out.ETag),
		StorageClass: classOf(string(out.StorageClass)),
		Encryption:   encryptionOf(out.ServerSideEncryption, out.SSECustomerAlgorithm, reconcile.EncryptionS3),
		LastModified: aws.ToTime(out.LastModified),
		Restore:      headRestore(classOf(string(out.StorageClass)), out),
	}
}

// encryptionOf says how an object is encrypted; silent is what an answer
// without such a header means.
func encryptionOf(sse types.ServerSideEncryption, customer *string, silent reconcile.Encryption) reconcile.Encryption {
	switch {
	case aws.ToString(customer) != "":
		return reconcile.EncryptionSSEC
	case sse == "":
		return silent
	}
	return reconcile.Encryption(sse)
}

// headersOf collects the system metadata. Expires is the text that was
// stored, which need not be a date.
func headersOf(out *s3.HeadObjectOutput) reconcile.Headers {
	return reconcile.Headers{
		ContentType:        aws.ToString(out.ContentType),
		CacheControl:       aws.ToString(out.CacheControl),
		ContentDisposition: aws.ToString(out.ContentDisposition),
		ContentEncoding:    aws.ToString(out.ContentEncoding),
		ContentLanguage:    aws.ToString(out.ContentLanguage),
		Expires:            aws.ToString(out.ExpiresString),
		WebsiteRedirect:    aws.ToString(out.WebsiteRedirectLocation),
	}
}

func headSums(o *s3.HeadObjectOutput) sums {
	return sums{
		{crc64nvme, o.ChecksumCRC64NVME}, {crc32c, o.ChecksumCRC32C}, {crc32, o.ChecksumCRC32},
		{"SHA256", o.ChecksumSHA256}, {"SHA1", o.ChecksumSHA1}, {"SHA512", o.ChecksumSHA512},
		{"MD5", o.ChecksumMD5}, {"XXHASH128", o.ChecksumXXHASH128},
		{"XXHASH3", o.ChecksumXXHASH3}, {"XXHASH64", o.ChecksumXXHASH64},
	}
}
