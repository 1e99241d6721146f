package s3store

import (
	"context"
	"math"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
)

// Restore asks for a readable copy of an archived object, for a longer life of
// the one that is there, or for a faster tier of a restore that is under way.
// readable is true where S3 answers that a copy is there already and was
// extended (200), false where it has begun to make one (202). A restore that
// is under way and cannot be changed is an error with the code
// reconcile.CodeRestoreInProgress; one of kind Other with the code
// reconcile.CodeExpeditedUnavailable says that there is no capacity for
// Expedited now.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
func (s *Store) Restore(ctx context.Context, r reconcile.RestoreRequest) (readable bool, err error) {
	c := s.start(ctx, "RestoreObject", r.Source, s.config.Timeout)
	defer c.end()
	b := s.bucket(r.Source.Bucket)
	_, err = send(s, c, (*s3.Client).RestoreObject, &s3.RestoreObjectInput{
		Bucket: &r.Source.Bucket, Key: &r.Source.Key, VersionId: optional(r.Source.VersionID),
		RestoreRequest: restoreRequest(r), ExpectedBucketOwner: optional(b.ExpectedOwner), RequestPayer: b.payer(),
	})
	if err != nil {
		return false, err
	}
	if err := c.refusedAfterAll(); err != nil {
		return false, err
	}
	return c.answer.status == http.StatusOK, nil
}

// restoreRequest leaves out what was not given: Days must not be there for
// INTELLIGENT_TIERING.
func restoreRequest(r reconcile.RestoreRequest) *types.RestoreRequest {
	in := &types.RestoreRequest{}
	if r.Days > 0 {
		in.Days = aws.Int32(int32(min(r.Days, math.MaxInt32)))
	}
	if r.Tier != "" {
		in.GlacierJobParameters = &types.GlacierJobParameters{Tier: types.Tier(r.Tier)}
	}
	return in
}
