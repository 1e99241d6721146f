package examples

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/s3sim"
)

// lambda is the interface that a function's process asks for invocations.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type lambda struct {
	*httptest.Server
	payloads chan string
	answers  chan answer
}

type answer struct {
	failed bool
	body   string
}

// startFunction starts the program as a Lambda function with a plan's
// environment.
func startFunction(t *testing.T, m *module, env []string) *lambda {
	t.Helper()
	l := &lambda{payloads: make(chan string), answers: make(chan answer, 1)}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/invocation/next"):
			select {
			case p := <-l.payloads:
				w.Header().Set("Lambda-Runtime-Aws-Request-Id", "id")
				w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
				io.WriteString(w, p)
			case <-r.Context().Done():
			}
		case strings.HasSuffix(r.URL.Path, "/extension/register"): // for SIGTERM
			w.Header().Set("Lambda-Extension-Identifier", "id")
			io.WriteString(w, "{}")
		case r.Method == http.MethodPost:
			body, _ := io.ReadAll(r.Body)
			l.answers <- answer{!strings.HasSuffix(r.URL.Path, "/response"), string(body)}
			w.WriteHeader(http.StatusAccepted)
		default:
			<-r.Context().Done() // extensions wait for events
		}
	}))
	env = append(env, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(l.URL, "http://"), "AWS_LAMBDA_FUNCTION_NAME=reconcile")
	for k, v := range m.one(t, "aws_lambda_function.this").blocks["environment"][0]["variables"].AsValueMap() {
		env = append(env, k+"="+v.AsString())
	}
	process := command(t, t.TempDir(), env)
	if testing.Verbose() {
		process.Stderr = t.Output()
	} else {
		process.Stderr = io.Discard
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Process.Kill()
		process.Wait()
		l.CloseClientConnections()
		l.Close()
	})
	return l
}

// invoke returns the function's answer.
func (l *lambda) invoke(t *testing.T, payload string) answer {
	t.Helper()
	select {
	case l.payloads <- payload:
		return <-l.answers
	case a := <-l.answers:
		t.Fatalf("the function did not start: %s", a.body)
	case <-time.After(30 * time.Second):
		t.Fatal("the function does not ask for an invocation")
	}
	return answer{}
}

// ofFunction are the policies of the function's role.
func ofFunction(t *testing.T, m *module) (all []policy) {
	t.Helper()
	for where, p := range m.policies(t) {
		if strings.HasPrefix(where, "aws_iam_policy.bucket") || where == "aws_iam_role_policy.function policy" {
			all = append(all, p)
		}
	}
	return all
}

// matches reports whether EventBridge's pattern takes an event: of the language
// only what the module uses.
func matches(pattern, event any) bool {
	switch p := pattern.(type) {
	case map[string]any:
		e, ok := event.(map[string]any)
		for k, v := range p {
			ok = ok && matches(v, e[k])
		}
		return ok
	case []any:
		return slices.Contains(p, event)
	}
	return false
}

// TestTerraformRuns: the function starts with the environment of the plan,
// copies what the rule's events name and what a whole run finds, writes its
// report, and the policies of its role allow all of that and are all needed.
func TestTerraformRuns(t *testing.T) {
	m := loadModule(t)
	m.plan(everything())
	server := exampleServer(t)
	g := newGate(t, server, ofFunction(t, m)...)
	f := startFunction(t, m, reaching(server, g.URL))

	event := read(t, "events/eventbridge.json")
	var pattern, document any
	if err := json.Unmarshal([]byte(text(t, m.one(t, "aws_cloudwatch_event_rule.restored").values["event_pattern"])), &pattern); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(event), &document); err != nil {
		t.Fatal(err)
	}
	if !matches(pattern, document) {
		t.Errorf("the rule does not take the example's event: %v", pattern)
	}

	restored(server, "2026/granule one.hdf.xml", 645)
	server.Put("my-glacier", "2026/large.hdf", s3sim.Object{Size: 6 << 30, ContentSeed: 7, StorageClass: "GLACIER",
		Restore: "restored", RestoreExpiry: time.Now().Add(time.Hour)})
	server.Put("my-glacier", "2026/tagged.hdf", s3sim.Object{Size: 6 << 30, ContentSeed: 8, StorageClass: "GLACIER", Tags: map[string]string{"a": "b"},
		Restore: "restored", RestoreExpiry: time.Now().Add(time.Hour)})
	message := func(id, body string) string {
		record, _ := json.Marshal(map[string]string{"messageId": id, "body": body, "eventSource": "aws:sqs"})
		return string(record)
	}
	absent := strings.ReplaceAll(event, "granule one", "nothing")
	got := f.invoke(t, `{"Records":[`+message("there", event)+","+message("absent", absent)+`]}`)
	if got.failed || got.body != `{"batchItemFailures":[{"itemIdentifier":"absent"}]}` {
		t.Errorf("the queue's batch is answered %+v", got)
	}
	if _, there := server.Get("my-public", "2026/granule one.hdf.xml"); !there {
		t.Error("the object of the event was not copied")
	}

	// a copy that is given up, so that its upload is aborted
	fault := server.Inject(s3sim.Fault{Op: "UploadPartCopy", KeyPrefix: "2026/tagged", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	input := text(t, m.one(t, "aws_scheduler_schedule.nightly").blocks["target"][0]["input"])
	got = f.invoke(t, input)
	if !got.failed || !strings.Contains(got.body, "RunError") {
		t.Errorf("a run with a failed object is answered %+v", got)
	}
	fault.Remove()
	got = f.invoke(t, input)
	if got.failed {
		t.Errorf("the nightly run %s is answered %+v", input, got)
	}
	for _, key := range []string{"2026/large.hdf", "2026/tagged.hdf"} {
		if _, there := server.Get("my-protected", key); !there {
			t.Errorf("%s was not copied by the run", key)
		}
	}
	reports := 0
	for _, key := range server.Keys("my-reports") {
		if regexp.MustCompile(`^reconcile/nightly/[^{}]+\.json$`).MatchString(key) && !strings.HasSuffix(key, ".manifest.json") {
			reports++
		}
	}
	if reports != 2 {
		t.Errorf("%d reports: %v", reports, server.Keys("my-reports"))
	}
	g.clean(t)
	g.came(t, "ListObjectsV2", "HeadObject", "CopyObject", "GetObject", "PutObject", "CreateMultipartUpload", "UploadPartCopy",
		"CompleteMultipartUpload", "AbortMultipartUpload", "GetObjectTagging", "DeleteObject")
	// What this run had no use for, each with its reason.
	want := []string{
		"ReadTheListOfExcludedKeys", // no list is configured
	}
	if got := g.idle(); !slices.Equal(got, want) {
		t.Errorf("no request needed the statements %v", got)
	}
}

// TestTerraformSettings: the environment and the options of the run are the
// program's, and a wrong one is told.
func TestTerraformSettings(t *testing.T) {
	m := loadModule(t)
	m.plan(least())
	f := startFunction(t, m, nowhere(t))
	input := text(t, m.one(t, "aws_scheduler_schedule.nightly").blocks["target"][0]["input"])
	// the lock is the first that a run asks for
	if got := f.invoke(t, `{"run":{"no_such_option":1}}`); !got.failed || !strings.Contains(got.body, "unknown option") {
		t.Errorf("a wrong option is answered %+v", got)
	}
	if got := f.invoke(t, strings.Replace(input, `{"run":{`, `{"run":{"attempts":1,"retry_delay":0,`, 1)); !got.failed || strings.Contains(got.body, "option") {
		t.Errorf("the run is answered %+v", got)
	}
}

// TestPoliciesCoverOperations: every operation that the program can send to S3
// has a permission in the policies, or a reason to need none.
func TestPoliciesCoverOperations(t *testing.T) {
	var all []policy
	for _, name := range []string{"iam/source.json", "iam/archives.json", "iam/reports.json", "s3batch/operator.json"} {
		all = append(all, mustPolicy(t, name, read(t, name)))
	}
	permission := map[string]string{
		"ListObjectsV2": "s3:ListBucket", "HeadObject": "s3:GetObject", "GetObject": "s3:GetObject", "CopyObject": "s3:PutObject",
		"PutObject": "s3:PutObject", "CreateMultipartUpload": "s3:PutObject", "UploadPartCopy": "s3:PutObject", "CompleteMultipartUpload": "s3:PutObject",
		"AbortMultipartUpload": "s3:AbortMultipartUpload", "GetObjectTagging": "s3:GetObjectTagging", "PutObjectTagging": "s3:PutObjectTagging",
		"ListMultipartUploads": "s3:ListBucketMultipartUploads", "ListParts": "s3:ListMultipartUploadParts", "DeleteObject": "s3:DeleteObject",
		"CreateJob": "s3:CreateJob", "DescribeJob": "s3:DescribeJob", "UpdateJobStatus": "s3:UpdateJobStatus", "ListObjectAnnotations": "s3:ListObjectAnnotations",
	}
	optional := map[string]string{"RestoreObject": "with --extend-days only: see docs/reference/permissions.md"}
	files, err := filepath.Glob(root + "/internal/s3store/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no sources", err)
	}
	sent := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`s3(?:control)?\.(\w+)Input\{`).FindAllSubmatch(source, -1) {
			sent[string(m[1])] = true
		}
	}
	for operation := range sent {
		action, ok := permission[operation]
		granted := slices.ContainsFunc(all, func(p policy) bool {
			return slices.ContainsFunc(p.Statement, func(s statement) bool { return slices.Contains(s.Action, action) })
		})
		if optional[operation] == "" && (!ok || !granted) {
			t.Errorf("the program sends %s, and no policy of the examples allows it", operation)
		}
	}
	for operation := range permission {
		if !sent[operation] {
			t.Errorf("the program does not send %s any more", operation)
		}
	}
}
