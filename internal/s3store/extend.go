package s3store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"reconcile/internal/reconcile"
)

// Extend keeps a restored copy for so many days from now on. It is an error
// for an object that is not restored.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
func (s *Store) Extend(ctx context.Context, at reconcile.Location, days int) error {
	_, err := s.Restore(ctx, reconcile.RestoreRequest{Source: at, Days: days})
	return err
}

// Remove deletes an object on the condition that it still has the ETag. In a
// bucket with versions it is hidden behind a delete marker. S3 answers with
// 204: anything else is not believed.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
func (s *Store) Remove(ctx context.Context, at reconcile.Location, etag string) error {
	c := s.start(ctx, "DeleteObject", at, s.config.Timeout)
	defer c.end()
	c.guard = ifMatch
	b := s.bucket(at.Bucket)
	_, err := send(s, c, (*s3.Client).DeleteObject, &s3.DeleteObjectInput{
		Bucket: &at.Bucket, Key: &at.Key, VersionId: optional(at.VersionID), IfMatch: quoted(etag),
		ExpectedBucketOwner: optional(b.ExpectedOwner), RequestPayer: b.payer(),
	})
	if err != nil {
		return err
	}
	return c.deleted()
}
