package s3store

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"sync"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

// counter counts requests by the bucket that they go to and the name of their
// S3 operation.
type counter struct {
	mu       sync.Mutex
	byBucket map[string]map[string]int64
}

func (c *counter) add(bucket, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byBucket == nil {
		c.byBucket = map[string]map[string]int64{}
	}
	if c.byBucket[bucket] == nil {
		c.byBucket[bucket] = map[string]int64{}
	}
	c.byBucket[bucket][name]++
}

// Requests returns how many requests were sent so far, by S3's name of the
// operation. Every attempt counts: what is paid is what went out.
func (s *Store) Requests() map[string]int64 {
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	all := map[string]int64{}
	for _, requests := range s.counts.byBucket {
		for name, n := range requests {
			all[name] += n
		}
	}
	return all
}

// RequestsByBucket is Requests by the bucket that they went to.
func (s *Store) RequestsByBucket() map[string]map[string]int64 {
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	all := make(map[string]map[string]int64, len(s.counts.byBucket))
	for bucket, requests := range s.counts.byBucket {
		all[bucket] = maps.Clone(requests)
	}
	return all
}

// transport counts what goes out and keeps what the SDK throws away of the
// answers: see answer.
type transport struct {
	next   http.RoundTripper
	counts *counter
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	name := awsmiddleware.GetOperationName(ctx)
	bucket := bucketOf(ctx)
	// Counted where the headers are written, not here: net/http sends a GET
	// again by itself when a kept connection turns out to be dead.
	trace := &httptrace.ClientTrace{WroteHeaders: func() { t.counts.add(bucket, name) }}
	req = req.WithContext(httptrace.WithClientTrace(ctx, trace))
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = readOnly{req.Body}
	}
	if req.Header.Get(acceptEncoding) == "" {
		req.Header.Set(acceptEncoding, "identity") // nothing is to be compressed on the way
	}
	a := answerFrom(ctx)
	a.reset(req)
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	mendHeader(resp.Header)
	a.keep(resp)
	mendBody(name, resp)
	return resp, nil
}

// readOnly hides the WriterTo of the SDK's request bodies. The SDK closes a
// body as soon as the header of the answer is there, and its WriteTo then
// returns io.EOF. net/http, which looks once more whether the body goes on,
// takes that for a failed write and closes the connection, under an answer
// that is still being read: S3 sends the header of CompleteMultipartUpload's
// long before the rest.
type readOnly struct{ io.ReadCloser }
