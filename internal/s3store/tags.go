package s3store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
)

// Tags returns an object's tags.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
func (s *Store) Tags(ctx context.Context, at reconcile.Location) (map[string]string, error) {
	c := s.start(ctx, "GetObjectTagging", at, s.config.Timeout)
	defer c.end()
	b := s.bucket(at.Bucket)
	out, err := send(s, c, (*s3.Client).GetObjectTagging, &s3.GetObjectTaggingInput{
		Bucket:              &at.Bucket,
		Key:                 &at.Key,
		VersionId:           optional(at.VersionID),
		ExpectedBucketOwner: optional(b.ExpectedOwner),
		RequestPayer:        b.payer(),
	})
	switch {
	case err != nil:
		return nil, err
	case out.TagSet == nil: // an object without tags has an empty one
		return nil, c.empty("no TagSet")
	}
	return tagMap(out.TagSet), nil
}

// PutTags replaces an object's tags.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
func (s *Store) PutTags(ctx context.Context, at reconcile.Location, tags map[string]string) error {
	c := s.start(ctx, "PutObjectTagging", at, s.config.Timeout)
	defer c.end()
	b := s.bucket(at.Bucket)
	_, err := send(s, c, (*s3.Client).PutObjectTagging, &s3.PutObjectTaggingInput{
		Bucket:              &at.Bucket,
		Key:                 &at.Key,
		VersionId:           optional(at.VersionID),
		Tagging:             &types.Tagging{TagSet: tagSet(tags)},
		ExpectedBucketOwner: optional(b.ExpectedOwner),
		RequestPayer:        b.payer(),
	})
	if err != nil {
		return err
	}
	return c.refusedAfterAll()
}

func tagMap(set []types.Tag) map[string]string {
	m := make(map[string]string, len(set))
	for _, t := range set {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}

// tagSet returns the tags in the order of their keys, so that requests repeat.
func tagSet(tags map[string]string) []types.Tag {
	set := make([]types.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		set = append(set, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return set
}

// maxTagHeader is how long, in bytes, the header x-amz-tagging may be.
const maxTagHeader = 2048

// tagHeader returns the tags as the header x-amz-tagging, as query parameters;
// fits is false where that would be too long a header.
func tagHeader(tags map[string]string) (header string, fits bool) {
	var b strings.Builder
	for i, t := range tagSet(tags) {
		if i > 0 {
			b.WriteByte('&')
		}
		escapeTo(&b, *t.Key, "")
		b.WriteByte('=')
		escapeTo(&b, *t.Value, "")
	}
	return b.String(), b.Len() <= maxTagHeader
}
