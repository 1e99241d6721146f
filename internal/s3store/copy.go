package s3store

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
)

// The conditions on a target, by the names S3 gives them in a 412.
const (
	ifMatch     = "If-Match"
	ifNoneMatch = "If-None-Match"
)

// Copy sends one CopyObject, which carries metadata and tags along. The source
// is pinned by its ETag and may have up to 5 GiB.
//
// The storage class is always sent. S3 takes STANDARD where none is, but not
// every server does, and a copy of a restored object that lands in GLACIER is
// no copy that can be read.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
func (s *Store) Copy(ctx context.Context, req reconcile.CopyRequest) (reconcile.Written, error) {
	c := s.start(ctx, "CopyObject", req.Target, s.config.CopyTimeout)
	defer c.end()
	c.source, c.pinned, c.guard = req.Source.Location, req.Source.ETag != "", guardName(req.Precondition)
	in := s.copyInput(req)
	if in.AnnotationDirective == types.AnnotationDirectiveCopy {
		c.annotationRights = annotationRights
	}
	out, err := send(s, c, (*s3.Client).CopyObject, in)
	switch {
	case err != nil:
		return reconcile.Written{}, err
	case out.CopyObjectResult == nil || unquoted(out.CopyObjectResult.ETag) == "":
		return reconcile.Written{}, c.empty("no ETag of the copy")
	}
	return copied(out), nil
}

func (s *Store) copyInput(req reconcile.CopyRequest) *s3.CopyObjectInput {
	from, to := s.bucket(req.Source.Bucket), s.bucket(req.Target.Bucket)
	in := &s3.CopyObjectInput{
		Bucket:                    &req.Target.Bucket,
		Key:                       &req.Target.Key,
		CopySource:                aws.String(copySourceOf(req.Source.Location)),
		CopySourceIfMatch:         quoted(req.Source.ETag),
		StorageClass:              to.class(),
		ACL:                       types.ObjectCannedACL(to.ACL),
		ExpectedBucketOwner:       optional(to.ExpectedOwner),
		ExpectedSourceBucketOwner: optional(from.ExpectedOwner),
		RequestPayer:              cmp.Or(from.payer(), to.payer()),
	}
	in.IfMatch, in.IfNoneMatch = guard(req.Precondition)
	in.ServerSideEncryption, in.SSEKMSKeyId = to.encryption()
	in.AnnotationDirective = s.annotations(req.Target.Bucket)
	return in
}

// class is the storage class of copies.
func (b Bucket) class() types.StorageClass {
	return types.StorageClass(cmp.Or(b.StorageClass, reconcile.ClassStandard))
}

// WriteSettings says how objects of the bucket are written: an upload that was
// opened under other settings must not be completed under these.
func (s *Store) WriteSettings(bucket string) string {
	b := s.bucket(bucket)
	sse, key := b.encryption()
	return fmt.Sprintf("class=%s sse=%s key=%s acl=%s", b.class(), sse, aws.ToString(key), b.ACL)
}

// guard returns the conditions on the target.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func guard(g reconcile.Precondition) (match, noneMatch *string) {
	switch guardName(g) {
	case ifMatch:
		return quoted(g.IfMatch), nil
	case ifNoneMatch:
		return nil, aws.String("*")
	}
	return nil, nil
}

func guardName(g reconcile.Precondition) string {
	switch {
	case g.Off:
		return ""
	case g.IfMatch != "":
		return ifMatch
	}
	return ifNoneMatch
}

func copied(out *s3.CopyObjectOutput) reconcile.Written {
	r := out.CopyObjectResult
	w := reconcile.Written{
		ETag:       unquoted(r.ETag),
		VersionID:  aws.ToString(out.VersionId),
		Encryption: encryptionOf(out.ServerSideEncryption, out.SSECustomerAlgorithm, reconcile.EncryptionUnknown),
	}
	// One CopyObject writes one part, whatever the source was.
	w.Checksum = preferred(sums{
		{crc64nvme, r.ChecksumCRC64NVME}, {crc32c, r.ChecksumCRC32C}, {crc32, r.ChecksumCRC32},
		{"SHA256", r.ChecksumSHA256}, {"SHA1", r.ChecksumSHA1}, {"SHA512", r.ChecksumSHA512},
		{"MD5", r.ChecksumMD5}, {"XXHASH128", r.ChecksumXXHASH128},
		{"XXHASH3", r.ChecksumXXHASH3}, {"XXHASH64", r.ChecksumXXHASH64},
	}.checksums(r.ChecksumType, false))
	return w
}
