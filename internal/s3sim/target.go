package s3sim

import (
	"unicode/utf8"
)

// maxKey is the length that a key may have, in bytes.
const maxKey = 1024

// checkTarget checks what all operations on a bucket have in common.
func (c *call) checkTarget() error {
	if c.op == "ListBuckets" || c.op == "CreateBucket" {
		return nil
	}
	b := c.srv.bucket(c.bucket)
	if b == nil {
		return errNoSuchBucket.field("BucketName", c.bucket)
	}
	if err := c.checkAccess(b, "x-amz-expected-bucket-owner"); err != nil {
		return err
	}
	return checkKey(c.key)
}

// checkAccess checks the owner that a header demands, and who pays.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
func (c *call) checkAccess(b *bucket, ownerHeader string) error {
	if owner := c.r.Header.Get(ownerHeader); owner != "" && owner != b.owner {
		return errAccessDenied
	}
	if b.requesterPays && c.r.Header.Get("x-amz-request-payer") != "requester" {
		return errAccessDenied
	}
	return nil
}

func checkKey(key string) error {
	switch {
	case len(key) > maxKey:
		return errKeyTooLong.field("Size", itoa(len(key))).field("MaxSizeAllowed", itoa(maxKey))
	case !utf8.ValidString(key):
		return errInvalidURI
	}
	return nil
}

// target returns the bucket that the request is about, which checkTarget has
// found. It may have been deleted since; then it is an empty one of that name.
func (c *call) target() *bucket {
	if b := c.srv.bucket(c.bucket); b != nil {
		return b
	}
	return newBucket(c.bucket, fromSeconds(c.now), nil)
}

// object returns the version that the request is about.
func (c *call) object() (*object, error) {
	return c.target().find(c.key, c.query.Get("versionId"))
}
