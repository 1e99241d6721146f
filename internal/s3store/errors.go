package s3store

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"reconcile/internal/display"
	"reconcile/internal/reconcile"
)

// noAnswer is a request that was given up after so much time.
type noAnswer time.Duration

func (n noAnswer) Error() string { return fmt.Sprintf("no answer within %v", time.Duration(n)) }

// Timeout tells it from a connection that broke, as net.Error does. It is not
// context.DeadlineExceeded, which is what ends a whole run.
func (n noAnswer) Timeout() bool { return true }

// fail turns an error of the SDK into ours. What the answer says goes before
// what the SDK makes of it.
func (c *call) fail(err error) error {
	var ours *reconcile.Error
	if errors.As(err, &ours) { // of the lookup of a region
		return err
	}
	doc, refused := c.answer.document()
	switch {
	case refused || c.answer.status >= 300:
		return c.refused(doc)
	case c.parent.Err() != nil:
		return c.wrap(reconcile.Network, c.parent.Err())
	case c.timedOut():
		return c.wrap(reconcile.Network, noAnswer(c.timeout))
	case c.answer.status != 0:
		return c.unread(err)
	case c.answer.sent:
		return c.wrap(reconcile.Network, bare(err))
	case strings.Contains(err.Error(), "get identity"): // the SDK has no type for it
		return c.wrap(reconcile.AccessDenied, fmt.Errorf("no usable credentials: %w", bare(err)))
	}
	return c.wrap(reconcile.Other, bare(err))
}

// refusedAfterAll is the error of an answer without an error that carries an
// error document, for operations whose answer is empty otherwise.
func (c *call) refusedAfterAll() error {
	if doc, refused := c.answer.document(); refused {
		return c.refused(doc)
	}
	return nil
}

// interrupted is the error for a body that broke off while it was read.
func (c *call) interrupted(err error) error {
	switch {
	case c.parent.Err() != nil:
		return c.wrap(reconcile.Network, c.parent.Err())
	case c.timedOut():
		return c.wrap(reconcile.Network, fmt.Errorf("not read within %v", c.timeout))
	}
	return c.unread(err)
}

// empty is the error for an answer that was read without an error and does not
// hold what it must.
func (c *call) empty(what string) error {
	if doc, refused := c.answer.document(); refused {
		return c.refused(doc)
	}
	e := c.wrap(reconcile.Other, fmt.Errorf("the answer is not S3's: %s%s", what, c.requestID("")))
	e.Code = reconcile.CodeEmptyAnswer
	return e
}

// broken is the error for an answer that breaks a rule of S3.
func (c *call) broken(format string, args ...any) error {
	return c.wrap(reconcile.Other, fmt.Errorf(format, args...))
}

// unread is the error for a good status whose body could not be read: cut
// off, or not XML.
func (c *call) unread(err error) error {
	return c.wrap(reconcile.Network, fmt.Errorf("the answer could not be read%s: %w", c.requestID(""), bare(err)))
}

func (c *call) wrap(kind reconcile.Kind, err error) *reconcile.Error {
	return &reconcile.Error{Op: c.op, Location: c.at, Kind: kind, Status: c.answer.status, Err: err}
}

// refused is the error for what S3 refused, under any status.
func (c *call) refused(doc errorDocument) error {
	e := c.wrap(reconcile.Other, nil)
	e.Code = doc.Code
	if e.Status < 300 {
		e.Status = statusOf(doc.Code)
	}
	if e.Code == "" {
		e.Code = strings.ReplaceAll(http.StatusText(e.Status), " ", "")
	}
	e.Kind = kindOf(e.Code, e.Status)
	if e.Status == http.StatusPreconditionFailed || e.Code == reconcile.CodePreconditionFailed {
		e.Kind, e.Condition = c.precondition(doc.Condition)
	}
	e.Err = errors.New(c.explain(e, doc))
	return e
}

// copySource is how the conditions on the source of a copy begin.
const copySource = "x-amz-copy-source-"

// precondition says which of the conditions failed. A pin on the source and a
// guard on the target share the status; S3 names the one that failed, others
// leave it out, and then it is clear only where just one was sent.
func (c *call) precondition(named string) (reconcile.Kind, string) {
	switch {
	case named == "" && c.pinned && c.guard == "":
		return reconcile.Changed, ""
	case named == "" && !c.pinned:
		return reconcile.Conflict, c.guard
	case strings.HasPrefix(strings.ToLower(named), copySource):
		return reconcile.Changed, named
	case c.source.Bucket == "" && c.pinned: // HEAD: If-Match is the pin
		return reconcile.Changed, named
	}
	return reconcile.Conflict, named
}

// kinds sorts S3's error codes. A code goes before the status: an
// InvalidObjectState is a 403 too.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var kinds = map[string]reconcile.Kind{
	"NoSuchKey":     reconcile.NotFound,
	"NoSuchBucket":  reconcile.NotFound,
	"NoSuchVersion": reconcile.NotFound,
	"NotFound":      reconcile.NotFound,
	"NoSuchJob":     reconcile.NotFound,

	"AccessDenied":                 reconcile.AccessDenied,
	"AllAccessDisabled":            reconcile.AccessDenied,
	"AuthorizationHeaderMalformed": reconcile.AccessDenied,
	"ExpiredToken":                 reconcile.AccessDenied,
	"InvalidAccessKeyId":           reconcile.AccessDenied,
	"InvalidToken":                 reconcile.AccessDenied,
	"SignatureDoesNotMatch":        reconcile.AccessDenied,
	"TokenRefreshRequired":         reconcile.AccessDenied,

	"InvalidObjectState":         reconcile.Unreadable, // in the field
	"ObjectNotInActiveTierError": reconcile.Unreadable, // in the API model

	"BandwidthLimitExceeded": reconcile.Throttled,
	"RequestLimitExceeded":   reconcile.Throttled,
	"RequestThrottled":       reconcile.Throttled,
	"ServiceUnavailable":     reconcile.Throttled,
	"SlowDown":               reconcile.Throttled,
	"ThrottledException":     reconcile.Throttled,
	"TooManyRequests":        reconcile.Throttled,

	// A 503 that is no request for patience: it is about capacity, and may last.
	reconcile.CodeExpeditedUnavailable: reconcile.Other,

	reconcile.CodeConditionalConflict: reconcile.Conflict,
	"OperationAborted":                reconcile.Conflict,

	"RequestTimeout": reconcile.Network, // 400: the connection went quiet
}

var kindsByStatus = map[int]reconcile.Kind{
	http.StatusUnauthorized:       reconcile.AccessDenied,
	http.StatusForbidden:          reconcile.AccessDenied,
	http.StatusNotFound:           reconcile.NotFound,
	http.StatusRequestTimeout:     reconcile.Network,
	http.StatusTooManyRequests:    reconcile.Throttled,
	http.StatusServiceUnavailable: reconcile.Throttled,
}

func kindOf(code string, status int) reconcile.Kind {
	if k, ok := kinds[strings.TrimSuffix(code, "Exception")]; ok {
		return k
	}
	if k, ok := kinds[code]; ok {
		return k
	}
	if strings.HasPrefix(code, "Throttling") {
		return reconcile.Throttled
	}
	if k, ok := kindsByStatus[status]; ok {
		return k
	}
	return reconcile.Other
}

// statusOf gives an error that came under status 200 the status it has
// elsewhere. What is not known here is the server's own failure: that is what
// S3 documents such answers for.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
func statusOf(code string) int {
	switch code {
	case reconcile.CodePreconditionFailed:
		return http.StatusPreconditionFailed
	case "InvalidRequest", "InvalidArgument", "InvalidPart", "InvalidPartOrder", "EntityTooSmall", "EntityTooLarge", "BadDigest":
		return http.StatusBadRequest
	}
	switch kindOf(code, 0) {
	case reconcile.NotFound:
		return http.StatusNotFound
	case reconcile.AccessDenied, reconcile.Unreadable:
		return http.StatusForbidden
	case reconcile.Throttled:
		return http.StatusServiceUnavailable
	case reconcile.Conflict:
		return http.StatusConflict
	case reconcile.Network:
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// plain is an error in one short line, which shows no secrets: a message of the
// SDK or of net/http may have the address of a proxy in it.
type plain struct{ err error }

// maxPlain is the length in bytes at which a foreign text is cut off.
const maxPlain = 200

func (p *plain) Error() string {
	text := display.URLs(strings.Join(strings.Fields(p.err.Error()), " "))
	if len(text) > maxPlain {
		text = strings.ToValidUTF8(text[:maxPlain], "") + "…"
	}
	return text
}

func (p *plain) Unwrap() error { return p.err }

// bare takes off what the SDK and net/http put in front of an error: the
// operation, the status, the request and its address, which stand in ours.
func bare(err error) error {
	for {
		var op *smithy.OperationError
		var resp *awshttp.ResponseError
		var send *url.Error
		var decode *smithy.DeserializationError
		switch {
		case errors.As(err, &op) && op.Err != nil:
			err = op.Err
		case errors.As(err, &resp) && resp.Err != nil:
			err = resp.Err
		case errors.As(err, &decode) && decode.Err != nil:
			err = decode.Err
		case errors.As(err, &send) && send.Err != nil:
			err = send.Err
		default:
			return &plain{err}
		}
	}
}
