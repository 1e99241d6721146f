package s3store

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// What the policy of a bucket may demand of every object that is written to
// it: copies, parts, reports, locks and journals alike.

// encryption is what objects are encrypted with: nothing said is the bucket's
// default. A key alone says KMS. The parts of an upload take what it was
// opened with.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
func (b Bucket) encryption() (types.ServerSideEncryption, *string) {
	sse := types.ServerSideEncryption(b.SSE)
	if b.KMSKeyID != "" {
		sse = cmp.Or(sse, types.ServerSideEncryptionAwsKms)
	}
	if sse == types.ServerSideEncryptionAes256 {
		return sse, nil
	}
	return sse, optional(b.KMSKeyID)
}

// checkEncryption refuses a key where there is none.
func checkEncryption(b Bucket) error {
	switch b.SSE {
	case "", "aws:kms", "aws:kms:dsse":
		return nil
	case "AES256":
		if b.KMSKeyID != "" {
			return fmt.Errorf("encryption AES256 has no key of KMS, and %q is configured", b.KMSKeyID)
		}
		return nil
	}
	return fmt.Errorf("encryption %q: there are AES256, aws:kms and aws:kms:dsse", b.SSE)
}

// ownACL is the canned ACL of what the program writes for itself into the
// bucket: that of the copies, but for one that lets strangers read.
func (b Bucket) ownACL() types.ObjectCannedACL {
	switch acl := types.ObjectCannedACL(b.ACL); acl {
	case types.ObjectCannedACLPublicRead, types.ObjectCannedACLPublicReadWrite, types.ObjectCannedACLAuthenticatedRead:
		return ""
	default:
		return acl
	}
}

// annotations says what becomes of an object's annotations. The directive is
// always sent on Amazon: nothing said would be COPY, for which rights may be
// missing. Directory buckets have none and refuse it, and so may others.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
func (s *Store) annotations(target string) types.AnnotationDirective {
	if !s.Amazon(target) || strings.HasSuffix(target, "--x-s3") {
		return ""
	}
	return cmp.Or(types.AnnotationDirective(strings.ToUpper(s.config.Annotations)), types.AnnotationDirectiveCopy)
}
