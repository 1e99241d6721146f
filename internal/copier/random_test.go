package copier_test

import (
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

var (
	randomRounds  = flag.Int("random.rounds", 1, "how often the randomized test is run, and ten rewrites between parts")
	randomObjects = flag.Int("random.objects", 50, "objects of each randomized test")
	manyObjects   = flag.Int("many", 200, "objects of the tests with many small ones")
	randomSeed    = flag.Uint64("random.seed", 0, "of the first round; 0: another one each time")
)

// stormOps are the operations that every fault strikes, each at three to five
// in a hundred.
var stormOps = []string{
	"CopyObject", "HeadObject", "GetObjectTagging", "CreateMultipartUpload", "UploadPartCopy",
	"CompleteMultipartUpload", "AbortMultipartUpload", "ListMultipartUploads", "ListParts",
}

func (w *world) storm(r *rand.Rand) {
	for _, op := range stormOps {
		for _, b := range breakages {
			probability := 0.03 + 0.02*r.Float64()
			w.Inject(s3sim.Fault{Op: op, Kind: b.kind, Probability: probability, Seed: r.Uint64()})
		}
		f := raced
		f.Op, f.Probability, f.Seed = op, 0.03, r.Uint64()
		if op == "CopyObject" || op == "CompleteMultipartUpload" {
			w.Inject(f)
		}
	}
}

// mixed puts an object of some kind, by turns.
func (w *buckets) mixed(i int, key string, r *rand.Rand) {
	seed := 100 + uint64(i)
	switch i % 10 {
	default:
		w.put(key, s3sim.Object{Size: 1 + r.Int64N(4000), ContentSeed: seed})
	case 4:
		w.put(key, s3sim.Object{Size: 1 + r.Int64N(4000), ContentSeed: seed, NoChecksum: true, Tags: map[string]string{"a": "b"}})
	case 5:
		w.put(key, s3sim.Object{Size: 16*mib + r.Int64N(20*mib), ContentSeed: seed, Metadata: map[string]string{"a": key}})
	case 6:
		w.byParts(key, seed, 5, 5, 1+r.Int64N(4))
	case 7:
		w.byParts(key, seed, 5, 6+r.Int64N(3), 5, 1)
	case 8:
		w.put(key, s3sim.Object{Size: 10 * mib, PartSizes: sizes(5, 5), ContentSeed: seed})
	}
}

// Every fault at once, over objects of mixed sizes: nothing lost, nothing
// falsely claimed, nobody's object overwritten, nothing open that is not named.
func TestStorm(t *testing.T) {
	t.Parallel()
	for round := range *randomRounds {
		seed := *randomSeed + uint64(round)
		if *randomSeed == 0 {
			seed = rand.Uint64()
		}
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			weather(t, rand.New(rand.NewPCG(seed, seed)))
		})
	}
}

func weather(t *testing.T, r *rand.Rand) {
	w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{NoConditionElement: r.IntN(2) == 0}})
	w.impatient()
	w.opts.Retry = again(6)
	var log syncBuffer
	w.opts.Log = slog.New(slog.NewTextHandler(&log, nil))
	var all []reconcile.Decision
	foreign, early := map[string]s3sim.Info{}, map[string]bool{}
	for i, key := range keys("k", *randomObjects) {
		w.mixed(i, key, r)
		switch r.IntN(12) {
		case 0: // somebody's, listed
			foreign[key] = w.Put(archive, key, s3sim.Object{Size: 77, ContentSeed: 1})
			all = append(all, w.decide(key))
		case 1: // somebody's, written after the listing
			all = append(all, w.decide(key))
			foreign[key] = w.Put(archive, key, s3sim.Object{Size: 77, ContentSeed: 1})
		case 2: // its copy, written after the listing
			all = append(all, w.decide(key))
			source, _ := w.Get(glacier, key)
			w.Put(archive, key, s3sim.Object{Size: source.Size, ContentSeed: 100 + uint64(i)})
			early[key] = true
		default:
			all = append(all, w.decide(key))
		}
	}
	w.beside("k0006")
	s := w.stranger
	for i, key := range keys("k", *randomObjects) {
		if i%10 >= 5 {
			s.Open(key, int64(i%2)*5*mib) // of a key that is copied by parts
		}
	}
	s.Busy("UploadPartCopy", "k0007", 0.2, r.Uint64())
	w.storm(r)
	out := w.run(t.Context(), all...)
	unseen := w.judge(out, foreign, early)
	for _, u := range w.OpenUploads(archive) {
		if s.Has(u.UploadID) {
			continue
		}
		unlisted := fmt.Sprintf("it cannot be looked for\" target=s3://%s/%s ", archive, u.Key)
		if !strings.Contains(log.String(), u.UploadID) && !strings.Contains(log.String(), unlisted) && !strings.Contains(out[u.Key].Message, "may have been opened and left open") {
			t.Errorf("an upload of %s is left open unsaid: %+v", u.Key, out[u.Key])
		}
	}
	t.Logf("%v; %d right but not to be seen; %d open uploads; requests %v", counted(out), unseen, len(w.OpenUploads(archive)), w.Requests())
}

// syncBuffer is a log that several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Builder.Write(p)
}

// judge holds every outcome against the server. What is there and right may be
// failed only where every look at it failed, and then the row says so.
func (w *checks) judge(out map[string]reconcile.Outcome, foreign map[string]s3sim.Info, early map[string]bool) (unseen int) {
	for key, o := range out {
		same := w.SameContent(glacier, key, archive, key)
		info, there := w.Get(archive, key)
		if f, ok := foreign[key]; ok {
			if info.ETag != f.ETag {
				w.t.Errorf("%s: somebody else's object was overwritten: %s %s", key, o.Status, o.Message)
			}
			if o.Status != reconcile.Differs && o.Status != reconcile.Failed {
				w.t.Errorf("%s: %s, and somebody else's object is there", key, o.Status)
			}
			continue
		}
		switch o.Status {
		case reconcile.Copied, reconcile.Present:
			if !same {
				w.t.Errorf("%s: %s, and it is not there: %v", key, o.Status, there)
			}
			if o.Status == reconcile.Copied && info.StorageClass != "STANDARD" {
				w.t.Errorf("%s: class %s", key, info.StorageClass)
			}
		case reconcile.Failed:
			if !same {
				continue
			}
			unseen++
			if early[key] {
				continue // another's copy, in a target that this run failed to write and had no reason to look at
			}
			if !slices.ContainsFunc([]string{"may still be carried out", "could not be looked at", "HeadObject"}, func(s string) bool {
				return strings.Contains(o.Message, s)
			}) {
				w.t.Errorf("%s: failed %q, and it is there and right", key, o.Message)
			}
		default:
			w.t.Errorf("%s: %s %s", key, o.Status, o.Message)
		}
	}
	return unseen
}

// A moderate storm is weathered completely: with faults that pass, every
// object arrives.
func TestPassingStorm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.impatient()
	w.opts.Retry = patient(30)
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	var all []reconcile.Decision
	for i, key := range keys("k", *randomObjects) {
		w.mixed(i, key, r)
		all = append(all, w.decide(key))
	}
	w.opts.MaxRestarts = 20
	w.storm(r)
	for key, o := range w.run(t.Context(), all...) {
		if o.Status != reconcile.Copied {
			t.Errorf("%s: %s %s", key, o.Status, o.Message)
		}
	}
}
