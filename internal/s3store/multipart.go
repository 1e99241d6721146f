package s3store

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"reconcile/internal/reconcile"
)

// CreateUpload opens a multipart upload for a copy by parts. Parts carry bytes
// only: headers, metadata, tags, storage class and encryption are given here.
// Tags that are too long for the header come back as Upload.LateTags, for the
// caller to put once the object is complete.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
func (s *Store) CreateUpload(ctx context.Context, req reconcile.UploadRequest) (reconcile.Upload, error) {
	c := s.start(ctx, "CreateMultipartUpload", req.Target, s.config.Timeout)
	defer c.end()
	client, err := s.client(c.ctx, req.Target.Bucket)
	if err != nil {
		return reconcile.Upload{}, c.fail(err)
	}
	in := s.createInput(req)
	u := reconcile.Upload{Target: req.Target, Checksum: string(in.ChecksumAlgorithm)}
	if header, fits := tagHeader(req.Tags); fits {
		in.Tagging = optional(header)
	} else {
		u.LateTags = req.Tags
	}
	out, err := client.CreateMultipartUpload(c.ctx, in, serverChecksum, withExpires(req.Source.Headers.Expires))
	if id := c.rescuedUploadID(err); id != "" {
		u.ID = id
		return u, nil
	}
	switch {
	case err != nil:
		return reconcile.Upload{}, c.fail(err)
	case aws.ToString(out.UploadId) == "":
		return reconcile.Upload{}, c.empty("no UploadId")
	}
	u.ID = *out.UploadId
	return u, nil
}

// uploadIDIn finds the id in an answer that was received whole.
var uploadIDIn = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)<UploadId>([^<&]+)</UploadId>.*</InitiateMultipartUploadResult>\s*$`)
})

// rescuedUploadID returns the id of an upload that was opened and whose answer
// could not be decoded. The answer repeats the key, and a control character in
// it is no XML: without the id the upload would stay open for good.
func (c *call) rescuedUploadID(err error) string {
	if err == nil || c.answer.status != http.StatusOK {
		return ""
	}
	if m := uploadIDIn().FindSubmatch(c.answer.body); m != nil {
		return string(m[1])
	}
	return ""
}

func (s *Store) createInput(req reconcile.UploadRequest) *s3.CreateMultipartUploadInput {
	b, h := s.bucket(req.Target.Bucket), req.Source.Headers
	in := &s3.CreateMultipartUploadInput{
		Bucket:                  &req.Target.Bucket,
		Key:                     &req.Target.Key,
		ContentType:             optional(h.ContentType),
		CacheControl:            optional(h.CacheControl),
		ContentDisposition:      optional(h.ContentDisposition),
		ContentEncoding:         optional(h.ContentEncoding),
		ContentLanguage:         optional(h.ContentLanguage),
		WebsiteRedirectLocation: optional(h.WebsiteRedirect),
		Metadata:                req.Source.Metadata,
		StorageClass:            b.class(),
		ACL:                     types.ObjectCannedACL(b.ACL),
		ExpectedBucketOwner:     optional(b.ExpectedOwner),
		RequestPayer:            b.payer(),
	}
	in.ServerSideEncryption, in.SSEKMSKeyId = b.encryption()
	switch req.Checksum {
	case crc64nvme, crc32c, crc32: // the ones that S3 can make of a whole object by parts
		in.ChecksumAlgorithm = types.ChecksumAlgorithm(req.Checksum)
		in.ChecksumType = types.ChecksumTypeFullObject
	}
	return in
}

// serverChecksum leaves the choice of a checksum that was not asked for to the
// server. The SDK would choose CRC32, which for parts is composite; S3 makes a
// full-object CRC64NVME.
func serverChecksum(o *s3.Options) {
	o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
}

// withExpires sends Expires as the text it was stored as: the SDK's input
// takes a date only.
func withExpires(text string) func(*s3.Options) {
	return func(o *s3.Options) {
		if text != "" {
			o.APIOptions = append(o.APIOptions, smithyhttp.SetHeaderValue("Expires", text))
		}
	}
}

// maxRangeless is the size in bytes up to which S3 refuses a range of a
// source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
const maxRangeless = 5 << 20

// CopyPart copies one part. The source is pinned by its ETag.
func (s *Store) CopyPart(ctx context.Context, req reconcile.PartRequest) (reconcile.Part, error) {
	target := req.Upload.Target
	c := s.start(ctx, "UploadPartCopy", target, s.config.CopyTimeout)
	defer c.end()
	c.source, c.pinned = req.Source.Location, req.Source.ETag != ""
	from, to := s.bucket(req.Source.Bucket), s.bucket(target.Bucket)
	out, err := send(s, c, (*s3.Client).UploadPartCopy, &s3.UploadPartCopyInput{
		Bucket:                    &target.Bucket,
		Key:                       &target.Key,
		UploadId:                  &req.Upload.ID,
		PartNumber:                &req.Part.Number,
		CopySource:                aws.String(copySourceOf(req.Source.Location)),
		CopySourceRange:           sourceRange(req.Part, req.Source.Size),
		CopySourceIfMatch:         quoted(req.Source.ETag),
		ExpectedBucketOwner:       optional(to.ExpectedOwner),
		ExpectedSourceBucketOwner: optional(from.ExpectedOwner),
		RequestPayer:              cmp.Or(from.payer(), to.payer()),
	})
	switch {
	case err != nil:
		return reconcile.Part{}, err
	case out.CopyPartResult == nil || unquoted(out.CopyPartResult.ETag) == "":
		return reconcile.Part{}, c.empty("no ETag of the part")
	}
	return copiedPart(req.Part, out.CopyPartResult), nil
}

// sourceRange returns the bytes of a part, nil for the whole of a source that
// is too small to have ranges.
func sourceRange(p reconcile.Part, sourceSize int64) *string {
	if p.Size == sourceSize && sourceSize <= maxRangeless {
		return nil
	}
	return aws.String(fmt.Sprintf("bytes=%d-%d", p.Offset, p.Offset+p.Size-1))
}

func copiedPart(p reconcile.Part, r *types.CopyPartResult) reconcile.Part {
	p.ETag = unquoted(r.ETag)
	p.Checksum = preferred(sums{
		{crc64nvme, r.ChecksumCRC64NVME}, {crc32c, r.ChecksumCRC32C}, {crc32, r.ChecksumCRC32},
		{"SHA256", r.ChecksumSHA256}, {"SHA1", r.ChecksumSHA1}, {"SHA512", r.ChecksumSHA512},
		{"MD5", r.ChecksumMD5}, {"XXHASH128", r.ChecksumXXHASH128},
		{"XXHASH3", r.ChecksumXXHASH3}, {"XXHASH64", r.ChecksumXXHASH64},
	}.checksums("", false))
	return p
}
