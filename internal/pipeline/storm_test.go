package pipeline_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/journal"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/retry"
	"reconcile/internal/s3sim"
)

var (
	stormObjects = flag.Int("storm.objects", 100, "objects of TestStorm")
	stormRounds  = flag.Int("storm.rounds", 1, "how often TestStorm is run")
	stormSeed    = flag.Uint64("storm.seed", 0, "of the first round; 0: another one each time")
)

// weather is every way in which a request can go wrong, each at five in a
// hundred of all requests of every operation.
var weather = []s3sim.Fault{
	{Kind: s3sim.Respond, Status: 400, Code: "RequestTimeout", Match: func(r *http.Request) bool {
		return r.Method != http.MethodHead // whose answers carry no code: a 400 is for good
	}},
	{Kind: s3sim.ErrorInOK}, {Kind: s3sim.ErrorInOKAfterActing},
	{Kind: s3sim.EmptyOK}, {Kind: s3sim.EmptyOKAfterActing},
	{Kind: s3sim.CutBefore}, {Kind: s3sim.CutAfter}, {Kind: s3sim.Truncate},
	{Kind: s3sim.Hang}, {Kind: s3sim.Garbage}, {Kind: s3sim.SlowDown}, {Kind: s3sim.InternalError},
}

// storm is one round of TestStorm.
type storm struct {
	*archive
	t       *testing.T
	rand    *rand.Rand
	journal string
	mu      sync.Mutex
	foreign map[string]string // key → ETag of somebody else's object, once it is there
	uploads map[string]int    // somebody else's, by id: how many parts they have
}

// TestStorm: every fault at five in a hundred, together, over objects of mixed
// sizes, while somebody else writes some of the targets. Runs with one journal
// are repeated until one settles all that can be settled. No report on the way
// claims what is not so, no foreign object or upload is touched, everything
// arrives, and in the end no upload of ours is open and the journal is empty.
func TestStorm(t *testing.T) {
	t.Parallel()
	for round := range *stormRounds {
		seed := *stormSeed + uint64(round)
		if *stormSeed == 0 {
			seed = rand.Uint64()
		}
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { weatherStorm(t, seed) })
	}
}

func weatherStorm(t *testing.T, seed uint64) {
	s := &storm{
		archive: newArchive(t, s3sim.Config{}), t: t, rand: rand.New(rand.NewPCG(seed, 1)),
		journal: filepath.Join(t.TempDir(), "journal"), foreign: map[string]string{}, uploads: map[string]int{},
	}
	s.timeout = 400 * time.Millisecond
	s.fill(*stormObjects)
	for _, f := range weather {
		f.Probability, f.Seed = 0.05, s.rand.Uint64()
		s.Inject(f)
	}
	for run := 1; ; run++ {
		m := s.run()
		settled := s.judge(m)
		t.Logf("run %d: error %v; %v; requests %v", run, m.err, m.Summary.Counts, m.Summary.Requests)
		if settled {
			break
		}
		if run == 20 || t.Failed() {
			t.Fatalf("not settled after %d runs", run)
		}
	}
	s.arrived()
}

// fill puts the sources, and lets somebody else write to some of the targets:
// before the first run, or right before the run's own write.
func (s *storm) fill(n int) {
	const mib = 1 << 20
	for i := range n {
		key := fmt.Sprintf("k%05d.hdf", i)
		o := restored(1+s.rand.Int64N(4000), uint64(i))
		o.ContentType = "application/x-hdf"
		switch i % 12 {
		case 3:
			o.NoChecksum, o.Tags = true, map[string]string{"a": "b c"}
		case 5:
			o.Size, o.Metadata = 10*mib+s.rand.Int64N(20*mib), map[string]string{"a": key}
		case 7:
			o.PartSizes, o.NoChecksum, o.Tags = []int64{5 * mib, 5 * mib, 1 + s.rand.Int64N(mib)}, true, map[string]string{"t": "u"}
		case 9:
			o.PartSizes, o.NoChecksum = []int64{5 * mib, 6*mib + s.rand.Int64N(mib), 5 * mib, 7}, true
		}
		if o.PartSizes != nil {
			o.Size = sum(o.PartSizes)
		}
		s.Put(glacier, key, o)
		switch s.rand.IntN(25) {
		case 0:
			s.foreign[key] = s.Put(protected, key, s3sim.Object{Size: 77, ContentSeed: 9}).ETag
		case 1:
			s.intrude(key)
		case 2:
			parts := s.rand.IntN(2)
			s.uploads[s.openForeign(key, parts)] = parts
		}
	}
}

// intrude writes somebody else's object right before the run's own write.
func (s *storm) intrude(key string) {
	s.foreign[key] = ""
	s.Inject(s3sim.Fault{
		KeyPrefix: key, Bucket: protected, Times: 1,
		Match: func(r *http.Request) bool { // CopyObject, Complete
			return r.Method == http.MethodPut && !r.URL.Query().Has("partNumber") || r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
		},
		Before: func() {
			etag := s.Put(protected, key, s3sim.Object{Size: 77, ContentSeed: 9}).ETag
			s.mu.Lock()
			defer s.mu.Unlock()
			s.foreign[key] = etag
		},
	})
}

// openForeign opens somebody else's upload, with a part or without.
func (s *storm) openForeign(key string, parts int) string {
	ctx := s.t.Context()
	info, _ := s.Get(glacier, key)
	u, err := s.store.CreateUpload(ctx, reconcile.UploadRequest{Target: reconcile.Location{Bucket: protected, Key: key}})
	if err == nil && parts > 0 {
		_, err = s.store.CopyPart(ctx, reconcile.PartRequest{
			Upload: u, Part: reconcile.Part{Number: 1, Size: info.Size},
			Source: reconcile.Object{Location: reconcile.Location{Bucket: glacier, Key: key}, Size: info.Size, ETag: info.ETag},
		})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return u.ID
}

// run makes one run with the journal.
func (s *storm) run() made {
	s.t.Helper()
	j, err := journal.OpenDir(context.Background(), s.journal)
	if err != nil {
		s.t.Fatal(err)
	}
	defer j.Close()
	return s.archive.run(s.t, context.Background(), options{rows: report.RowsAll, tune: func(job *pipeline.Job) {
		again := retry.New(retry.Options{Attempts: 6, Delay: time.Millisecond, Patience: time.Minute})
		job.Copy.Retry = again
		job.Copy.Journal, job.Copy.Concurrency = j, 48
		job.Copy.Threshold, job.Copy.PartSize = 10<<20, 5<<20
	}})
}

// judge holds a report against the server, and reports whether the run has
// settled everything.
func (s *storm) judge(m made) (settled bool) {
	s.t.Helper()
	settled = m.err == nil
	if m.doc.Run.Complete != settled || m.doc.accounted(s.t) != m.doc.count(s.t, "scanned") || len(m.doc.Objects) != m.doc.count(s.t, "scanned") {
		s.t.Errorf("complete %v with error %v; %d outcomes, %d rows", m.doc.Run.Complete, m.err, m.doc.accounted(s.t), len(m.doc.Objects))
	}
	if settled && len(m.doc.Objects) != s.Len(glacier) {
		s.t.Errorf("complete, with %d rows for %d objects", len(m.doc.Objects), s.Len(glacier))
	}
	for _, row := range m.doc.Objects {
		if !s.judgeRow(row) {
			settled = false
		}
	}
	for u := range s.uploads {
		if !slices.ContainsFunc(s.OpenUploads(protected), func(open s3sim.Upload) bool { return open.UploadID == u }) {
			s.t.Errorf("somebody else's upload %s is gone", u)
		}
	}
	return settled
}

func (s *storm) judgeRow(row report.Row) (settled bool) {
	s.t.Helper()
	key := string(row.SourceKey)
	s.mu.Lock()
	defer s.mu.Unlock()
	right := s.SameContent(glacier, key, protected, key)
	if etag := s.foreign[key]; etag != "" {
		if i, _ := s.Get(protected, key); i.ETag != etag || row.Success {
			s.t.Errorf("%s: %s; somebody else's object, overwritten: %v (%s)", key, row.Status, i.ETag != etag, row.ErrMsg)
		}
		return row.Status == reconcile.Differs
	}
	// What is there and right may be failed only where it could not be seen.
	unseen := slices.ContainsFunc([]string{"may still be carried out", "could not be looked at", "HeadObject"}, func(why string) bool {
		return strings.Contains(row.ErrMsg, why)
	})
	switch {
	case row.Success && (!right || row.Proof == ""):
		s.t.Errorf("%s is %s by %q, and right in the archive: %v", key, row.Status, row.Proof, right)
	case !row.Success && right && !unseen && row.Status != reconcile.Canceled:
		s.t.Errorf("%s is %s (%s), and right in the archive", key, row.Status, row.ErrMsg)
	}
	return row.Success
}

// arrived wants everything in the archive as it is in the source, somebody
// else's things as they were, and no part left of the runs.
func (s *storm) arrived() {
	s.t.Helper()
	for _, key := range s.Keys(glacier) {
		if s.foreign[key] == "" {
			s.sameButClass(s.t, key)
		}
	}
	theirs := 0
	for _, u := range s.OpenUploads(protected) {
		want, foreign := s.uploads[u.UploadID] // of ours: 0, those whose opening was not answered
		if foreign {
			theirs++
		}
		if u.Parts != want {
			s.t.Errorf("an open upload has %d parts, want %d; somebody else's: %v", u.Parts, want, foreign)
		}
	}
	if theirs != len(s.uploads) {
		s.t.Errorf("%d of somebody else's %d uploads are left", theirs, len(s.uploads))
	}
	if left, _ := filepath.Glob(filepath.Join(s.journal, "*.upload.json")); len(left) > 0 {
		s.t.Errorf("left in the journal: %v", left)
	}
}
