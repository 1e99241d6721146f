package inventory

import (
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
	"reconcile/internal/s3sim"
	"reconcile/internal/s3store"
)

// TestMain makes the tests independent of what the machine has configured.
func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "reconcile", "AWS_SECRET_ACCESS_KEY": "reconcile-secret",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
	} {
		os.Setenv(name, value)
	}
	os.Exit(m.Run())
}

// served puts an inventory into a simulated S3.
func served(t *testing.T, s *objects, timeout time.Duration) (*s3sim.Server, *s3store.Store) {
	t.Helper()
	srv, err := s3sim.Start(s3sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	srv.CreateBucket(s.bucket)
	for key, body := range s.byKey {
		srv.Put(s.bucket, key, s3sim.Object{Body: body})
	}
	store, err := s3store.Open(t.Context(), s3store.Config{
		Default: s3store.Bucket{EndpointURL: srv.URL(), Region: srv.Region()}, Timeout: timeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	return srv, store
}

// TestOverHTTP: the fixtures, over HTTP, list the same, with one request for
// each object of the inventory, those that fail for a passing reason sent
// again.
func TestOverHTTP(t *testing.T) {
	want := keysOfExpected(t)
	for _, name := range []string{"csv", "parquet"} {
		srv, store := served(t, fixture(t, name), 0)
		l := loaded(t, options(t, store))
		if got := keysOf(listAll(t, l, reconcile.ListRequest{Bucket: theBucket})); !slices.Equal(got, want) {
			t.Errorf("%s: %d keys", name, len(got))
		}
		if n := store.Requests()["GetObject"]; n != 5 || srv.Requests()["GetObject"] != 5 {
			t.Errorf("%s: %v", name, store.Requests())
		}
		srv.Inject(s3sim.Fault{Kind: s3sim.Truncate, Op: "GetObject", KeyPrefix: home + "data/", Times: 2})
		srv.Inject(s3sim.Fault{Kind: s3sim.SlowDown, Op: "GetObject", Times: 1})
		srv.Inject(s3sim.Fault{Kind: s3sim.InternalError, Op: "GetObject", KeyPrefix: path.Dir(theManifest.Key), Times: 1})
		o := options(t, store)
		o.Reader = again(store, retry.Options{Attempts: 3, Patience: time.Minute})
		more := loaded(t, o)
		if got := keysOf(listAll(t, more, reconcile.ListRequest{Bucket: theBucket})); !slices.Equal(got, want) {
			t.Errorf("%s, with faults: %d keys", name, len(got))
		}
		if n := store.Requests()["GetObject"]; n != 5+5+4 {
			t.Errorf("%s, with faults: %d requests", name, n)
		}
	}
}

func keysOfExpected(t *testing.T) []string {
	var keys []string
	for _, w := range expected(t) {
		keys = append(keys, w.Key)
	}
	return keys
}

// TestStalled: a server that stops in the middle ends the load, not the
// program.
func TestStalled(t *testing.T) {
	srv, store := served(t, fixture(t, "csv"), 50*time.Millisecond)
	srv.Inject(s3sim.Fault{Kind: s3sim.Hang, Op: "GetObject", KeyPrefix: home + "data/csv-1"})
	refused(t, options(t, store), reconcile.Network, "no answer within 50ms")
}

// TestWithoutListRight: S3 denies what is not there to who may not list, and
// the manifest's checksum need not be there.
func TestWithoutListRight(t *testing.T) {
	srv, store := served(t, fixture(t, "csv"), 0)
	srv.Inject(s3sim.Fault{Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Op: "GetObject", KeyPrefix: path.Dir(theManifest.Key) + "/manifest.checksum"})
	loaded(t, options(t, store))
	srv.Inject(s3sim.Fault{Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Op: "GetObject"})
	refused(t, options(t, store), reconcile.AccessDenied, theManifest.String())
}

// TestReaderOverHTTP holds the store to what this package asks of a Reader.
func TestReaderOverHTTP(t *testing.T) {
	srv, store := served(t, fixture(t, "csv"), 0)
	srv.Inject(s3sim.Fault{Kind: s3sim.Truncate, Op: "GetObject"})
	body, err := store.Open(t.Context(), theManifest)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	_, err = io.ReadAll(body)
	var ours *reconcile.Error
	if !errors.As(err, &ours) || !reconcile.Retryable(err) {
		t.Errorf("cut short: %v", err)
	}
}
