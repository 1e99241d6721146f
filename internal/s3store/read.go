package s3store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"reconcile/internal/reconcile"
)

// Open returns the content of a whole object, however long it is: an S3
// Inventory has files of gigabytes. There is no time for all of it, but the
// time for one small request is the longest that may pass until the answer,
// and then between two stretches of bytes. A body that breaks off is an error,
// never the end. The caller must close it; it is for one goroutine, and ctx
// must last until then.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func (s *Store) Open(ctx context.Context, at reconcile.Location) (io.ReadCloser, error) {
	body, _, err := s.Standing(ctx, at)
	return body, err
}

// Standing is Open with the object's ETag: what an upload would replace.
func (s *Store) Standing(ctx context.Context, at reconcile.Location) (io.ReadCloser, string, error) {
	c := &call{op: "GetObject", at: at, timeout: s.config.Timeout, parent: ctx}
	c.ctx, c.cancel = context.WithCancel(withBucket(withAnswer(ctx, &c.answer), at.Bucket))
	idle := time.AfterFunc(c.timeout, c.cancel)
	body, err := s.get(c)
	idle.Stop()
	if err != nil {
		c.end()
		return nil, "", err
	}
	r := &reading{ReadCloser: body, call: c, idle: idle}
	etag := unquoted(headerOf(c, "ETag"))
	if etag == "" { // a page of a proxy
		defer r.Close()
		return nil, "", c.empty("no ETag of the object")
	}
	return r, etag, nil
}

func (s *Store) get(c *call) (io.ReadCloser, error) {
	b := s.bucket(c.at.Bucket)
	out, err := send(s, c, (*s3.Client).GetObject, &s3.GetObjectInput{
		Bucket:              &c.at.Bucket,
		Key:                 &c.at.Key,
		VersionId:           optional(c.at.VersionID),
		ExpectedBucketOwner: optional(b.ExpectedOwner),
		RequestPayer:        b.payer(),
	})
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}

// reading is the body of an object on its way. The clock runs only while
// somebody waits for bytes: the caller may take its time in between.
type reading struct {
	io.ReadCloser
	call *call
	idle *time.Timer // cancels the call
}

func (r *reading) Read(p []byte) (int, error) {
	r.idle.Reset(r.call.timeout)
	n, err := r.ReadCloser.Read(p)
	r.idle.Stop()
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	case r.call.timedOut():
		return n, r.call.wrap(reconcile.Network, fmt.Errorf("the body stopped: no byte within %v", r.call.timeout))
	}
	return n, r.call.interrupted(err)
}

func (r *reading) Close() error {
	defer r.call.end()
	return r.ReadCloser.Close()
}
