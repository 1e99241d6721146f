package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"reconcile/internal/display"
	"reconcile/internal/reconcile"
)

// bucketPattern is wider than Amazon's rule for new buckets: old buckets and
// other servers have capitals, underscores and longer names.
// Ceph puts a tenant before the name, with a colon.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
// https://docs.ceph.com/en/latest/radosgw/multitenancy/
var bucketPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[A-Za-z0-9_]+:)?[A-Za-z0-9][A-Za-z0-9._-]+[A-Za-z0-9]$`)
})

const maxBucketName = 255 // bytes, without the tenant

// parseBucket takes a bucket's name, and s3://bucket too.
func parseBucket(s string) (string, error) {
	name, isURL := strings.CutPrefix(s, reconcile.Scheme)
	name = strings.TrimSuffix(name, "/")
	switch {
	case name == "":
		return "", errEmpty
	case strings.HasPrefix(name, "arn:"):
		return "", fmt.Errorf("%q is an ARN: give the bucket's name", display.URL(s))
	case isURL && strings.Contains(name, "/"):
		return "", fmt.Errorf("%q is a bucket and a path: give the bucket alone; for the source there is --prefix", display.URL(s))
	case !bucketPattern().MatchString(name) || len(name)-strings.Index(name, ":")-1 > maxBucketName:
		return "", fmt.Errorf("%q is no bucket name: 3 to 255 letters, digits, dots, hyphens and underscores", display.URL(s))
	}
	return name, nil
}

// parseObjectURL splits s3://bucket/key.
func parseObjectURL(s string) (bucket, key string, err error) {
	at, inS3 := reconcile.ParseLocation(s)
	if !inS3 || at.Key == "" {
		return "", "", errors.New("names no object: give s3://bucket/key")
	}
	bucket, err = parseBucket(at.Bucket)
	return bucket, at.Key, err
}
