package s3store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// errorXML is an error document of S3.
func errorXML(code, rest string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error><Code>" + code + "</Code>" +
		"<Message>The thing went wrong.</Message>" + rest + "<RequestId>REQ2</RequestId></Error>"
}

// TestRefusals sends every operation a refusal and looks at the kind.
func TestRefusals(t *testing.T) {
	tests := []struct {
		status int
		code   string
		kind   reconcile.Kind
	}{
		{404, "NoSuchKey", reconcile.NotFound},
		{404, "NoSuchBucket", reconcile.NotFound},
		{404, "NoSuchVersion", reconcile.NotFound},
		{403, "AccessDenied", reconcile.AccessDenied},
		{403, "InvalidAccessKeyId", reconcile.AccessDenied},
		{403, "SignatureDoesNotMatch", reconcile.AccessDenied},
		{400, "ExpiredToken", reconcile.AccessDenied},
		{403, "AllAccessDisabled", reconcile.AccessDenied},
		{403, "InvalidObjectState", reconcile.Unreadable},
		{403, "ObjectNotInActiveTierError", reconcile.Unreadable},
		{503, "SlowDown", reconcile.Throttled},
		{503, "ServiceUnavailable", reconcile.Throttled},
		{503, "", reconcile.Throttled},
		{429, "", reconcile.Throttled},
		{429, "TooManyRequestsException", reconcile.Throttled},
		{400, "RequestLimitExceeded", reconcile.Throttled},
		{400, "ThrottlingException", reconcile.Throttled},
		{400, "Throttling", reconcile.Throttled},
		{409, "ConditionalRequestConflict", reconcile.Conflict},
		{409, "OperationAborted", reconcile.Conflict},
		{400, "RequestTimeout", reconcile.Network},
		{500, "InternalError", reconcile.Other},
		{502, "", reconcile.Other},
		{501, "NotImplemented", reconcile.Other},
		{400, "InvalidArgument", reconcile.Other},
		{301, "PermanentRedirect", reconcile.Other},
		{307, "TemporaryRedirect", reconcile.Other},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d%s", tt.status, tt.code), func(t *testing.T) {
			body := ""
			if tt.code != "" {
				body = errorXML(tt.code, "")
			}
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", r.URL.String()) // must not be followed
				answerWith(tt.status, body)(w, r)
			})
			for op, do := range everyCall {
				want := tt.kind
				if op == "HeadObject" && tt.code != "" { // no body: the status alone
					want = kindOf("", tt.status)
				}
				before := s.requests.Load()
				e := asOurs(t, do(t.Context(), s.Store))
				if e.Kind != want || e.Status != tt.status || e.Op != op {
					t.Errorf("%s: kind %s, status %d, op %s; want %s, %d: %v", op, e.Kind, e.Status, e.Op, want, tt.status, e)
				}
				if op != "HeadObject" && tt.code != "" && e.Code != tt.code {
					t.Errorf("%s: code %s, want %s", op, e.Code, tt.code)
				}
				if n := s.requests.Load() - before; n != 1 {
					t.Errorf("%s: %d requests, want 1", op, n)
				}
				if !strings.Contains(e.Error(), "(request REQ") {
					t.Errorf("%s: no request id: %v", op, e)
				}
			}
			for op, n := range s.Requests() {
				if n != 1 {
					t.Errorf("counted %d %s, want 1", n, op)
				}
			}
		})
	}
}

// TestErrorsUnder200 sends error documents with a good status. The SDK makes
// 500s of some, and successes of others.
func TestErrorsUnder200(t *testing.T) {
	tests := []struct {
		code   string
		kind   reconcile.Kind
		status int
		retry  bool
	}{
		{"AccessDenied", reconcile.AccessDenied, 403, false},
		{"InternalError", reconcile.Other, 500, true},
		{"SlowDown", reconcile.Throttled, 503, true},
		{"NoSuchKey", reconcile.NotFound, 404, false},
		{"InvalidObjectState", reconcile.Unreadable, 403, false},
		{"RequestTimeout", reconcile.Network, 400, true},
		{"InvalidPart", reconcile.Other, 400, false},
		{"ConditionalRequestConflict", reconcile.Conflict, 409, true},
		{"PreconditionFailed", reconcile.Conflict, 412, false},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			// S3 keeps the connection alive with spaces until it is done.
			s := serve(t, answerWith(200, strings.Repeat(" ", 3000)+errorXML(tt.code, "<Condition>If-None-Match</Condition>")))
			for _, op := range append(withBody, "PutObjectTagging", "AbortMultipartUpload") {
				e := asOurs(t, everyCall[op](t.Context(), s.Store))
				if e.Kind != tt.kind || e.Code != tt.code || e.Status != tt.status {
					t.Errorf("%s: %s %s %d, want %s %s %d: %v", op, e.Kind, e.Code, e.Status, tt.kind, tt.code, tt.status, e)
				}
				if reconcile.Retryable(e) != tt.retry {
					t.Errorf("%s: retryable %v, want %v", op, !tt.retry, tt.retry)
				}
			}
		})
	}
}

// TestNoAnswer sends good statuses with bodies that are none.
func TestNoAnswer(t *testing.T) {
	tests := []struct {
		name, body string
		kinds      []reconcile.Kind
	}{
		{"empty", "", []reconcile.Kind{reconcile.Other}},
		{"spaces", "  \n ", []reconcile.Kind{reconcile.Other}},
		{"text", "OK", []reconcile.Kind{reconcile.Other, reconcile.Network}},
		{"prolog", `<?xml version="1.0"?>`, []reconcile.Kind{reconcile.Other}},
		{"html", "<!DOCTYPE html><html><head><title>Login</title></head><body><p>Name</body></html>",
			[]reconcile.Kind{reconcile.Network}},
		{"xhtml", "<html><body><p>Name</p></body></html>", []reconcile.Kind{reconcile.Other}},
		{"another document", "<Tagging2><X>1</X></Tagging2>", []reconcile.Kind{reconcile.Other}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, answerWith(200, tt.body))
			for _, op := range withBody {
				e := asOurs(t, everyCall[op](t.Context(), s.Store))
				if !slices.Contains(tt.kinds, e.Kind) || e.Kind == reconcile.Other && e.Code != reconcile.CodeEmptyAnswer {
					t.Errorf("%s: %s %q: %v", op, e.Kind, e.Code, e)
				}
				if !reconcile.Retryable(e) || !reconcile.MayHaveActed(e) {
					t.Errorf("%s: must be retryable, and may have acted: %v", op, e)
				}
			}
		})
	}
}

// TestBrokenConnections breaks the connection in several ways.
func TestBrokenConnections(t *testing.T) {
	hijack := func(w http.ResponseWriter) net.Conn {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		return conn
	}
	faults := map[string]http.HandlerFunc{
		"closed": func(w http.ResponseWriter, _ *http.Request) { hijack(w).Close() },
		"reset": func(w http.ResponseWriter, _ *http.Request) {
			conn := hijack(w)
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		},
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			conn := hijack(w)
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<A><B>")
			conn.Close()
		},
		"garbage": func(w http.ResponseWriter, _ *http.Request) {
			conn := hijack(w)
			fmt.Fprint(conn, "SSH-2.0-OpenSSH_9.6\r\n")
			conn.Close()
		},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			s := serve(t, fault)
			for op, do := range everyCall {
				if name == "cut off" && !slices.Contains(withBody, op) {
					continue // nothing of the body is needed
				}
				e := asOurs(t, do(t.Context(), s.Store))
				if e.Kind != reconcile.Network || !reconcile.Retryable(e) {
					t.Errorf("%s: %s: %v", op, e.Kind, e)
				}
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		s := open(t, Config{Default: Bucket{EndpointURL: "http://" + l.Addr().String()}})
		for op, do := range everyCall {
			if e := asOurs(t, do(t.Context(), s)); e.Kind != reconcile.Network || e.Status != 0 {
				t.Errorf("%s: %s: %v", op, e.Kind, e)
			}
		}
		if n := s.Requests(); len(n) != 0 {
			t.Errorf("counted requests that were never sent: %v", n)
		}
	})
}

// TestTimeout hangs, before the answer and within it.
func TestTimeout(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]string{"no answer": "", "half an answer": "<A>"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := short(serve(t, func(w http.ResponseWriter, r *http.Request) {
				if begin != "" {
					w.Write([]byte(begin))
					w.(http.Flusher).Flush()
				}
				<-r.Context().Done()
			}))
			ops := withBody
			if begin == "" {
				ops = append(ops, "HeadObject", "PutObjectTagging", "AbortMultipartUpload", "GetObject")
			}
			for _, op := range ops {
				e := asOurs(t, everyCall[op](t.Context(), s.Store))
				if e.Kind != reconcile.Network || errors.Is(e, context.DeadlineExceeded) || !strings.Contains(e.Error(), "within 50ms") {
					t.Errorf("%s: %v", op, e)
				}
			}
		})
	}
}

// TestCanceled ends the caller's context: that must stay visible.
func TestCanceled(t *testing.T) {
	entered := make(chan struct{}, 1)
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		<-r.Context().Done()
	})
	for op, do := range everyCall {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-entered; cancel() }()
		e := asOurs(t, do(ctx, s.Store))
		if !errors.Is(e, context.Canceled) || reconcile.Retryable(e) {
			t.Errorf("%s: %v", op, e)
		}
		if !reconcile.MayHaveActed(e) {
			t.Errorf("%s: may have acted", op)
		}
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if _, err := s.Head(ctx, theTarget); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("past deadline: %v", err)
	}
}

// TestPreconditions tells the pin from the guard.
func TestPreconditions(t *testing.T) {
	unpinned := theSource
	unpinned.ETag = ""
	copyWith := func(source reconcile.Object, g reconcile.Precondition) func(*Store) error {
		return func(s *Store) error {
			_, err := s.Copy(context.Background(), reconcile.CopyRequest{Source: source, Target: theTarget, Precondition: g})
			return err
		}
	}
	part := func(s *Store) error { return everyCall["UploadPartCopy"](context.Background(), s) }
	complete := func(s *Store) error { return everyCall["CompleteMultipartUpload"](context.Background(), s) }
	headPart := func(s *Store) error { _, _, err := s.HeadPart(context.Background(), theSource, 1); return err }
	const pin = "x-amz-copy-source-If-Match"
	tests := []struct {
		name, condition string
		do              func(*Store) error
		kind            reconcile.Kind
		want            string
	}{
		{"copy: pin", pin, copyWith(theSource, reconcile.Precondition{}), reconcile.Changed, pin},
		{"copy: guard", "If-None-Match", copyWith(theSource, reconcile.Precondition{}), reconcile.Conflict, "If-None-Match"},
		{"copy: guard If-Match", "If-Match", copyWith(theSource, reconcile.Precondition{IfMatch: "x"}), reconcile.Conflict, "If-Match"},
		{"copy: not said", "", copyWith(theSource, reconcile.Precondition{}), reconcile.Conflict, ""},
		{"copy: not said, no guard", "", copyWith(theSource, reconcile.Precondition{Off: true}), reconcile.Changed, ""},
		{"copy: not said, no pin", "", copyWith(unpinned, reconcile.Precondition{}), reconcile.Conflict, "If-None-Match"},
		{"part: pin", pin, part, reconcile.Changed, pin},
		{"part: not said", "", part, reconcile.Changed, ""},
		{"complete: guard", "If-None-Match", complete, reconcile.Conflict, "If-None-Match"},
		{"complete: not said", "", complete, reconcile.Conflict, "If-None-Match"},
		{"head part", "", headPart, reconcile.Changed, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := errorXML("PreconditionFailed", "")
			if tt.condition != "" {
				body = errorXML("PreconditionFailed", "<Condition>"+tt.condition+"</Condition>")
			}
			e := asOurs(t, tt.do(serve(t, answerWith(412, body)).Store))
			if e.Kind != tt.kind || e.Condition != tt.want || !reconcile.PreconditionFailed(e) {
				t.Errorf("%s, condition %q; want %s, %q: %v", e.Kind, e.Condition, tt.kind, tt.want, e)
			}
		})
	}
}

// TestMessages fixes what the operator reads.
func TestMessages(t *testing.T) {
	tests := []struct {
		name, op string
		answer   http.HandlerFunc
		want     string
	}{
		{"list denied", "ListObjectsV2", answerWith(403, errorXML("AccessDenied", "")),
			"ListObjectsV2 s3://glacier: AccessDenied: the thing went wrong; needs s3:ListBucket on s3://glacier (request REQ2)"},
		{"head denied", "HeadObject", answerWith(403, ""),
			"HeadObject s3://protected/a b+c.hdf: Forbidden: forbidden; needs s3:GetObject on s3://protected/a b+c.hdf, and s3:ListBucket on s3://protected to tell that an object is not there (request REQ1)"},
		{"copy denied", "CopyObject", answerWith(403, errorXML("AccessDenied", "")),
			"CopyObject s3://protected/a b+c.hdf: AccessDenied: the thing went wrong; needs s3:GetObject on s3://glacier/a b+c.hdf and s3:PutObject on s3://protected/a b+c.hdf, for a tagged object s3:GetObjectTagging and s3:PutObjectTagging too (request REQ2)"},
		{"a wrong key is no permission", "ListObjectsV2", answerWith(403, errorXML("SignatureDoesNotMatch", "")),
			"ListObjectsV2 s3://glacier: SignatureDoesNotMatch: the thing went wrong (request REQ2)"},
		{"source gone", "CopyObject", answerWith(404, errorXML("NoSuchKey", "")),
			"CopyObject s3://protected/a b+c.hdf: NoSuchKey: source s3://glacier/a b+c.hdf: the thing went wrong (request REQ2)"},
		{"which bucket", "CopyObject", answerWith(404, errorXML("NoSuchBucket", "<BucketName>glacier</BucketName>")),
			"CopyObject s3://protected/a b+c.hdf: NoSuchBucket: the thing went wrong (bucket glacier) (request REQ2)"},
		{"a page of a proxy", "ListObjectsV2", answerWith(502, "<html><p>Bad gateway</html>"),
			"ListObjectsV2 s3://glacier: BadGateway: bad gateway (request REQ1)"},
		{"region", "ListObjectsV2", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
			answerWith(301, errorXML("PermanentRedirect", ""))(w, r)
		}, "ListObjectsV2 s3://glacier: PermanentRedirect: the thing went wrong; the bucket is in region eu-central-1 (request REQ2)"},
		{"empty", "CopyObject", answerWith(200, ""),
			"CopyObject s3://protected/a b+c.hdf: EmptyAnswer: the answer is not S3's: no ETag of the copy (request REQ1)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := everyCall[tt.op](t.Context(), serve(t, tt.answer).Store)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"Access Denied":              "access Denied",
		"Please reduce\n your rate.": "please reduce your rate",
		"SSE-C keys are required":    "SSE-C keys are required",
		"Ä":                          "ä",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestNoCredentials must say so, without a request.
func TestNoCredentials(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	s := serve(t, answerWith(200, ""))
	for op, do := range everyCall {
		e := asOurs(t, do(t.Context(), s.Store))
		if e.Kind != reconcile.AccessDenied || !strings.Contains(e.Error(), "credentials") {
			t.Errorf("%s: %s: %v", op, e.Kind, e)
		}
	}
	if n := s.requests.Load(); n != 0 {
		t.Errorf("%d requests without credentials", n)
	}
}
