package s3store

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3list"
)

// maxDocument is how many bytes a document can have.
const maxDocument = 4 << 20

// ReadDocument returns a small object with its ETag and its age by the
// server's clock.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func (s *Store) ReadDocument(ctx context.Context, at reconcile.Location) (reconcile.Document, error) {
	c := s.start(ctx, "GetObject", at, s.config.Timeout)
	defer c.end()
	body, err := s.get(c)
	if err != nil {
		return reconcile.Document{}, err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, maxDocument+1))
	switch {
	case err != nil:
		return reconcile.Document{}, c.interrupted(err)
	case len(text) > maxDocument:
		return reconcile.Document{}, c.broken("it is longer than the %d bytes that a document of this program can have", maxDocument)
	}
	d := reconcile.Document{Body: text, ETag: unquoted(headerOf(c, "ETag")), Age: c.age()}
	if d.ETag == "" {
		return reconcile.Document{}, c.empty("no ETag of the object")
	}
	return d, nil
}

func headerOf(c *call, name string) *string {
	value := c.answer.header.Get(name)
	return &value
}

// age is how long before the answer the object was written, both by the
// server's clock; 0 where the answer does not say.
func (c *call) age() time.Duration {
	now, ok := s3list.ParseTime(c.answer.header.Get("Date"))
	written, ok2 := s3list.ParseTime(c.answer.header.Get("Last-Modified"))
	if !ok || !ok2 {
		return 0
	}
	return max(now.Sub(written), 0)
}

// WriteDocument writes a small object under the guard, and returns its ETag.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (s *Store) WriteDocument(ctx context.Context, at reconcile.Location, body []byte, g reconcile.Precondition) (etag string, err error) {
	write := func() error {
		etag, err = s.writeDocument(ctx, at, body, g)
		return err
	}
	err = s.writeBare(ctx, at, g, write(), write)
	return etag, err
}

func (s *Store) writeDocument(ctx context.Context, at reconcile.Location, body []byte, g reconcile.Precondition) (etag string, err error) {
	c := s.start(ctx, "PutObject", at, s.config.Timeout)
	defer c.end()
	c.guard = guardName(g)
	b := s.bucket(at.Bucket)
	in := &s3.PutObjectInput{
		Bucket:              &at.Bucket,
		Key:                 &at.Key,
		Body:                bytes.NewReader(body),
		ContentType:         optional("application/json"),
		ACL:                 b.ownACL(),
		ExpectedBucketOwner: optional(b.ExpectedOwner),
		RequestPayer:        b.payer(),
	}
	in.IfMatch, in.IfNoneMatch = s.guard(at.Bucket, g)
	in.ServerSideEncryption, in.SSEKMSKeyId = b.encryption()
	out, err := send(s, c, (*s3.Client).PutObject, in)
	if err != nil {
		return "", err
	}
	if etag = unquoted(out.ETag); etag == "" {
		return "", c.empty("no ETag of the object")
	}
	return etag, nil
}

// RemoveDocument removes an object of the program's own. One that is gone
// already is no error.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
func (s *Store) RemoveDocument(ctx context.Context, at reconcile.Location) error {
	c := s.start(ctx, "DeleteObject", at, s.config.Timeout)
	defer c.end()
	b := s.bucket(at.Bucket)
	_, err := send(s, c, (*s3.Client).DeleteObject, &s3.DeleteObjectInput{
		Bucket: &at.Bucket, Key: &at.Key,
		ExpectedBucketOwner: optional(b.ExpectedOwner), RequestPayer: b.payer(),
	})
	if err != nil {
		return err
	}
	return c.deleted()
}

// deleted is the error for a DeleteObject that was not answered as S3 answers
// it: nothing else is believed.
func (c *call) deleted() error {
	if c.answer.status != http.StatusNoContent {
		return c.empty("no 204 for what was deleted")
	}
	return nil
}
