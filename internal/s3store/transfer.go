package s3store

import (
	"context"
	"io"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"reconcile/internal/reconcile"
)

// uploadAttempts is how often the SDK sends a request of an Upload.
const uploadAttempts = 5

// Upload writes an object of unknown length, such as a report: in one request
// or, if it is longer than 5 MiB, by parts. It is the one call that retries,
// because nothing above it could: the reader cannot be read again. What was
// there is overwritten. The time for one copy is the time for all of it.
func (s *Store) Upload(ctx context.Context, at reconcile.Location, body io.Reader, contentType string) error {
	return s.UploadWhen(ctx, at, body, contentType, reconcile.Precondition{Off: true})
}

// UploadWhen is Upload under a condition on what stands there.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (s *Store) UploadWhen(ctx context.Context, at reconcile.Location, body io.Reader, contentType string, when reconcile.Precondition) error {
	err := s.uploadWhen(ctx, at, body, contentType, when)
	again, ok := body.(io.Seeker)
	if !ok {
		return err
	}
	return s.writeBare(ctx, at, when, err, func() error {
		if _, err := again.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return s.uploadWhen(ctx, at, body, contentType, when)
	})
}

func (s *Store) uploadWhen(ctx context.Context, at reconcile.Location, body io.Reader, contentType string, when reconcile.Precondition) error {
	c := s.start(ctx, "PutObject", at, s.config.CopyTimeout)
	c.guard = guardName(when)
	defer c.end()
	client, err := s.client(c.ctx, at.Bucket)
	if err != nil {
		return c.fail(err)
	}
	b := s.bucket(at.Bucket)
	in := &s3.PutObjectInput{
		Bucket:              &at.Bucket,
		Key:                 &at.Key,
		Body:                body,
		ContentType:         optional(contentType),
		ACL:                 b.ownACL(),
		ExpectedBucketOwner: optional(b.ExpectedOwner),
		RequestPayer:        b.payer(),
	}
	in.IfMatch, in.IfNoneMatch = s.guard(at.Bucket, when)
	in.ServerSideEncryption, in.SSEKMSKeyId = b.encryption()
	//lint:ignore SA1019 the manager is deprecated for transfermanager; the project keeps to the manager
	up := manager.NewUploader(client, func(u *manager.Uploader) {
		u.RequestChecksumCalculation = client.Options().RequestChecksumCalculation // it has a default of its own
		u.ClientOptions = append(u.ClientOptions, retrying, c.keepFirstFailure())
		u.LeavePartsOnError = true // it would abort under the context that has ended
	})
	//lint:ignore SA1019 as above
	if _, err = up.Upload(c.ctx, in); err != nil {
		return s.abandon(ctx, at, err, c.fail(err))
	}
	return nil
}

// retrying is the SDK's own retrying, which everything else here has off.
func retrying(o *s3.Options) {
	o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = uploadAttempts })
}

// keepFirstFailure gives each request of an upload an answer of its own, since
// parts are sent side by side, and the call the one of the first that failed:
// the others are cancelled because of it.
func (c *call) keepFirstFailure() func(*s3.Options) {
	var first sync.Once
	own := middleware.InitializeMiddlewareFunc("OwnAnswer", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		var a answer
		out, metadata, err := next.HandleInitialize(withAnswer(ctx, &a), in)
		if err != nil {
			first.Do(func() { c.op, c.answer = middleware.GetOperationName(ctx), a })
		}
		return out, metadata, err
	})
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(own, middleware.Before)
		})
	}
}
