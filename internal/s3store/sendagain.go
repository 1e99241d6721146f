package s3store

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// sendAgain repeats, once, a request that was refused for its form before it
// was looked at, where this package can mend the form: signed for the wrong
// time, or without a digest of its body. Nothing was carried out, so that
// this is no attempt in the sense of the layers above.
func (s *Store) sendAgain(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("SendAgain", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		rewind := rewinder(in.Parameters)
		out, metadata, err := next.HandleInitialize(ctx, in)
		if err != nil && ctx.Err() == nil && s.mended(ctx) && rewind() {
			out, metadata, err = next.HandleInitialize(ctx, in)
		}
		return out, metadata, err
	}), middleware.After)
}

// mended reports whether the request of ctx was refused for something that
// will be otherwise the second time. The SDK takes the offset between the
// clocks from every answer, and signs the next request by it.
func (s *Store) mended(ctx context.Context) bool {
	a := answerFrom(ctx)
	if a == nil {
		return false
	}
	doc, refused := a.document()
	switch {
	case !refused:
		return false
	case doc.Code == codeSkewed:
		return true
	case demandsDigest(doc) && !a.digest:
		return s.demandDigest(bucketOf(ctx))
	}
	return false
}

// codeSkewed is S3's for a signature of another time than the server's.
const codeSkewed = "RequestTimeTooSkewed"

// rewinder returns what brings the body of an operation's input back to where
// it begins, false where that cannot be done.
func rewinder(input any) func() bool {
	v := reflect.Indirect(reflect.ValueOf(input))
	if v.Kind() != reflect.Struct {
		return func() bool { return true }
	}
	field := v.FieldByName("Body")
	if !field.IsValid() || field.Kind() != reflect.Interface || field.IsNil() {
		return func() bool { return true }
	}
	body, ok := field.Interface().(io.Seeker)
	if !ok {
		return func() bool { return false }
	}
	start, err := body.Seek(0, io.SeekCurrent)
	return func() bool {
		if err != nil {
			return false
		}
		_, err = body.Seek(start, io.SeekStart)
		return err == nil
	}
}

// demandsDigest reports whether a request was refused because its body came
// without Content-MD5 or a checksum: buckets with a default retention, and
// some servers, take no other. On Amazon's the SDK sends a checksum anyway.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
func demandsDigest(doc errorDocument) bool {
	switch doc.Code {
	case "MissingContentMD5", "MissingDigest":
		return true
	case "InvalidRequest", "InvalidArgument", "BadRequest", "MissingSecurityHeader":
		text := strings.ToLower(doc.Message)
		return strings.Contains(text, "content-md5") || strings.Contains(text, "x-amz-checksum")
	}
	return false
}

// demandDigest remembers that a bucket demands digests. It is true.
func (s *Store) demandDigest(bucket string) bool {
	s.digests.Store(bucket, true)
	return true
}

// addDigest adds Content-MD5 to the requests with a body to a bucket that has
// demanded it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
func (s *Store) addDigest(stack *middleware.Stack) error {
	return stack.Build.Add(middleware.BuildMiddlewareFunc("DigestWhereDemanded", func(
		ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler,
	) (middleware.BuildOutput, middleware.Metadata, error) {
		req, ok := in.Request.(*smithyhttp.Request)
		if _, demanded := s.digests.Load(bucketOf(ctx)); ok && demanded {
			if err := setContentMD5(req); err != nil {
				return middleware.BuildOutput{}, middleware.Metadata{}, err
			}
		}
		return next.HandleBuild(ctx, in)
	}), middleware.After)
}

// bucketKey is the context's key of the bucket that a call is about.
type bucketKey struct{}

func withBucket(ctx context.Context, bucket string) context.Context {
	return context.WithValue(ctx, bucketKey{}, bucket)
}

func bucketOf(ctx context.Context) string {
	bucket, _ := ctx.Value(bucketKey{}).(string)
	return bucket
}

// setContentMD5 adds the digest of a body, where there is a body and none of
// its digests is there yet.
func setContentMD5(req *smithyhttp.Request) error {
	stream := req.GetStream()
	if stream == nil || !req.IsStreamSeekable() || hasDigest(req.Header) {
		return nil
	}
	sum, err := contentMD5(stream)
	if err != nil {
		return err
	}
	req.Header.Set("Content-MD5", sum)
	return req.RewindStream()
}

// hasDigest reports whether a request says by its header what its body is.
func hasDigest(h http.Header) bool {
	if h.Get("Content-MD5") != "" {
		return true
	}
	for name := range h {
		if strings.HasPrefix(name, "X-Amz-Checksum-") && name != "X-Amz-Checksum-Type" && name != "X-Amz-Checksum-Algorithm" {
			return true
		}
	}
	return false
}
