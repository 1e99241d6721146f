package examples

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"reconcile/internal/s3sim"
)

// gate stands before the simulator and lets through what the policies allow, as
// S3 would. It remembers which operations came and which statements let them
// through.
type gate struct {
	t        *testing.T
	policies []policy
	*httptest.Server

	mu         sync.Mutex
	operations map[string]bool
	statements map[string]bool
	refused    []string
}

func newGate(t *testing.T, server *s3sim.Server, policies ...policy) *gate {
	t.Helper()
	behind, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{t: t, policies: policies, operations: map[string]bool{}, statements: map[string]bool{}}
	// The signature is of the host that the client has asked.
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind)
		r.Out.Host = r.In.Host
	}}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.admits(r) {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>The policies of the example do not allow it</Message></Error>`)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *gate) admits(r *http.Request) bool {
	operation, wishes := needed(r)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.operations[operation] = true
	for _, w := range wishes {
		statement, ok := grants(g.policies, w)
		if !ok {
			g.refused = append(g.refused, operation+": "+w.String())
			return false
		}
		g.statements[statement] = true
	}
	return true
}

// clean fails the test where something was refused.
func (g *gate) clean(t *testing.T) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.refused {
		t.Errorf("the policies do not allow %s", r)
	}
}

// needed says which operation of S3 a request is, and what it needs.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
func needed(r *http.Request) (operation string, wishes []wish) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	bucket, key, _ := strings.Cut(path, "/")
	q := r.URL.Query()
	on := func(action, at string, context ...string) {
		w := wish{action: "s3:" + action, resource: "arn:aws:s3:::" + at, context: map[string]string{}}
		if len(context) == 2 {
			w.context[context[0]] = context[1]
		}
		wishes = append(wishes, w)
	}
	source := func() {
		from, _ := url.PathUnescape(strings.TrimPrefix(r.Header.Get("X-Amz-Copy-Source"), "/"))
		from, _, _ = strings.Cut(from, "?versionId=")
		on("GetObject", from)
		if !q.Has("partNumber") {
			on("GetObjectTagging", from) // of a tagged object
		}
	}
	copies, upload := r.Header.Get("X-Amz-Copy-Source") != "", q.Has("uploadId")
	switch {
	case strings.HasPrefix(path, "v20180820/jobs") && r.Method == http.MethodPost:
		return "CreateJob", []wish{{"s3:CreateJob", "*", nil}}
	case strings.HasPrefix(path, "v20180820/jobs/") && r.Method == http.MethodGet:
		return "DescribeJob", []wish{{"s3:DescribeJob", "*", nil}}
	case key == "" && r.Method == http.MethodHead:
		return "HeadBucket", nil // sent unsigned
	case key == "" && q.Has("uploads"):
		operation = "ListMultipartUploads"
		on("ListBucketMultipartUploads", bucket)
	case key == "" && q.Has("list-type"):
		operation = "ListObjectsV2"
		on("ListBucket", bucket, "s3:prefix", q.Get("prefix"))
	case r.Method == http.MethodHead:
		operation = "HeadObject"
		on("GetObject", path)
	case r.Method == http.MethodGet && q.Has("tagging"):
		operation = "GetObjectTagging"
		on("GetObjectTagging", path)
	case r.Method == http.MethodGet && upload:
		operation = "ListParts"
		on("ListMultipartUploadParts", path)
	case r.Method == http.MethodGet:
		operation = "GetObject"
		on("GetObject", path)
	case r.Method == http.MethodPut && q.Has("tagging"):
		operation = "PutObjectTagging"
		on("PutObjectTagging", path)
	case r.Method == http.MethodPut && copies && upload:
		operation = "UploadPartCopy"
		source()
		on("PutObject", path)
	case r.Method == http.MethodPut && copies:
		operation = "CopyObject"
		source()
		on("PutObject", path)
		on("PutObjectTagging", path) // of a tagged object
	case r.Method == http.MethodPut && upload:
		operation = "UploadPart"
		on("PutObject", path)
	case r.Method == http.MethodPut:
		operation = "PutObject"
		on("PutObject", path)
	case r.Method == http.MethodPost && q.Has("uploads"):
		operation = "CreateMultipartUpload"
		on("PutObject", path)
		if r.Header.Get("X-Amz-Tagging") != "" {
			on("PutObjectTagging", path)
		}
	case r.Method == http.MethodPost && upload:
		operation = "CompleteMultipartUpload"
		on("PutObject", path)
	case r.Method == http.MethodPost && q.Has("restore"):
		operation = "RestoreObject"
		on("RestoreObject", path)
	case r.Method == http.MethodDelete && upload:
		operation = "AbortMultipartUpload"
		on("AbortMultipartUpload", path)
	case r.Method == http.MethodDelete:
		operation = "DeleteObject"
		on("DeleteObject", path)
	default:
		operation = r.Method + " " + r.URL.String()
		on("Unknown", path)
	}
	return operation, wishes
}

// came says whether all these operations came.
func (g *gate) came(t *testing.T, operations ...string) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, o := range operations {
		if !g.operations[o] {
			t.Errorf("no %s came: the policies were not tried by it", o)
		}
	}
}

// idle returns the statements about S3 that nothing needed.
func (g *gate) idle() (unneeded []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.policies {
		for _, s := range p.Statement {
			if strings.HasPrefix(s.Action[0], "s3:") && !g.statements[s.Sid] {
				unneeded = append(unneeded, s.Sid)
			}
		}
	}
	slices.Sort(unneeded)
	return unneeded
}
