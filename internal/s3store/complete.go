package s3store

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
)

// CompleteUpload makes one object of the parts, which must be in the order of
// their numbers.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
func (s *Store) CompleteUpload(ctx context.Context, req reconcile.CompleteRequest) (reconcile.Written, error) {
	target := req.Upload.Target
	c := s.start(ctx, "CompleteMultipartUpload", target, s.config.CopyTimeout)
	defer c.end()
	c.guard = guardName(req.Precondition)
	b := s.bucket(target.Bucket)
	in := &s3.CompleteMultipartUploadInput{
		Bucket:              &target.Bucket,
		Key:                 &target.Key,
		UploadId:            &req.Upload.ID,
		MultipartUpload:     &types.CompletedMultipartUpload{Parts: completedParts(req)},
		ExpectedBucketOwner: optional(b.ExpectedOwner),
		RequestPayer:        b.payer(),
	}
	in.IfMatch, in.IfNoneMatch = guard(req.Precondition)
	out, err := send(s, c, (*s3.Client).CompleteMultipartUpload, in)
	switch {
	case err != nil:
		return reconcile.Written{}, err
	case unquoted(out.ETag) == "":
		return reconcile.Written{}, c.empty("no ETag of the object")
	}
	return completed(out), nil
}

func completedParts(req reconcile.CompleteRequest) []types.CompletedPart {
	parts := make([]types.CompletedPart, len(req.Parts))
	for i, p := range req.Parts {
		parts[i] = types.CompletedPart{PartNumber: aws.Int32(p.Number), ETag: quoted(p.ETag)}
		if p.Checksum.Algorithm == req.Upload.Checksum {
			setChecksum(&parts[i], p.Checksum)
		}
	}
	return parts
}

// setChecksum names the part's checksum, of the algorithm the upload was
// opened with: S3 refuses any other.
func setChecksum(p *types.CompletedPart, sum reconcile.Checksum) {
	switch sum.Algorithm {
	case crc64nvme:
		p.ChecksumCRC64NVME = optional(sum.Value)
	case crc32c:
		p.ChecksumCRC32C = optional(sum.Value)
	case crc32:
		p.ChecksumCRC32 = optional(sum.Value)
	}
}

func completed(out *s3.CompleteMultipartUploadOutput) reconcile.Written {
	w := reconcile.Written{
		ETag:       unquoted(out.ETag),
		VersionID:  aws.ToString(out.VersionId),
		Encryption: encryptionOf(out.ServerSideEncryption, nil, reconcile.EncryptionUnknown),
	}
	w.Checksum = preferred(sums{
		{crc64nvme, out.ChecksumCRC64NVME}, {crc32c, out.ChecksumCRC32C}, {crc32, out.ChecksumCRC32},
		{"SHA256", out.ChecksumSHA256}, {"SHA1", out.ChecksumSHA1}, {"SHA512", out.ChecksumSHA512},
		{"MD5", out.ChecksumMD5}, {"XXHASH128", out.ChecksumXXHASH128},
		{"XXHASH3", out.ChecksumXXHASH3}, {"XXHASH64", out.ChecksumXXHASH64},
	}.checksums(out.ChecksumType, true))
	return w
}

// AbortUpload gives up an upload and frees its parts. One that is gone already
// is a success.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
func (s *Store) AbortUpload(ctx context.Context, u reconcile.Upload) error {
	c := s.start(ctx, "AbortMultipartUpload", u.Target, s.config.Timeout)
	defer c.end()
	b := s.bucket(u.Target.Bucket)
	_, err := send(s, c, (*s3.Client).AbortMultipartUpload, &s3.AbortMultipartUploadInput{
		Bucket:              &u.Target.Bucket,
		Key:                 &u.Target.Key,
		UploadId:            &u.ID,
		ExpectedBucketOwner: optional(b.ExpectedOwner),
		RequestPayer:        b.payer(),
	})
	if err == nil && c.answer.status == http.StatusOK { // an abort that was carried out is answered by 204
		if err = c.refusedAfterAll(); err == nil {
			err = c.empty("200 where S3 says 204")
		}
	}
	var e *reconcile.Error
	if errors.As(err, &e) && e.Code == "NoSuchUpload" {
		return nil
	}
	return err
}
