package s3store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// TestMain makes the tests independent of what the machine has configured.
func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID":           "reconcile",
		"AWS_SECRET_ACCESS_KEY":       "reconcile-secret",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_MAX_ATTEMPTS":            "5", // must not bring the SDK's retries back
	} {
		os.Setenv(name, value)
	}
	debug.SetGCPercent(400) // memory is no matter here
	os.Exit(m.Run())
}

// served is a server that answers every request the same way, and a store
// that asks it.
type served struct {
	*Store
	requests atomic.Int64
	last     atomic.Pointer[http.Request]
	body     atomic.Value // of the last request
}

func serve(t testing.TB, h http.HandlerFunc) *served {
	t.Helper()
	s := &served{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // unread, it hides that the client has left
		s.requests.Add(1)
		s.last.Store(r.Clone(context.Background()))
		s.body.Store(string(body))
		r.Body = io.NopCloser(bytes.NewReader(body)) // for h
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	s.Store = open(t, Config{Default: Bucket{EndpointURL: srv.URL}})
	return s
}

func open(t testing.TB, config Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// answerWith answers with a status and a body.
func answerWith(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Request-Id", "REQ1")
		w.WriteHeader(status)
		w.Write([]byte(body))
	}
}

var (
	theSource = reconcile.Object{
		Location: reconcile.Location{Bucket: "glacier", Key: "a b+c.hdf"},
		Size:     10 << 20, ETag: "5eb63bbbe01eeed093cb22bb8f5acdc3",
	}
	theTarget = reconcile.Location{Bucket: "protected", Key: "a b+c.hdf"}
	theUpload = reconcile.Upload{Target: theTarget, ID: "upload-1"}
)

// everyCall is each operation with one request of it.
var everyCall = map[string]func(context.Context, *Store) error{
	"ListObjectsV2": func(ctx context.Context, s *Store) error {
		_, err := s.List(ctx, reconcile.ListRequest{Bucket: "glacier", Restore: true})
		return err
	},
	"HeadObject": func(ctx context.Context, s *Store) error {
		_, err := s.Head(ctx, theTarget)
		return err
	},
	"GetObjectTagging": func(ctx context.Context, s *Store) error {
		_, err := s.Tags(ctx, theTarget)
		return err
	},
	"PutObjectTagging": func(ctx context.Context, s *Store) error {
		return s.PutTags(ctx, theTarget, map[string]string{"a": "b"})
	},
	"CopyObject": func(ctx context.Context, s *Store) error {
		_, err := s.Copy(ctx, reconcile.CopyRequest{Source: theSource, Target: theTarget})
		return err
	},
	"CreateMultipartUpload": func(ctx context.Context, s *Store) error {
		_, err := s.CreateUpload(ctx, reconcile.UploadRequest{Target: theTarget})
		return err
	},
	"UploadPartCopy": func(ctx context.Context, s *Store) error {
		_, err := s.CopyPart(ctx, reconcile.PartRequest{
			Upload: theUpload, Source: theSource, Part: reconcile.Part{Number: 1, Size: theSource.Size},
		})
		return err
	},
	"CompleteMultipartUpload": func(ctx context.Context, s *Store) error {
		_, err := s.CompleteUpload(ctx, reconcile.CompleteRequest{
			Upload: theUpload, Parts: []reconcile.Part{{Number: 1, ETag: "x"}},
		})
		return err
	},
	"AbortMultipartUpload": func(ctx context.Context, s *Store) error {
		return s.AbortUpload(ctx, theUpload)
	},
	"ListMultipartUploads": func(ctx context.Context, s *Store) error {
		_, _, err := s.ListUploads(ctx, "protected", "", reconcile.UploadMarker{})
		return err
	},
	"ListParts": func(ctx context.Context, s *Store) error {
		_, _, err := s.ListParts(ctx, theUpload, 0)
		return err
	},
	"RestoreObject": func(ctx context.Context, s *Store) error {
		return s.Extend(ctx, theTarget, 1)
	},
	"DeleteObject": func(ctx context.Context, s *Store) error {
		return s.Remove(ctx, theTarget, "e")
	},
	"PutObject": func(ctx context.Context, s *Store) error {
		_, err := s.WriteDocument(ctx, theTarget, []byte("x"), reconcile.Precondition{})
		return err
	},
	"GetObject": func(ctx context.Context, s *Store) error {
		body, err := s.Open(ctx, theTarget)
		if err == nil {
			body.Close()
		}
		return err
	},
}

// withBody are the operations whose answer must have a document in it.
var withBody = []string{
	"ListObjectsV2", "GetObjectTagging", "CopyObject", "CreateMultipartUpload",
	"UploadPartCopy", "CompleteMultipartUpload", "ListMultipartUploads", "ListParts",
}

// asOurs returns err as what every error of this package is.
func asOurs(t *testing.T, err error) *reconcile.Error {
	t.Helper()
	var e *reconcile.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want a *reconcile.Error", err, err)
	}
	if msg := e.Err.Error(); strings.ContainsAny(msg, "\n\r") || strings.Contains(msg, "operation error") ||
		strings.Contains(msg, "StatusCode") || strings.Contains(msg, "RequestID") || len(msg) > 600 {
		t.Errorf("message has the SDK's noise in it, or is long: %s", msg)
	}
	return e
}

// short gives the store timeouts that a test can wait for.
func short(s *served) *served {
	s.config.Timeout, s.config.CopyTimeout = 50*time.Millisecond, 50*time.Millisecond
	return s
}
