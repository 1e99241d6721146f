package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

var (
	shared  = flag.Int("shared", 200, "objects that workers and shards share in TestWorkers and TestKilledShards")
	workers = flag.Int("workers", 4, "processes that share them")
)

// sharedServer has n restored objects, large ones among them, of which every
// seventh is in the archive already.
func sharedServer(t *testing.T, n int) *s3sim.Server {
	t.Helper()
	server := smallServer(t, 0)
	server.Seed("the-glacier", func(yield func(string, s3sim.Object) bool) {
		for i := range n {
			if !yield(sharedKey(i), sharedObject(i, n)) {
				return
			}
		}
	})
	server.Seed("the-archive", func(yield func(string, s3sim.Object) bool) {
		for i := 0; i < n; i += 7 {
			o := sharedObject(i, n)
			o.StorageClass, o.Restore, o.RestoreExpiry = "", "", time.Time{}
			if !yield(sharedKey(i), o) {
				return
			}
		}
	})
	server.SetLatency("CopyObject", 5*time.Millisecond)
	server.SetLatency("UploadPartCopy", 5*time.Millisecond)
	return server
}

func sharedKey(i int) string { return fmt.Sprintf("MOD09GQ/%03d/a b+c %06d.hdf", i/1000, i) }

func sharedObject(i, n int) s3sim.Object {
	o := s3sim.Object{Size: 1000, ContentSeed: uint64(i + 1), StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour)}
	if i%(n/4) == 1 {
		o.Size = 6 << 30
	}
	return o
}

// checkShared wants every object in the archive, once, with its own content and
// the archive's class.
func checkShared(t *testing.T, server *s3sim.Server, n int) {
	t.Helper()
	if got := server.Len("the-archive"); got != n {
		t.Errorf("%d objects in the archive, of %d", got, n)
	}
	for i := range n {
		key := sharedKey(i)
		if o, ok := server.Get("the-archive", key); !ok || o.StorageClass != "STANDARD" || !server.SameContent("the-glacier", key, "the-archive", key) {
			t.Fatalf("%q did not arrive as it was: %+v", key, o)
		}
	}
}

// delivery is a batch on its way, at least once.
type delivery struct {
	id      int
	payload string
}

// fleet delivers batches to workers, each an execution of the real program
// behind a runtime interface of its own, which dies now and then. A batch whose
// worker died is delivered again; some are delivered again although they were
// answered.
type fleet struct {
	t      *testing.T
	server *s3sim.Server
	queue  chan delivery
	left   sync.WaitGroup // batches without an answer

	mu         sync.Mutex
	executions []any // results, as a Distributed Map writes them
	answered   map[int]bool
	deaths     int
	doubles    int
}

// work keeps one worker going until the queue is closed.
func (f *fleet) work(rng *rand.Rand) {
	for {
		w := f.newWorker(rng)
		api := httptest.NewServer(w)
		w.live(strings.TrimPrefix(api.URL, "http://"))
		api.CloseClientConnections()
		api.Close() // waits for what is being handed out
		if w.has != nil && f.unanswered(w.has.id) {
			f.queue <- *w.has
		}
		if w.closed {
			return
		}
	}
}

// worker is one process and its runtime interface.
type worker struct {
	*fleet
	dies  int           // of the batch with this number; the first is 1
	after time.Duration // how long after it has got that batch
	over  chan struct{} // closed when it is to die, or there is nothing left to do
	end   func()        // closes it

	mu     sync.Mutex
	begun  int
	has    *delivery // not answered yet
	closed bool      // the queue is
}

// newWorker returns one that is to die of one of its first batches: while it
// carries it out, or as soon as it has answered.
func (f *fleet) newWorker(rng *rand.Rand) *worker {
	over := make(chan struct{})
	return &worker{fleet: f, dies: 1 + rng.IntN(8+*shared/2500), after: time.Duration(rng.IntN(60)) * time.Millisecond,
		over: over, end: sync.OnceFunc(func() { close(over) })}
}

// live runs a process until it is to die.
func (w *worker) live(api string) {
	self, _ := os.Executable()
	p := exec.Command(self)
	p.Args = []string{"reconcile"}
	p.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+os.DevNull,
		"AWS_ACCESS_KEY_ID="+w.server.AccessKey(), "AWS_SECRET_ACCESS_KEY="+w.server.SecretKey(), "AWS_REGION="+w.server.Region(),
		"AWS_ENDPOINT_URL="+w.server.URL(), "AWS_LAMBDA_RUNTIME_API="+api, "RECONCILE_SOURCE=the-glacier", "RECONCILE_PROTECTED=the-archive",
		"RECONCILE_RETRY_DELAY=0", "RECONCILE_MULTIPART_THRESHOLD=5GiB")
	if err := p.Start(); err != nil {
		w.t.Error(err)
		return
	}
	ended := make(chan error)
	go func() {
		ended <- p.Wait()
	}()
	select {
	case err := <-ended:
		w.t.Errorf("a worker ended by itself: %v", err)
		return
	case <-w.over:
	}
	p.Process.Kill()
	<-ended
}

// unanswered counts a death over a batch, and reports whether it must be
// delivered again.
func (f *fleet) unanswered(id int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deaths++
	return !f.answered[id]
}

// ServeHTTP is Lambda's runtime interface.
func (w *worker) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/next") {
		w.serveNext(rw, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if parts := strings.Split(r.URL.Path, "/"); err == nil && len(parts) > 2 && r.Method == http.MethodPost {
		if id, err := strconv.Atoi(parts[len(parts)-2]); err == nil {
			w.note(id, string(body), parts[len(parts)-1] == "response")
		}
	}
	rw.WriteHeader(http.StatusAccepted)
}

func (w *worker) serveNext(rw http.ResponseWriter, r *http.Request) {
	select {
	case d, ok := <-w.queue:
		w.mu.Lock()
		defer w.mu.Unlock()
		if !ok {
			w.end() // it asks more than once
			w.closed = true
			return
		}
		w.has = &d
		if w.begun++; w.begun == w.dies {
			time.AfterFunc(w.after, w.end)
		}
		rw.Header().Set("Lambda-Runtime-Aws-Request-Id", strconv.Itoa(d.id))
		rw.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
		io.WriteString(rw, d.payload)
	case <-r.Context().Done():
	}
}

// note notes the answer to a batch.
func (w *worker) note(id int, body string, well bool) {
	w.mu.Lock()
	d := w.has
	w.has = nil
	w.mu.Unlock()
	if d == nil || d.id != id {
		w.t.Errorf("an answer to %d, which it does not have", id)
		return
	}
	w.fleet.mu.Lock()
	defer w.fleet.mu.Unlock()
	status := "SUCCEEDED"
	if !well {
		w.t.Errorf("batch %d failed: %.300s", id, body)
		status = "FAILED"
	}
	w.executions = append(w.executions, map[string]any{"Name": strconv.Itoa(id), "Input": d.payload, "Output": body, "Status": status})
	if !w.answered[id] {
		w.answered[id] = true
		w.left.Done()
	}
}

// TestWorkers: Lambda processes share a plan. They are killed at random
// moments, batches come twice; every object arrives, none wrong, and the merged
// report has each of them once.
func TestWorkers(t *testing.T) {
	t.Parallel()
	n := *shared
	server := sharedServer(t, n)
	index, items := planned(t, server)
	if want := int64(n - (n+6)/7); index.Objects != want {
		t.Fatalf("%d objects are planned, want %d", index.Objects, want)
	}
	f := &fleet{t: t, server: server, queue: make(chan delivery, 2*len(items)+*workers), answered: map[int]bool{}}
	rng := rand.New(rand.NewPCG(16, 16))
	id, batch := 0, max(25, n/80)
	for at := 0; at < len(items); at += batch {
		d := delivery{id, `{"BatchInput":{"plan":"x"},"Items":[` + joined(items[at:min(at+batch, len(items))]) + `]}`}
		f.left.Add(1)
		f.queue <- d
		if rng.IntN(4) == 0 {
			f.doubles++
			f.queue <- d
		}
		id++
	}
	var all sync.WaitGroup
	for i := range *workers {
		all.Go(func() { f.work(rand.New(rand.NewPCG(1, uint64(i)))) })
	}
	f.left.Wait()
	close(f.queue)
	all.Wait()
	t.Logf("%d objects in %d batches, %d twice, %d deaths over a batch", len(items), id, f.doubles, f.deaths)
	// Without a journal a killed worker leaves its upload to the lifecycle rule.
	if open := server.OpenUploads("the-archive"); len(open) > f.deaths {
		t.Errorf("%d uploads are open after %d deaths", len(open), f.deaths)
	}
	put(t, server, "results/map/SUCCEEDED_0.json", f.executions)
	head, rows, code := mergeOf(t, server, "--plan", planAt+"plan.json", "--results", "s3://the-reports/results/")
	if code != exit.OK || !head.Run.Complete || len(rows) != len(items) {
		t.Errorf("merge: code %d, complete %v, %d rows for %d planned objects; %v", code, head.Run.Complete, len(rows), len(items), head.Summary.Counts)
	}
	checkShared(t, server, n)
}

// TestKilledShards: shards, killed at random moments and started again
// as an engine does, look at every key once between them, and their reports
// merge into one.
func TestKilledShards(t *testing.T) {
	t.Parallel()
	n := *shared
	server := sharedServer(t, n)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "reports"), 0o700); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	kills := 0
	for i := range *workers {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(2, uint64(i)))
			args := runWith("--shard", fmt.Sprintf("%d/%d", i, *workers), "--shard-map", "s3://the-reports/shards.json", "--report-rows", "all",
				"--report", filepath.Join(dir, "reports", "{shard}.json"), "--journal", filepath.Join(dir, "journal"), "--multipart-threshold", "5GiB", "--quiet")
			for attempt := 0; ; attempt++ {
				p := startShard(t, server, dir, args)
				if attempt < 3 && rng.IntN(2) == 0 {
					time.Sleep(time.Duration(rng.IntN(1500*max(1, n/20_000))) * time.Millisecond)
					p.Process.Kill()
					mu.Lock()
					kills++
					mu.Unlock()
				}
				if err := p.Wait(); err == nil {
					return
				} else if p.ProcessState.ExitCode() > 0 {
					t.Errorf("shard %d: %v\n%s", i, err, p.Stderr)
					return
				}
			}
		})
	}
	all.Wait()
	head, rows, code := mergeOf(t, server, "--results", filepath.Join(dir, "reports"))
	t.Logf("%d objects in %d shards, %d kills: %v", n, *workers, kills, head.Summary.Counts)
	if code != exit.OK || !head.Run.Complete || len(rows) != n {
		t.Errorf("merge: code %d, complete %v, %d rows for %d objects; %s", code, head.Run.Complete, len(rows), n, head.Run.Error)
	}
	checkShared(t, server, n)
	if empty, filled := openUploads(server); len(filled) > 0 || empty > 16*kills {
		t.Errorf("open uploads: %v, and %d without a part", filled, empty)
	}
}

func startShard(t *testing.T, server *s3sim.Server, dir string, args []string) *exec.Cmd {
	self, _ := os.Executable()
	p := exec.Command(self)
	p.Args, p.Dir, p.Stderr = append([]string{"reconcile"}, args...), dir, new(strings.Builder)
	p.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+os.DevNull,
		"AWS_ACCESS_KEY_ID="+server.AccessKey(), "AWS_SECRET_ACCESS_KEY="+server.SecretKey(), "AWS_REGION="+server.Region(), "AWS_ENDPOINT_URL="+server.URL())
	if err := p.Start(); err != nil {
		t.Error(err)
	}
	return p
}
