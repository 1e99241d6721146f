package s3store

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

// counter counts requests by the name of their S3 operation.
type counter struct {
	mu     sync.Mutex
	byName map[string]int64
}

func (c *counter) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byName == nil {
		c.byName = map[string]int64{}
	}
	c.byName[name]++
}

// Requests returns how many requests were sent so far, by S3's name of the
// operation. Every attempt counts: what is paid is what went out.
func (s *Store) Requests() map[string]int64 {
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	all := make(map[string]int64, len(s.counts.byName))
	for name, n := range s.counts.byName {
		all[name] = n
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
	// Counted where the headers are written, not here: net/http sends a GET
	// again by itself when a kept connection turns out to be dead.
	trace := &httptrace.ClientTrace{WroteHeaders: func() { t.counts.add(name) }}
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
