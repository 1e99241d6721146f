package s3store

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
)

// answer keeps of an HTTP answer what errors are made of. The SDK drops the
// Condition of a 412, turns the status of an error under 200 into 500, and
// gives no way to tell an empty answer from one that is not S3's.
type answer struct {
	sent   bool // a request was handed to the transport
	digest bool // it said by its header what its body is
	status int  // 0: no answer arrived
	header http.Header
	body   []byte // its beginning, without leading white space
}

// keptBody is how many bytes of a body are kept. An error document of S3 has
// a few hundred.
const keptBody = 4 << 10

type answerKey struct{}

func withAnswer(ctx context.Context, a *answer) context.Context {
	return context.WithValue(ctx, answerKey{}, a)
}

// answerFrom returns the answer to be filled for ctx, nil if there is none.
func answerFrom(ctx context.Context) *answer {
	a, _ := ctx.Value(answerKey{}).(*answer)
	return a
}

func (a *answer) reset(req *http.Request) {
	if a != nil {
		*a = answer{sent: true, digest: hasDigest(req.Header)}
	}
}

func (a *answer) keep(resp *http.Response) {
	if a == nil {
		return
	}
	a.status, a.header = resp.StatusCode, resp.Header
	resp.Body = &keptReader{ReadCloser: resp.Body, into: a}
}

// keptReader keeps the beginning of what is read through it.
type keptReader struct {
	io.ReadCloser
	into *answer
}

func (r *keptReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.into.record(p[:n])
	return n, err
}

func (a *answer) record(p []byte) {
	if len(a.body) == 0 {
		// S3 sends spaces for as long as a copy takes.
		p = bytes.TrimLeft(p, " \t\r\n")
	}
	if room := keptBody - len(a.body); len(p) > room {
		p = p[:room]
	}
	a.body = append(a.body, p...)
}

// errorDocument is S3's answer to a request that failed.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
type errorDocument struct {
	XMLName    xml.Name
	Code       string
	Message    string
	Condition  string
	BucketName string
	Region     string
	RequestID  string `xml:"RequestId"`
}

// document returns the error document of the answer, ok being false where
// the body is none. What was cut off is left empty.
func (a *answer) document() (doc errorDocument, ok bool) {
	err := xml.Unmarshal(a.body, &doc)
	if !strings.EqualFold(doc.XMLName.Local, "Error") {
		return errorDocument{}, false
	}
	return doc, err == nil || doc.Code != ""
}
