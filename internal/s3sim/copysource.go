package s3sim

import (
	"net/url"
	"strings"
)

// copySource is where a copy comes from.
type copySource struct{ bucket, key, version string }

// parseCopySource parses x-amz-copy-source: an optional slash, bucket, slash,
// key, all form-encoded (so that a bare '+' is a space), and an optional
// ?versionId= behind it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
func parseCopySource(header string) (copySource, error) {
	path, version := header, ""
	if i := strings.LastIndex(header, "?versionId="); i >= 0 {
		path, version = header[:i], header[i+len("?versionId="):]
		if version == "" {
			return copySource{}, errInvalidArgument.say("Version id cannot be the empty string")
		}
	}
	decoded, err := url.QueryUnescape(path)
	if err != nil {
		return copySource{}, errInvalidArgument.say("Invalid copy source encoding")
	}
	bucket, key, ok := strings.Cut(strings.TrimPrefix(decoded, "/"), "/")
	if !ok || bucket == "" || key == "" {
		return copySource{}, errInvalidArgument.
			say("Copy Source must mention the source bucket and key: sourcebucket/sourcekey").
			field("ArgumentName", "x-amz-copy-source").field("ArgumentValue", header)
	}
	if err := checkKey(key); err != nil {
		return copySource{}, err
	}
	return copySource{bucket: bucket, key: key, version: version}, nil
}

// source finds the object that a copy reads and checks that it may be read.
func (c *call) source() (*object, copySource, error) {
	from, err := parseCopySource(c.r.Header.Get("x-amz-copy-source"))
	if err != nil {
		return nil, from, err
	}
	b := c.srv.bucket(from.bucket)
	if b == nil {
		return nil, from, errNoSuchBucket.field("BucketName", from.bucket)
	}
	if err := c.checkAccess(b, "x-amz-source-expected-bucket-owner"); err != nil {
		return nil, from, err
	}
	o, err := b.find(from.key, from.version)
	if err != nil {
		return nil, from, err
	}
	if err := checkCustomerKey(o, c.r.Header.Get("x-amz-copy-source-server-side-encryption-customer-key-md5")); err != nil {
		return nil, from, err
	}
	if !c.srv.cfg.Quirks.IgnoreCopySourceConditions {
		cond := readConditions(c.r.Header, copySourcePrefix)
		if name := cond.failed(c.etag(o), o.modifiedAt()); name != "" {
			return nil, from, conditionFailed(name)
		}
	}
	return o, from, c.checkReadable(o)
}
