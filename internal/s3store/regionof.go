package s3store

import (
	"cmp"
	"context"
)

// Region returns the region of a bucket, by whose prices it is paid: the one
// that is configured or, on Amazon, found out. Empty: neither.
func (s *Store) Region(ctx context.Context, bucket string) (string, error) {
	b := s.bucket(bucket)
	region := cmp.Or(b.Region, s.profiles[b.Profile].config.Region)
	if region != "" || !s.Amazon(bucket) {
		return region, nil
	}
	return s.findRegion(ctx, bucket, siteKey{b.Region, s.endpoint(b), b.Profile})
}
