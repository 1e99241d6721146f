package s3store

import (
	"bytes"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// TestRequestsOfOthers: what other servers refuse is in no request.
func TestRequestsOfOthers(t *testing.T) {
	for op, send := range everyCall {
		s := serve(t, answerWith(500, ""))
		_ = send(t.Context(), s.Store)
		r := s.last.Load()
		if signed := r.Header.Get("Authorization"); strings.Contains(signed, "accept-encoding") || !strings.Contains(signed, "x-amz-date") {
			t.Errorf("%s: signed %s", op, signed)
		}
		if r.Header.Get("Accept-Encoding") != "identity" || r.URL.Query().Has("x-id") {
			t.Errorf("%s: %s %v", op, r.URL, r.Header)
		}
	}
}

// TestDatesOfOthers: a copy that was made is not failed for the notation of
// its date, and a date that cannot be read breaks nothing.
func TestDatesOfOthers(t *testing.T) {
	moment := time.Date(2050, 12, 2, 13, 4, 5, 0, time.UTC)
	for _, date := range []string{
		"Fri, 02 Dec 2050 13:04:05 GMT", "2050-12-02T13:04:05+0000", "2050-12-02T13:04:05.000Z", "Fri, 2 December 2050 13:04:05 UTC", "soon", "",
	} {
		copied := serve(t, answerWith(200, "<CopyObjectResult><LastModified>"+date+"</LastModified><ETag>W/&quot;e&quot;</ETag></CopyObjectResult>"))
		w, err := copied.Copy(t.Context(), reconcile.CopyRequest{Source: theSource, Target: theTarget})
		if err != nil || w.ETag != "e" {
			t.Errorf("%q: copied %+v, %v", date, w, err)
		}
		part := serve(t, answerWith(200, "<CopyPartResult><ETag>e</ETag><LastModified>"+date+"</LastModified></CopyPartResult>"))
		p, err := part.CopyPart(t.Context(), reconcile.PartRequest{Upload: theUpload, Source: theSource, Part: reconcile.Part{Number: 1, Size: theSource.Size}})
		if err != nil || p.ETag != "e" {
			t.Errorf("%q: part %+v, %v", date, p, err)
		}
		uploads := serve(t, answerWith(200, "<ListMultipartUploadsResult><Bucket>protected</Bucket><Upload><Key>k</Key><UploadId>u</UploadId><Initiated>"+date+"</Initiated></Upload></ListMultipartUploadsResult>"))
		open, _, err := uploads.ListUploads(t.Context(), "protected", "", reconcile.UploadMarker{})
		if readable := strings.Contains(date, "2050"); err != nil || len(open) != 1 || open[0].Initiated.Equal(moment) != readable || open[0].Initiated.IsZero() == readable {
			t.Errorf("%q: uploads %+v, %v", date, open, err)
		}
		head := serve(t, headWith(map[string]string{
			"Last-Modified": date, "X-Amz-Storage-Class": "GLACIER", "X-Amz-Restore": `ongoing-request="false", expiry-date="` + date + `"`,
		}))
		d, err := head.Head(t.Context(), theTarget)
		if readable := strings.Contains(date, "2050"); err != nil || d.LastModified.Equal(moment) != readable || d.Restore.Expiry.Equal(moment) != readable || d.Restore.Phase != reconcile.Restored {
			t.Errorf("%q: HEAD %+v, %v", date, d, err)
		}
	}
}

// TestSkewOnce: one request that comes too late on its way is signed anew, and
// one that is refused again says so.
func TestSkewOnce(t *testing.T) {
	const skewed = "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message></Error>"
	for _, lasting := range []bool{false, true} {
		var bodies []string
		s := &served{}
		off := 42 * time.Minute
		s = serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
			bodies = append(bodies, s.body.Load().(string))
			signed, _ := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
			if lasting || time.Until(signed) < off-time.Minute {
				answerWith(403, skewed)(w, r)
				return
			}
			w.Header().Set("ETag", `"e"`)
		})
		for range 2 {
			_, err := s.WriteDocument(t.Context(), theTarget, []byte("the body"), reconcile.Precondition{})
			switch {
			case lasting:
				e := asOurs(t, err)
				if e.Code != codeSkewed || reconcile.Retryable(e) || !strings.Contains(e.Error(), " behind the server's") {
					t.Errorf("%v", e)
				}
			case err != nil:
				t.Error(err)
			}
		}
		if want := map[bool]int{false: 3, true: 4}[lasting]; len(bodies) != want || strings.Join(bodies, "") != strings.Repeat("the body", want) {
			t.Errorf("lasting %v: sent %q", lasting, bodies)
		}
	}
}

// TestDigestDemanded: a bucket that takes no body without a digest is given one,
// and from then on at once: lock, journal, tags, and reports by parts.
func TestDigestDemanded(t *testing.T) {
	t.Parallel()
	const demand = "<Error><Code>InvalidRequest</Code><Message>Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters</Message></Error>"
	var mu sync.Mutex // parts come side by side
	var refused int
	var parts bytes.Buffer
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		isPut := r.Method == http.MethodPut
		sum, err := contentMD5(bytes.NewReader(body))
		if isPut && (err != nil || r.Header.Get("Content-Md5") != sum) {
			refused++
			answerWith(400, demand)(w, r)
			return
		}
		w.Header().Set("ETag", `"e"`)
		switch {
		case r.URL.Query().Has("uploads"):
			io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
		case r.Method == http.MethodPost:
			io.WriteString(w, "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")
		case isPut && r.URL.Query().Get("partNumber") == "1":
			parts.Write(body)
		}
	})
	report := bytes.Repeat([]byte("report"), 1<<20)
	if err := s.Upload(t.Context(), theTarget, struct{ io.Reader }{bytes.NewReader(report)}, "text/csv"); err != nil {
		t.Fatal(err)
	}
	if refused == 0 || !bytes.HasPrefix(report, parts.Bytes()) || parts.Len() != 5<<20 {
		t.Errorf("%d refused, first part of %d bytes", refused, parts.Len())
	}
	refused = 0
	if _, err := s.WriteDocument(t.Context(), theTarget, []byte("x"), reconcile.Precondition{}); err != nil || refused > 0 {
		t.Errorf("%d refused, %v", refused, err)
	}
	other := theTarget
	other.Bucket = "other"
	if _, err := s.WriteDocument(t.Context(), other, []byte("x"), reconcile.Precondition{}); err != nil || refused != 1 {
		t.Errorf("%d refused, %v", refused, err)
	}
}

// TestUploadWithoutChecksums: by parts as well, a server that has been given no
// checksums is given none.
func TestUploadWithoutChecksums(t *testing.T) {
	for _, size := range []int{1, 6 << 20} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			for name := range r.Header {
				if strings.HasPrefix(name, "X-Amz-Checksum") || strings.HasPrefix(name, "X-Amz-Sdk-Checksum") || name == "X-Amz-Trailer" {
					answerWith(501, "<Error><Code>NotImplemented</Code></Error>")(w, r)
					t.Errorf("%d bytes: %s sent", size, name)
					return
				}
			}
			w.Header().Set("ETag", `"e"`)
			switch {
			case r.URL.Query().Has("uploads"):
				io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
			case r.Method == http.MethodPost:
				io.WriteString(w, "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")
			}
		})
		if err := s.Upload(t.Context(), theTarget, bytes.NewReader(make([]byte, size)), ""); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// TestLongErrors: an error document without end takes no memory worth
// speaking of, under any status.
func TestLongErrors(t *testing.T) {
	const size = 200 << 20
	long := func(status int, before string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(size+len(before)))
			w.WriteHeader(status)
			io.WriteString(w, before)
			_, _ = io.Copy(w, io.LimitReader(xs{}, size))
		}
	}
	for op, send := range everyCall {
		for _, status := range []int{500, 200} {
			if op == "HeadObject" || op == "GetObject" && status == 200 {
				continue // HEAD has no body, and one that was asked for is read as it comes
			}
			s := serve(t, long(status, "<Error><Code>InternalError</Code><Message>"))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := send(t.Context(), s.Store)
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; err == nil || took > 96<<20 { // all that was ever allocated; lists are read whole, up to 8 MiB
				t.Errorf("%s under %d: %d MiB, %v", op, status, took>>20, err)
			}
		}
	}
}

type xs struct{}

func (xs) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestTenant: buckets of Ceph may have the name of their tenant in front.
func TestTenant(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, "<ListBucketResult><Name>glacier</Name><IsTruncated>false</IsTruncated></ListBucketResult>")
			return
		}
		io.WriteString(w, "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>")
	})
	if _, err := s.List(t.Context(), reconcile.ListRequest{Bucket: "acme:glacier"}); err != nil || s.last.Load().URL.Path != "/acme:glacier" {
		t.Errorf("listed %s, %v", s.last.Load().URL, err)
	}
	source := theSource
	source.Bucket = "acme:glacier"
	target := reconcile.Location{Bucket: "acme:protected", Key: "a b"}
	_, err := s.Copy(t.Context(), reconcile.CopyRequest{Source: source, Target: target})
	r := s.last.Load()
	if err != nil || r.URL.Path != "/acme:protected/a b" || r.Header.Get("X-Amz-Copy-Source") != "acme%3Aglacier/a%20b%2Bc.hdf" {
		t.Errorf("copied %s from %s, %v", r.URL, r.Header.Get("X-Amz-Copy-Source"), err)
	}
}

// TestWhatBucketsDemand: encryption is the same for everything that is written,
// an ACL that strangers cannot use too, and annotations are spoken of on Amazon
// alone.
func TestWhatBucketsDemand(t *testing.T) {
	for _, op := range []string{"CopyObject", "CreateMultipartUpload", "PutObject"} {
		for _, b := range []Bucket{
			{SSE: "AES256", ACL: "bucket-owner-full-control"}, {SSE: "aws:kms:dsse", KMSKeyID: "k", ACL: "public-read"}, {KMSKeyID: "k"}, {},
		} {
			s := serve(t, answerWith(500, ""))
			b.EndpointURL = s.config.Default.EndpointURL
			store := open(t, Config{Default: b})
			_ = everyCall[op](t.Context(), store)
			h := s.last.Load().Header
			sse := b.SSE
			if b.KMSKeyID != "" && sse == "" {
				sse = "aws:kms"
			}
			acl := b.ACL
			if op == "PutObject" && acl == "public-read" {
				acl = ""
			}
			if h.Get("X-Amz-Server-Side-Encryption") != sse || h.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") != b.KMSKeyID || h.Get("X-Amz-Acl") != acl {
				t.Errorf("%s with %+v: %v", op, b, h)
			}
			if h.Get("X-Amz-Annotation-Directive") != "" {
				t.Errorf("%s: annotations on a server of others", op)
			}
		}
	}
	for _, b := range []Bucket{{SSE: "AES256", KMSKeyID: "k"}, {SSE: "rot13"}} {
		if _, err := Open(t.Context(), Config{Buckets: map[string]Bucket{"b": b}}); err == nil {
			t.Errorf("%+v was taken", b)
		}
	}
	for _, c := range []struct{ setting, bucket, want string }{
		{"", "protected", "COPY"}, {"copy", "protected", "COPY"}, {"exclude", "protected", "EXCLUDE"}, {"", "fast--use1-az4--x-s3", ""},
	} {
		s := open(t, Config{Annotations: c.setting, Default: Bucket{Region: "us-east-1"}})
		in := s.copyInput(reconcile.CopyRequest{Source: theSource, Target: reconcile.Location{Bucket: c.bucket, Key: "k"}})
		if string(in.AnnotationDirective) != c.want {
			t.Errorf("%+v: %q", c, in.AnnotationDirective)
		}
	}
}
