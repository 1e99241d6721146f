package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
	"reconcile/internal/s3sim"
	"reconcile/internal/s3store"
)

// The buckets of every benchmark.
const (
	glacier   = "bench-glacier"
	protected = "bench-protected"
)

// TestMain gives the SDK the simulator's credentials and nothing of the
// user's, for this process and for those it starts.
func TestMain(m *testing.M) {
	for _, name := range []string{
		"AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE",
	} {
		if err := os.Unsetenv(name); err != nil {
			panic(err)
		}
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "reconcile", "AWS_SECRET_ACCESS_KEY": "reconcile-secret",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	debug.SetGCPercent(400) // what is measured by memory is another process
	os.Exit(m.Run())
}

// world is a server with the two buckets.
type world struct {
	*s3sim.Server
	tb testing.TB
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	server, err := s3sim.Start(s3sim.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = server.Close() })
	server.CreateBucket(glacier)
	server.CreateBucket(protected)
	return &world{Server: server, tb: tb}
}

// store opens a store of its own, with connections of its own.
func (w *world) store() *s3store.Store {
	w.tb.Helper()
	store, err := s3store.Open(context.Background(), s3store.Config{
		Default: s3store.Bucket{EndpointURL: w.URL(), Region: w.Region()},
	})
	if err != nil {
		w.tb.Fatal(err)
	}
	return store
}

// restored is an archived object with a readable copy.
func restored(size int64, seed uint64) s3sim.Object {
	return s3sim.Object{
		Size: size, ContentSeed: seed, StorageClass: reconcile.ClassGlacier,
		Restore: "restored", RestoreExpiry: time.Now().Add(72 * time.Hour),
	}
}

// home is the same object in its archive bucket.
func home(o s3sim.Object) s3sim.Object {
	o.StorageClass, o.Restore, o.RestoreExpiry = "", "", time.Time{}
	return o
}

func key(i int) string { return fmt.Sprintf("MOD09GQ/%03d/granule.%07d.hdf", i/1000, i) }

// small seeds n small restored objects.
func (w *world) small(n int) {
	w.Seed(glacier, func(yield func(string, s3sim.Object) bool) {
		for i := range n {
			if !yield(key(i), restored(10, uint64(i))) {
				return
			}
		}
	})
}

// missing is what a scan decides of source objects whose target is not there.
func (w *world) missing() []reconcile.Decision {
	w.tb.Helper()
	all := make([]reconcile.Decision, 0, w.Len(glacier))
	for _, key := range w.Keys(glacier) {
		i, _ := w.Get(glacier, key)
		d := reconcile.Decision{Need: reconcile.NeedCopy}
		d.Source = reconcile.Object{
			Location: reconcile.Location{Bucket: glacier, Key: key}, Size: i.Size, ETag: i.ETag, StorageClass: i.StorageClass,
			Restore: reconcile.ListedRestore(i.StorageClass, i.Restore != "", i.Restore == "ongoing", i.RestoreExpiry),
		}
		for algorithm := range i.Checksums {
			d.Source.Checksum = reconcile.Checksum{Algorithm: algorithm, Type: reconcile.FullObject}
		}
		d.Target.Location = reconcile.Location{Bucket: protected, Key: key}
		all = append(all, d)
	}
	return all
}

// options are those of the program by default.
func options() copier.Options {
	return copier.Options{
		Retry: retry.New(retry.Options{Attempts: 3, Delay: time.Second, Patience: 10 * time.Minute}),
		Log:   slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

// copyAll carries decisions out and returns how long it took. All of them have
// to arrive.
func copyAll(tb testing.TB, store copier.Store, o copier.Options, decisions []reconcile.Decision) time.Duration {
	tb.Helper()
	in := make(chan reconcile.Decision)
	go func() {
		defer close(in)
		for _, d := range decisions {
			in <- d
		}
	}()
	var mu sync.Mutex
	copied := 0
	began := time.Now()
	err := copier.New(store, store, o).Run(context.Background(), in, func(o reconcile.Outcome) error {
		mu.Lock()
		defer mu.Unlock()
		if o.Status == reconcile.Copied {
			copied++
		} else {
			tb.Errorf("%s: %s %s", o.Source.Key, o.Status, o.Message)
		}
		return nil
	})
	took := time.Since(began)
	if err != nil || copied != len(decisions) {
		tb.Fatalf("%d of %d copied: %v", copied, len(decisions), err)
	}
	return took
}
