package copier_test

import (
	"context"
	"flag"
	"fmt"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
	"reconcile/internal/s3sim"
	"reconcile/internal/s3store"
)

// The real store talks to the simulator over real HTTP. The credentials are
// set once for all tests, so that they can run side by side.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "reconcile", "AWS_SECRET_ACCESS_KEY": "reconcile-secret", "AWS_SESSION_TOKEN": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "", "AWS_CA_BUNDLE": "",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	flag.Set("test.parallel", "8") // most of the time they wait; the command line may say otherwise
	debug.SetGCPercent(1000)       // memory is no matter here
	os.Exit(m.Run())
}

const (
	glacier = "glacier" // the source bucket
	archive = "archive" // the target bucket
	mib     = 1 << 20
)

// buckets are a server with the two buckets.
type buckets struct {
	*s3sim.Server
	t *testing.T
}

// world is a server with a store that speaks to it, and how it is copied.
type world struct {
	checks
	store copier.Store
	opts  copier.Options
	hasty bool // whatever hangs is given up at once
}

func newWorld(t *testing.T, cfg s3sim.Config, archiveOpts ...s3sim.BucketOption) *world {
	t.Helper()
	cfg.MD5Limit = 64 << 10 // the sizes of the objects here are what matters
	srv, err := s3sim.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	srv.CreateBucket(glacier)
	srv.CreateBucket(archive, archiveOpts...)
	w := &world{checks: checks{buckets: buckets{Server: srv, t: t}}}
	w.store, err = s3store.Open(t.Context(), s3store.Config{Default: s3store.Bucket{EndpointURL: w.URL(), Region: w.Region()}})
	if err != nil {
		t.Fatal(err)
	}
	w.opts = copier.Options{
		Threshold: 16 * mib, PartSize: 5 * mib, MaxRestarts: 3, Layout: copier.LayoutAuto, Ceiling: 32,
		Grace: 2 * time.Second, Retry: again(3),
	}
	return w
}

// impatient has requests that hang given up at once, as after the store's
// timeout. The server hints at them: a request that is slow on a busy machine
// does not look like one that hangs.
func (w *world) impatient() { w.hasty = true }

// Inject puts a fault in force.
func (w *world) Inject(f s3sim.Fault) *s3sim.FaultHandle {
	f.Hint = w.hasty
	return w.Server.Inject(f)
}

// noAnswer is how a store's timeout looks.
type noAnswer struct{}

func (noAnswer) Error() string { return "no answer in time" }
func (noAnswer) Timeout() bool { return true }

// giveUp ends a request when the server hints that it hangs.
var giveUp = &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error { return noAnswer{} }}

// patient returns a Retrier that throttling does not wear out.
func patient(attempts int) *retry.Retrier {
	return retry.New(retry.Options{Attempts: attempts, Delay: time.Millisecond, Patience: time.Minute})
}

// again returns a Retrier that does not wait long.
func again(attempts int) *retry.Retrier {
	return retry.New(retry.Options{Attempts: attempts, Delay: time.Millisecond, Patience: 400 * time.Millisecond})
}

// listed is an object as a listing shows it: no encryption, the checksum's
// algorithm and type but not its value.
func (w *buckets) listed(bucket, key string) (reconcile.Object, bool) {
	i, ok := w.Get(bucket, key)
	if !ok {
		return reconcile.Object{Location: reconcile.Location{Bucket: bucket, Key: key}}, false
	}
	o := reconcile.Object{
		Location: reconcile.Location{Bucket: bucket, Key: key},
		Size:     i.Size, ETag: i.ETag, StorageClass: i.StorageClass,
	}
	o.Restore = reconcile.ListedRestore(i.StorageClass, i.Restore != "", i.Restore == "ongoing", i.RestoreExpiry)
	for algorithm, value := range i.Checksums {
		o.Checksum = reconcile.Checksum{Algorithm: algorithm, Type: reconcile.FullObject}
		if strings.Contains(value, "-") {
			o.Checksum.Type = reconcile.Composite
		}
	}
	return o, true
}

// decide is the decision a scan would make of a key now.
func (w *world) decide(key string) reconcile.Decision {
	w.t.Helper()
	source, ok := w.listed(glacier, key)
	if !ok {
		w.t.Fatalf("no source %s", key)
	}
	d := reconcile.Decision{Source: source}
	d.Target, d.Listed = w.listed(archive, key)
	d, readable := d.Select(reconcile.Policy{IncludeOnline: true})
	if readable {
		d = d.Resolve(w.opts.Policy)
	}
	return d
}

// run carries decisions out and returns the outcomes by key, having checked
// that there is exactly one for each decision.
func (w *world) run(ctx context.Context, decisions ...reconcile.Decision) map[string]reconcile.Outcome {
	w.t.Helper()
	return w.runWith(ctx, copier.New(w.store, w.store, w.opts), decisions...)
}

func (w *world) runWith(ctx context.Context, c *copier.Copier, decisions ...reconcile.Decision) map[string]reconcile.Outcome {
	w.t.Helper()
	if w.hasty {
		ctx = httptrace.WithClientTrace(ctx, giveUp)
	}
	in := make(chan reconcile.Decision)
	go func() {
		defer close(in)
		for _, d := range decisions {
			in <- d
		}
	}()
	var mu sync.Mutex
	out := map[string]reconcile.Outcome{}
	count := 0
	err := c.Run(ctx, in, func(o reconcile.Outcome) error {
		mu.Lock()
		defer mu.Unlock()
		out[o.Source.Key] = o
		count++
		return nil
	})
	if err != nil {
		w.t.Errorf("Run: %v", err)
	}
	if count != len(decisions) || len(out) != len(decisions) {
		w.t.Errorf("%d outcomes of %d keys for %d decisions", count, len(out), len(decisions))
	}
	return out
}

// copier is a copier of the world.
func (w *world) copier() *copier.Copier { return copier.New(w.store, w.store, w.opts) }

// one copies one key, as decided now.
func (w *world) one(key string) reconcile.Outcome {
	w.t.Helper()
	return w.run(w.t.Context(), w.decide(key))[key]
}

// put puts a source object. Sources are restored from GLACIER unless they say
// otherwise.
func (w *buckets) put(key string, o s3sim.Object) s3sim.Info {
	if o.StorageClass == "" {
		o.StorageClass, o.Restore, o.RestoreExpiry = reconcile.ClassGlacier, "restored", time.Now().Add(48*time.Hour)
	}
	return w.Put(glacier, key, o)
}

// small puts a small source object whose content follows from seed.
func (w *buckets) small(key string, seed uint64) s3sim.Info {
	return w.put(key, s3sim.Object{Size: 1000, ContentSeed: seed})
}

// sizes is n parts of the given size in MiB.
func sizes(inMiB ...int64) (all []int64) {
	for _, n := range inMiB {
		all = append(all, n*mib)
	}
	return all
}

func sum(sizes []int64) (n int64) {
	for _, s := range sizes {
		n += s
	}
	return n
}

// byParts puts a multipart source without a checksum, which is always copied
// by parts.
func (w *buckets) byParts(key string, seed uint64, inMiB ...int64) s3sim.Info {
	parts := sizes(inMiB...)
	return w.put(key, s3sim.Object{Size: sum(parts), PartSizes: parts, ContentSeed: seed, NoChecksum: true})
}

func keys(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%04d", prefix, i)
	}
	return all
}
