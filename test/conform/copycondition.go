package conform

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The pin on the source and the guard on the target of CopyObject.
func copyConditionChecks() []check {
	return []check{
		{"source-if-match-equal", copySourceIfMatchEqual},
		{"source-if-match-unequal", copySourceIfMatchUnequal},
		{"if-none-match", copyIfNoneMatch},
		{"if-none-match-absent", copyIfNoneMatchAbsent},
		{"if-match-equal", copyIfMatchEqual},
		{"if-match-unequal", copyIfMatchUnequal},
		{"if-match-absent", copyIfMatchAbsent},
		{"pin-and-guard", copyPinAndGuard},
		{"condition-of-source", copyConditionOfSource},
		{"condition-of-target", copyConditionOfTarget},
	}
}

// The pin takes the ETag quoted, as listings give it, and unquoted, as an
// inventory does.
func copySourceIfMatchEqual(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	etag := p.put(source, "k", "x")
	for _, pin := range []string{etag, strings.Trim(etag, `"`)} {
		_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) { in.CopySourceIfMatch = &pin })
		if err != nil {
			p.errorf("copy pinned to %s: %v", pin, err)
		}
	}
	p.holds(archive, "k", []byte("x"))
}

func copySourceIfMatchUnequal(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "x")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) {
		in.CopySourceIfMatch = aws.String(etagOf([]byte("other")))
	})
	p.refused("copy", err, 412, "PreconditionFailed")
	p.absent(archive, "k")
}

// If-None-Match: * on a target that is there refuses and changes nothing.
func copyIfNoneMatch(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "new")
	p.put(archive, "k", "older")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) { in.IfNoneMatch = aws.String("*") })
	p.refused("copy", err, 412, "PreconditionFailed")
	p.holds(archive, "k", []byte("older"))
}

func copyIfNoneMatchAbsent(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "new")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) { in.IfNoneMatch = aws.String("*") })
	p.must("copy", err)
	p.holds(archive, "k", []byte("new"))
}

func copyIfMatchEqual(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "new")
	etag := p.put(archive, "k", "older")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) { in.IfMatch = &etag })
	p.must("copy", err)
	p.holds(archive, "k", []byte("new"))
}

func copyIfMatchUnequal(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "new")
	p.put(archive, "k", "older")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) {
		in.IfMatch = aws.String(etagOf([]byte("other")))
	})
	p.refused("copy", err, 412, "PreconditionFailed")
	p.holds(archive, "k", []byte("older"))
}

// If-Match where nothing is: refused, as 404 or as 412, and nothing written.
func copyIfMatchAbsent(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "new")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) {
		in.IfMatch = aws.String(etagOf([]byte("other")))
	})
	p.refusedBadRequest("copy", err)
	p.absent(archive, "k")
}

// With both conditions set, either one that fails refuses the copy.
func copyPinAndGuard(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	etag := p.put(source, "k", "new")
	both := func(pin string) func(*s3.CopyObjectInput) {
		return func(in *s3.CopyObjectInput) { in.CopySourceIfMatch, in.IfNoneMatch = &pin, aws.String("*") }
	}
	_, err := p.copyObject(source, archive, "k", both(etagOf([]byte("other"))))
	p.refused("copy with a wrong pin", err, 412, "PreconditionFailed")
	p.absent(archive, "k")
	_, err = p.copyObject(source, archive, "k", both(etag))
	p.must("copy with a right pin and a free target", err)
	_, err = p.copyObject(source, archive, "k", both(etag))
	p.refused("copy with a taken target", err, 412, "PreconditionFailed")
}

// The 412 of a copy names the condition that did not hold: the pin on the
// source, or the guard of the target. Without it both have to be looked at.
func copyConditionOfSource(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "new")
	got := p.failedCondition(source, archive, func(in *s3.CopyObjectInput) {
		in.CopySourceIfMatch = aws.String(etagOf([]byte("other")))
	})
	if !strings.EqualFold(got, "x-amz-copy-source-If-Match") {
		p.errorf("Condition: %q, want x-amz-copy-source-If-Match", got)
	}
}

func copyConditionOfTarget(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	etag := p.put(source, "k", "new")
	p.put(archive, "k", "older")
	got := p.failedCondition(source, archive, func(in *s3.CopyObjectInput) {
		in.CopySourceIfMatch, in.IfNoneMatch = &etag, aws.String("*")
	})
	if !strings.EqualFold(got, "If-None-Match") {
		p.errorf("Condition: %q, want If-None-Match", got)
	}
}

// failedCondition is the Condition that the refusal of a copy names. The SDK's
// error does not have it, so it is read from the body.
func (p *probe) failedCondition(source, archive string, change func(*s3.CopyObjectInput)) string {
	last := &lastBody{pool: p.pool}
	in := &s3.CopyObjectInput{Bucket: &archive, Key: aws.String("k"), CopySource: copySource(source, "k")}
	change(in)
	_, err := p.newClient(func(o *s3.Options) { o.HTTPClient = last }).CopyObject(p.ctx, in)
	p.refused("copy", err, 412, "PreconditionFailed")
	var body struct{ Condition string }
	p.must("decode the refusal", xml.Unmarshal(last.body, &body))
	return body.Condition
}

// lastBody is an HTTP client that keeps the body of the last answer.
type lastBody struct {
	pool *http.Client
	body []byte
}

// Do sends a request, for the SDK.
func (l *lastBody) Do(req *http.Request) (*http.Response, error) {
	resp, err := l.pool.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if l.body, err = io.ReadAll(resp.Body); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(l.body))
	return resp, nil
}
