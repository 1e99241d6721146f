package s3store

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"

	"reconcile/internal/reconcile"
)

// regionLookup holds the region of one bucket once it has been found. turn is
// a lock that a waiting caller can leave when its context ends.
type regionLookup struct {
	turn   chan struct{}
	region string
}

// findRegion asks, once for each bucket, which region it is in. A failed
// lookup is not kept: the next request asks again.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
func (s *Store) findRegion(ctx context.Context, bucket string, key siteKey) (string, error) {
	l := s.lookup(bucket)
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if l.region != "" {
		return l.region, nil
	}
	region, err := s.askRegion(ctx, bucket, key)
	if err == nil {
		l.region = region
	}
	return region, err
}

func (s *Store) lookup(bucket string) *regionLookup {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.regions[bucket] == nil {
		s.regions[bucket] = &regionLookup{turn: make(chan struct{}, 1)}
	}
	return s.regions[bucket]
}

func (s *Store) askRegion(ctx context.Context, bucket string, key siteKey) (string, error) {
	c := s.start(ctx, "HeadBucket", reconcile.Location{Bucket: bucket}, s.config.Timeout)
	defer c.end()
	key.region = fallbackRegion
	region, err := manager.GetBucketRegion(c.ctx, s.site(key).client, bucket)
	if err != nil {
		return "", c.fail(err)
	}
	if region == "" {
		return "", c.empty("no x-amz-bucket-region: configure the bucket's region")
	}
	return region, nil
}

// StorageClass is that of the copies which are written to a bucket.
func (s *Store) StorageClass(bucket string) string {
	return cmp.Or(s.bucket(bucket).StorageClass, "STANDARD")
}
