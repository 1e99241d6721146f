package s3store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
)

// Annotated reports whether an object has annotations that a copy should take
// along. Where there are none by the server or by the settings nothing is sent.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectAnnotations.html
func (s *Store) Annotated(ctx context.Context, at reconcile.Location) (bool, error) {
	if s.annotations(at.Bucket) != types.AnnotationDirectiveCopy {
		return false, nil
	}
	return s.annotated(ctx, at)
}

func (s *Store) annotated(ctx context.Context, at reconcile.Location) (bool, error) {
	c := s.start(ctx, "ListObjectAnnotations", at, s.config.Timeout)
	defer c.end()
	b := s.bucket(at.Bucket)
	out, err := send(s, c, (*s3.Client).ListObjectAnnotations, &s3.ListObjectAnnotationsInput{
		Bucket:               &at.Bucket,
		Key:                  &at.Key,
		VersionId:            optional(at.VersionID),
		MaxAnnotationResults: aws.Int32(1),
		ExpectedBucketOwner:  optional(b.ExpectedOwner),
		RequestPayer:         b.payer(),
	})
	if err != nil {
		return false, err
	}
	return len(out.Annotations) > 0, nil
}
