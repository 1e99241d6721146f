package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// runtimeAPI is Lambda's runtime interface, as its documentation describes it.
// The client that speaks to it is Amazon's.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	*httptest.Server
	invocations chan invoked
	answers     chan reply
	initErrors  chan lambdaError
	closed      chan struct{}

	mu   sync.Mutex
	next int
}

// invoked is what the process is given.
type invoked struct {
	id, payload string
	deadline    time.Time
}

// reply is what the process posts for an invocation.
type reply struct {
	id, body string
	failed   bool
	at       time.Time
}

type lambdaError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func startRuntime(t *testing.T) *runtimeAPI {
	t.Helper()
	r := &runtimeAPI{
		invocations: make(chan invoked), answers: make(chan reply, 10), initErrors: make(chan lambdaError, 1), closed: make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", r.serveNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/{what}", r.serveAnswer)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", func(w http.ResponseWriter, req *http.Request) {
		var e lambdaError
		json.NewDecoder(req.Body).Decode(&e)
		r.initErrors <- e
		w.WriteHeader(http.StatusAccepted)
	})
	mux.HandleFunc("POST /2020-01-01/extension/register", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Lambda-Extension-Identifier", "extension-1")
		io.WriteString(w, "{}")
	})
	mux.HandleFunc("GET /2020-01-01/extension/event/next", func(w http.ResponseWriter, req *http.Request) { r.block(req) })
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	t.Cleanup(func() { close(r.closed) })
	return r
}

func (r *runtimeAPI) block(req *http.Request) {
	select {
	case <-req.Context().Done():
	case <-r.closed:
	}
}

func (r *runtimeAPI) serveNext(w http.ResponseWriter, req *http.Request) {
	select {
	case i := <-r.invocations:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", i.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111122223333:function:reconcile")
		w.Header().Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700")
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, i.payload)
	case <-req.Context().Done():
	case <-r.closed:
	}
}

func (r *runtimeAPI) serveAnswer(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.answers <- reply{req.PathValue("id"), string(body), req.PathValue("what") == "error", time.Now()}
	w.WriteHeader(http.StatusAccepted)
}

// begin gives the process an invocation that lasts so long at most.
func (r *runtimeAPI) begin(t *testing.T, payload string, timeout time.Duration) invoked {
	t.Helper()
	r.mu.Lock()
	r.next++
	i := invoked{fmt.Sprintf("request-%d", r.next), payload, time.Now().Add(timeout)}
	r.mu.Unlock()
	select {
	case r.invocations <- i:
	case <-time.After(20 * time.Second):
		t.Fatal("the process does not ask for an invocation")
	}
	return i
}

// invoke gives an invocation and waits for its answer, which has to come before
// the deadline.
func (r *runtimeAPI) invoke(t *testing.T, payload string, timeout time.Duration) reply {
	t.Helper()
	i := r.begin(t, payload, timeout)
	got := r.answer(t)
	if got.id != i.id || !got.at.Before(i.deadline) {
		t.Errorf("answered %s %v before the deadline of %s", got.id, i.deadline.Sub(got.at), i.id)
	}
	return got
}

func (r *runtimeAPI) answer(t *testing.T) reply {
	t.Helper()
	select {
	case got := <-r.answers:
		return got
	case <-time.After(30 * time.Second):
		t.Fatal("no answer")
	}
	return reply{}
}

// failure is the error that an invocation was answered with.
func (a reply) failure(t *testing.T) lambdaError {
	t.Helper()
	var e lambdaError
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || !a.failed {
		t.Fatalf("failed %v, %v in %s", a.failed, err, a.body)
	}
	return e
}

// variable is the environment variable that makes the program a Lambda function.
func (r *runtimeAPI) variable() string {
	return "AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(r.URL, "http://")
}

// start starts the real program as a Lambda function, with settings in its
// environment.
func (r *runtimeAPI) start(t *testing.T, server *s3sim.Server, env map[string]string) *process {
	t.Helper()
	p := newProcess(t, server)
	p.Env = append(p.Env, r.variable(), "glacier_bucket=my-glacier", "protected_bucket=my-protected", "public_bucket=my-public", "copy_retry_sleep_secs=0")
	for name, value := range env {
		p.Env = append(p.Env, name+"="+value)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// logs reads the process's log, all of which has to be JSON. The process must
// have ended.
func (p *process) logs(t *testing.T) (records []map[string]any) {
	t.Helper()
	for line := range strings.Lines(p.stderr.String()) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Errorf("the log has a line that is not JSON: %s", line)
		}
		records = append(records, r)
	}
	return records
}

// TestFunction: one process answers several invocations, in each sender's
// protocol, over the connections of the first. An invocation in which an object
// failed fails with the rows of all. The log is JSON with the request's id.
func TestFunction(t *testing.T) {
	t.Parallel()
	runtime := startRuntime(t)
	server := eventServer(t, map[string]s3sim.Object{
		"one.hdf": {Size: 10, ContentSeed: 1}, "two.txt": {Size: 10, ContentSeed: 2}, "three four.hdf": {Size: 10, ContentSeed: 3},
		"ongoing.hdf": {Size: 1, StorageClass: "GLACIER", Restore: "ongoing"}, "bad.hdf": {Size: 10},
	})
	server.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: "bad", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	p := runtime.start(t, server, map[string]string{"RECONCILE_REPORT": "s3://my-reports/{run}.json", "RECONCILE_REPORT_ROWS": "all"})

	first := runtime.invoke(t, notificationOf("one.hdf"), time.Minute)
	checkRows(t, server, first.body, []string{"one.hdf my-protected true"}, "")
	connections := server.Connections()

	second := runtime.invoke(t, notificationOf("two.txt", "bad.hdf", "ongoing.hdf"), time.Minute)
	e := second.failure(t)
	list, ok := strings.CutPrefix(e.Message, "File copy failed. ")
	if e.Type != "CopyRequestError" || !ok {
		t.Errorf("the error is %+v", e)
	}
	checkRows(t, server, list, []string{"two.txt my-public true", "bad.hdf my-protected false", "ongoing.hdf my-protected false"}, "AccessDenied")

	message := func(id, body string) string {
		text, _ := json.Marshal(body)
		return fmt.Sprintf(`{"messageId":%q,"eventSource":"aws:sqs","body":%s}`, id, text)
	}
	for name, c := range map[string]struct{ payload, want string }{
		"SQS": {`{"Records":[` + message("m1", notificationOf("one.hdf")) + "," + message("m2", notificationOf("bad.hdf", "one.hdf")) + "," + message("m3", notificationOf("ongoing.hdf")) + "," + message("m4", "x") + `]}`,
			`{"batchItemFailures":[{"itemIdentifier":"m2"},{"itemIdentifier":"m4"}]}`},
		"EventBridge": {`{"detail-type":"Object Restore Completed","detail":{"bucket":{"name":"my-glacier"},"object":{"key":"three+four.hdf"}}}`,
			`[{"source_key":"three four.hdf","source_bucket":"my-glacier","target_bucket":"my-protected","success":true,"err_msg":""}]`},
		"S3 Batch, still restoring": {`{"invocationSchemaVersion":"1.0","invocationId":"i","job":{"id":"j"},"tasks":[{"taskId":"t","s3Key":"ongoing.hdf","s3VersionId":"1","s3BucketArn":"arn:aws:s3:::my-glacier"}]}`,
			`"resultCode":"PermanentFailure"`}, // it has no version 1
		"S3 Batch": {`{"invocationSchemaVersion":"1.0","invocationId":"i","job":{"id":"j"},"tasks":[{"taskId":"t","s3Key":"ongoing.hdf","s3VersionId":null,"s3BucketArn":"arn:aws:s3:::my-glacier"}]}`,
			`"resultCode":"TemporaryFailure"`},
		"Map": {`{"BatchInput":{"bucket":"my-glacier"},"Items":["one.hdf","bad.hdf"]}`, `{"success":false,"summary":{"failed":1,"present":1}`},
		"run": {`{"run":{"prefix":"t"}}`, `"complete":true`},
	} {
		if got := runtime.invoke(t, c.payload, time.Minute); got.failed || !strings.Contains(got.body, c.want) {
			t.Errorf("%s: failed %v, answered %s", name, got.failed, got.body)
		}
	}
	if e := runtime.invoke(t, `{"run":{}}`, time.Minute).failure(t); e.Type != "RunError" || !strings.Contains(e.Message, `"failed":1`) {
		t.Errorf("a run with a failed object: %+v", e)
	}
	if e := runtime.invoke(t, `{"run":{"report":"r.json"}}`, time.Minute).failure(t); e.Type != "RunError" || !strings.Contains(e.Message, "option report of the event") {
		t.Errorf("a run with a local report: %+v", e)
	}
	if e := runtime.invoke(t, `{}`, time.Minute).failure(t); e.Type != "InvalidEventError" {
		t.Errorf("no event: %+v", e)
	}
	// The run with options had a store of its own; two requests at a time may
	// need a connection more than one.
	if more := server.Connections() - connections; more > 6 {
		t.Errorf("%d connections after the first invocation's %d", more, connections)
	}
	keys := server.Keys("my-reports")
	if reports := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return strings.HasSuffix(key, ".manifest.json") }); len(reports) != 9 {
		t.Errorf("%d reports: %v", len(reports), keys)
	}
	p.Process.Signal(syscall.SIGTERM)
	if code := p.code(); code != exit.Terminated {
		t.Errorf("code %d", code)
	}
	ids := map[string]bool{}
	for _, r := range p.logs(t) {
		if id, ok := r["request_id"].(string); ok {
			ids[id] = true
		}
	}
	if len(ids) != 11 {
		t.Errorf("the log has the ids %v", slices.Sorted(maps.Keys(ids)))
	}
}

// TestFunctionWarm: a second invocation opens no connection, and asks no more of
// the server than the object takes: what the first has found out of the server
// holds.
func TestFunctionWarm(t *testing.T) {
	t.Parallel()
	runtime := startRuntime(t)
	server := eventServer(t, map[string]s3sim.Object{"one.hdf": {Size: 10, ContentSeed: 1}, "two.hdf": {Size: 10, ContentSeed: 2}})
	runtime.start(t, server, nil)
	runtime.invoke(t, notificationOf("one.hdf"), time.Minute)
	connections := server.Connections()
	server.ResetRequests()
	got := runtime.invoke(t, notificationOf("two.hdf"), time.Minute)
	if sent := fmt.Sprint(server.Requests()); got.failed || sent != "map[CopyObject:1 HeadObject:2]" {
		t.Errorf("answered %s, sent %s", got.body, sent)
	}
	if now := server.Connections(); now != connections {
		t.Errorf("%d connections, then %d", connections, now)
	}
}

// TestFunctionTimeout: an invocation whose time is too short for a large object
// is answered in time, with what was not reached as rows that come again, and
// the next one goes on where it ended.
func TestFunctionTimeout(t *testing.T) {
	t.Parallel()
	runtime := startRuntime(t)
	const parts = 24
	server := eventServer(t, map[string]s3sim.Object{
		"large.hdf": {Size: parts * 5 << 20, ContentSeed: 1}, "small.hdf": {Size: 10, ContentSeed: 2}, "report.hdf": {Size: 10},
	})
	slow := server.Inject(s3sim.Fault{Op: "UploadPartCopy", Delay: 400 * time.Millisecond})
	p := runtime.start(t, server, map[string]string{
		"RECONCILE_JOURNAL": "s3://my-reports/journal/", "RECONCILE_MULTIPART_THRESHOLD": "5MiB", "RECONCILE_PART_SIZE": "5MiB",
		"RECONCILE_CONCURRENCY": "2", "RECONCILE_REPORT": "s3://my-reports/last.json", "RECONCILE_REPORT_ROWS": "all",
	})
	first := runtime.invoke(t, notificationOf("large.hdf", "small.hdf"), 4*time.Second)
	e := first.failure(t)
	list, _ := strings.CutPrefix(e.Message, "File copy failed. ")
	checkRows(t, server, list, []string{"large.hdf my-protected false", "small.hdf my-protected true"}, "interrupted")
	last, _ := server.Get("my-reports", "last.json")
	text := server.Read("my-reports", "last.json", 0, last.Size)
	if complete, count := reportSummary(t, text); complete || count("canceled") != 1 || count("copied") != 1 {
		t.Errorf("the report says %s", text)
	}
	if open := server.OpenUploads("my-protected"); len(open) != 1 {
		t.Fatalf("open uploads: %+v", open)
	}
	slow.Remove()
	copied := server.Requests()["UploadPartCopy"]
	second := runtime.invoke(t, notificationOf("large.hdf"), time.Minute)
	if second.failed {
		t.Fatal(second.body)
	}
	checkRows(t, server, second.body, []string{"large.hdf my-protected true"}, "")
	if again := server.Requests()["UploadPartCopy"] - parts; copied == 0 || again > 4 {
		t.Errorf("%d parts in the first invocation, %d more than needed in both", copied, again)
	}
	if open := server.OpenUploads("my-protected"); len(open) > 0 {
		t.Errorf("left open: %+v", open)
	}
	for _, key := range server.Keys("my-reports") {
		if strings.Contains(key, "upload.json") {
			t.Errorf("left in the journal: %s", key)
		}
	}
	p.Process.Kill()
}

// TestFunctionWaitsForTheJournal: only who copies by parts waits for the
// journal, and no longer than there is time; what it cannot begin comes again.
func TestFunctionWaitsForTheJournal(t *testing.T) {
	t.Parallel()
	runtime := startRuntime(t)
	server := eventServer(t, map[string]s3sim.Object{"large.hdf": {Size: 20 << 20, ContentSeed: 1}, "small.hdf": {Size: 10, ContentSeed: 2}})
	server.Put("my-reports", "journal/lock", s3sim.Object{Body: []byte(`{"run":"other","ttl_seconds":60}`)})
	runtime.start(t, server, map[string]string{
		"RECONCILE_JOURNAL": "s3://my-reports/journal/", "RECONCILE_MULTIPART_THRESHOLD": "5MiB", "RECONCILE_PART_SIZE": "5MiB",
	})
	task := func(key string) string {
		return fmt.Sprintf(`{"invocationSchemaVersion":"2.0","invocationId":"i","tasks":[{"taskId":"t","s3Key":%q,"s3Bucket":"my-glacier"}]}`, key)
	}
	if got := runtime.invoke(t, task("small.hdf"), time.Minute); !strings.Contains(got.body, "Succeeded") {
		t.Errorf("the small one: %s", got.body)
	}
	got := runtime.invoke(t, task("large.hdf"), 3*time.Second)
	if !strings.Contains(got.body, "TemporaryFailure") || !strings.Contains(got.body, "waiting for the journal") {
		t.Errorf("the large one: %s", got.body)
	}
	seen := server.Inject(s3sim.Fault{Op: "GetObject", KeyPrefix: "journal/lock", Times: 1, AfterAct: func() { server.Delete("my-reports", "journal/lock") }})
	if got := runtime.invoke(t, task("large.hdf"), time.Minute); !strings.Contains(got.body, "Succeeded") || seen.Hits() != 1 {
		t.Errorf("once the journal was free: %s", got.body)
	}
}

// TestFunctionLocked: what another run keeps out has to come again.
func TestFunctionLocked(t *testing.T) {
	t.Parallel()
	runtime := startRuntime(t)
	server := eventServer(t, map[string]s3sim.Object{"k.hdf": {Size: 1}})
	server.Put("my-reports", "lock", s3sim.Object{Body: []byte(`{"run":"other","ttl_seconds":60}`)})
	runtime.start(t, server, map[string]string{"RECONCILE_LOCK": "s3://my-reports/lock"})
	got := runtime.invoke(t, `{"Records":[{"messageId":"m","body":"{\"objects\":[{\"bucket\":\"my-glacier\",\"key\":\"k.hdf\"}]}"}]}`, time.Minute)
	if got.body != `{"batchItemFailures":[{"itemIdentifier":"m"}]}` || server.Len("my-protected") > 0 {
		t.Errorf("answered %s", got.body)
	}
	if e := runtime.invoke(t, `{"run":{}}`, time.Minute).failure(t); !strings.Contains(e.Message, "other") {
		t.Errorf("a whole run: %+v", e)
	}
}

// TestFunctionTerminated: SIGTERM in the middle of an invocation ends the copy,
// not the answer.
func TestFunctionTerminated(t *testing.T) {
	t.Parallel()
	runtime := startRuntime(t)
	server := eventServer(t, map[string]s3sim.Object{"large.hdf": {Size: 20 << 20, ContentSeed: 1}})
	var p *process
	begun := make(chan struct{})
	server.Inject(s3sim.Fault{Op: "UploadPartCopy", Kind: s3sim.Hang, Before: sync.OnceFunc(func() { close(begun) })})
	p = runtime.start(t, server, map[string]string{"RECONCILE_MULTIPART_THRESHOLD": "5MiB", "RECONCILE_PART_SIZE": "5MiB"})
	runtime.begin(t, notificationOf("large.hdf"), time.Minute)
	<-begun
	p.Process.Signal(syscall.SIGTERM)
	e := runtime.answer(t).failure(t)
	if e.Type != "CopyRequestError" || !strings.Contains(e.Message, "interrupted") {
		t.Errorf("answered %+v", e)
	}
	if code := p.code(); code != exit.Terminated {
		t.Errorf("code %d\n%s", code, &p.stderr)
	}
	if open := server.OpenUploads("my-protected"); len(open) > 0 {
		t.Errorf("left open: %+v", open)
	}
}

// TestFunctionInitError: a configuration that is wrong is told to the runtime,
// and ends the process with the exit code of every such mistake.
func TestFunctionInitError(t *testing.T) {
	t.Parallel()
	server := eventServer(t, nil)
	for name, c := range map[string]struct {
		env  map[string]string
		says string
	}{
		"no archive":       {map[string]string{"protected_bucket": "", "public_bucket": ""}, "no archive bucket (give --protected"},
		"bad value":        {map[string]string{"copy_retries": "many"}, `environment variable copy_retries: "many" is not a whole number`},
		"unknown variable": {map[string]string{"RECONCILE_PROTECTD": "x"}, "unknown environment variable RECONCILE_PROTECTD"},
		"local report":     {map[string]string{"RECONCILE_REPORT": "r.json"}, "report r.json: a Lambda function keeps no files"},
		"report to stdout": {map[string]string{"RECONCILE_REPORT": "-"}, "stdout carries the answer"},
		"local journal":    {map[string]string{"RECONCILE_JOURNAL": "/tmp/j"}, "journal /tmp/j: a Lambda function keeps no files"},
		"no config file":   {map[string]string{"RECONCILE_CONFIG": "/no/such.yaml"}, "/no/such.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			runtime := startRuntime(t)
			p := runtime.start(t, server, c.env)
			if code := p.code(); code != exit.Usage {
				t.Errorf("code %d", code)
			}
			select {
			case e := <-runtime.initErrors:
				if e.Type != "ConfigurationError" || !strings.Contains(e.Message, c.says) {
					t.Errorf("told %+v, want %q", e, c.says)
				}
			default:
				t.Error("the runtime was told nothing")
			}
			if !strings.Contains(p.stderr.String(), "reconcile: error: ") {
				t.Errorf("stderr is %s", &p.stderr)
			}
		})
	}
}

// TestFunctionUnhandled: what keeps an event from being handled, or its report
// from being delivered, fails the invocation whatever the protocol: all of it
// comes again.
func TestFunctionUnhandled(t *testing.T) {
	t.Parallel()
	message := `{"Records":[{"messageId":"m","body":"{\"objects\":[{\"bucket\":\"my-glacier\",\"key\":\"k.hdf\"}]}"}]}`
	for name, c := range map[string]struct {
		env    map[string]string
		copied int
	}{
		"s3://my-reports/none":   {map[string]string{"RECONCILE_EXCLUDE_KEYS": "s3://my-reports/none"}, 0},
		"s3://no-such/1.json":    {map[string]string{"RECONCILE_REPORT": "s3://no-such/1.json"}, 1},
		"s3://no-such/lock":      {map[string]string{"RECONCILE_LOCK": "s3://no-such/lock"}, 0},
		"s3://no-such/{run}.csv": {map[string]string{"RECONCILE_REPORT": "s3://no-such/{run}.csv"}, 1},
	} {
		runtime := startRuntime(t)
		server := eventServer(t, map[string]s3sim.Object{"k.hdf": {Size: 1}})
		p := runtime.start(t, server, c.env)
		e := runtime.invoke(t, message, time.Minute).failure(t)
		bucket, _, _ := strings.Cut(strings.TrimPrefix(name, "s3://"), "/")
		if e.Type != "UnhandledError" || !strings.Contains(e.Message, bucket) || server.Len("my-protected") != c.copied {
			t.Errorf("%s: %+v, %d copied", name, e, server.Len("my-protected"))
		}
		p.Process.Kill()
	}
}

// TestFunctionRunTimeout: a whole run for which there is not time enough is an
// error that says how far it got, in time.
func TestFunctionRunTimeout(t *testing.T) {
	t.Parallel()
	runtime := startRuntime(t)
	objects := map[string]s3sim.Object{}
	for i := range 60 {
		objects[fmt.Sprintf("k%02d.hdf", i)] = s3sim.Object{Size: 10, ContentSeed: uint64(i)}
	}
	server := eventServer(t, objects)
	server.SetLatency("CopyObject", 150*time.Millisecond)
	runtime.start(t, server, map[string]string{"RECONCILE_CONCURRENCY": "2"})
	e := runtime.invoke(t, `{"run":{}}`, 3*time.Second).failure(t)
	_, digest, _ := strings.Cut(e.Message, ". ")
	complete, count := reportSummary(t, []byte(digest))
	if e.Type != "RunError" || !strings.Contains(e.Message, "the deadline was reached") || complete ||
		count("scanned") != 60 || count("canceled") == 0 || count("copied") != server.Len("my-protected") {
		t.Errorf("%d in the archive, and %+v", server.Len("my-protected"), e)
	}
}

// TestFunctionOrCommand: with arguments the program is what they say, also
// where the runtime's variable is set.
func TestFunctionOrCommand(t *testing.T) {
	t.Parallel()
	p := newProcess(t, nil, "version")
	p.Env = append(p.Env, startRuntime(t).variable())
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if code := p.code(); code != exit.OK || !strings.HasPrefix(p.stdout.String(), "reconcile version") {
		t.Errorf("code %d\n%s", code, &p.stderr)
	}
}
