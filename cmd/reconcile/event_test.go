package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"reconcile/internal/event"
	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// eventServer has the buckets of the examples, and objects by key: restored
// unless they say otherwise.
func eventServer(t testing.TB, objects map[string]s3sim.Object) *s3sim.Server {
	t.Helper()
	server, err := s3sim.Start(s3sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	for _, b := range []string{"my-glacier", "my-protected", "my-public", "my-reports"} {
		server.CreateBucket(b)
	}
	for key, o := range objects {
		if o.StorageClass == "" {
			o.StorageClass, o.Restore, o.RestoreExpiry = "GLACIER", "restored", time.Now().Add(48*time.Hour)
		}
		server.Put("my-glacier", key, o)
	}
	return server
}

// asked is a call of the program with an event on stdin.
type asked struct {
	code           int
	stdout, stderr string
}

// ask runs the program within the test.
func ask(t *testing.T, server *s3sim.Server, payload string, args ...string) asked {
	t.Helper()
	var stdout, stderr strings.Builder
	code := run(t.Context(), append([]string{"reconcile", "event", "--endpoint-url", server.URL()}, args...), strings.NewReader(payload), &stdout, &stderr)
	return asked{code, stdout.String(), stderr.String()}
}

// notificationOf is the event that the seed's README shows, for keys of the
// glacier bucket; "" is a record without a key.
func notificationOf(keys ...string) string {
	var records []string
	for _, key := range keys {
		records = append(records, fmt.Sprintf(`{"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-west-2",
			"eventTime": "2019-06-17T18:54:06.686Z", "eventName": "ObjectRestore:Post",
			"s3": {"s3SchemaVersion": "1.0", "configurationId": "dr_restore_complete",
				"bucket": {"name": "my-glacier", "arn": "arn:aws:s3:::my-glacier"},
				"object": {"key": %q, "size": 645, "sequencer": "005C54A126FB"}}}`, key))
	}
	return `{"Records": [` + strings.Join(records, ",") + `]}`
}

// TestSeedCases: the cases that the Lambda this program follows was tested
// with, through the real command. Rows are "key target success", in turn.
func TestSeedCases(t *testing.T) {
	const one, two = "dr-glacier/one.hdf", "dr-glacier/two.txt"
	mapped := `{".hdf": "my-protected", ".txt": "my-public", "other": "my-protected"}`
	fails := func(key string, times int) s3sim.Fault {
		return s3sim.Fault{Op: "CopyObject", KeyPrefix: key, Kind: s3sim.InternalError, Times: times}
	}
	tests := map[string]struct {
		keys     []string
		env      map[string]string
		fault    s3sim.Fault
		code     int
		rows     []string
		says     string // in the first row that failed
		attempts int    // that the fault saw
	}{
		"one file":            {keys: []string{one}, rows: []string{one + " my-protected true"}},
		"two files":           {keys: []string{one, two}, rows: []string{one + " my-protected true", two + " my-public true"}},
		"one of two fails":    {keys: []string{one, two}, fault: fails(one, 0), code: exit.Unsettled, rows: []string{one + " my-protected false", two + " my-public true"}, says: "InternalError", attempts: 3},
		"fails each time":     {keys: []string{one}, env: map[string]string{"copy_retries": "2"}, fault: fails("", 0), code: exit.Unsettled, rows: []string{one + " my-protected false"}, says: "InternalError", attempts: 2},
		"succeeds at last":    {keys: []string{one}, env: map[string]string{"copy_retries": "3"}, fault: fails("", 2), rows: []string{one + " my-protected true"}, attempts: 2},
		"retries as by rule":  {keys: []string{one}, env: map[string]string{"copy_retry_sleep_secs": "0"}, fault: fails("", 2), rows: []string{one + " my-protected true"}, attempts: 2},
		"retries set too low": {keys: []string{one}, env: map[string]string{"copy_retries": "1"}, fault: fails("", 1), code: exit.Unsettled, rows: []string{one + " my-protected false"}, says: "InternalError", attempts: 1},
		"no buckets":          {keys: []string{one}, env: map[string]string{"protected_bucket": "", "public_bucket": ""}, code: exit.Usage},
		"bucket map":          {keys: []string{one, two}, env: map[string]string{"protected_bucket": "", "public_bucket": "", "BUCKET_MAP": mapped}, rows: []string{one + " my-protected true", two + " my-public true"}},
		"other":               {keys: []string{two}, env: map[string]string{"public_bucket": "", "protected_bucket": "", "BUCKET_MAP": `{".hdf": "my-public", "other": "my-protected"}`}, rows: []string{two + " my-protected true"}},
		"no other":            {keys: []string{one, two}, env: map[string]string{"public_bucket": "", "protected_bucket": "", "BUCKET_MAP": `{".hdf": "my-protected"}`}, code: exit.Unsettled, rows: []string{one + " my-protected true", two + "  false"}, says: "no archive bucket"},
		"no key":              {keys: []string{"", one}, code: exit.Unsettled, rows: []string{"  false", one + " my-protected true"}, says: `does not contain a value for Records["s3"]["object"]["key"]`},
		"no such object":      {keys: []string{"none.hdf"}, code: exit.Unsettled, rows: []string{"none.hdf my-protected false"}, says: "s3://my-glacier/none.hdf"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			server := eventServer(t, map[string]s3sim.Object{one: {Size: 10, ContentSeed: 1}, two: {Size: 10, ContentSeed: 2}})
			t.Setenv("protected_bucket", "my-protected")
			t.Setenv("public_bucket", "my-public")
			t.Setenv("copy_retry_sleep_secs", "0.001")
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			var fault *s3sim.FaultHandle
			if c.attempts > 0 {
				fault = server.Inject(c.fault)
			}
			got := ask(t, server, notificationOf(c.keys...))
			if got.code != c.code {
				t.Errorf("code %d, want %d\n%s", got.code, c.code, got.stderr)
			}
			if fault != nil && fault.Hits() != c.attempts {
				t.Errorf("%d attempts failed, want %d", fault.Hits(), c.attempts)
			}
			if c.rows == nil {
				if got.stdout != "" || len(server.Requests()) > 0 {
					t.Errorf("answered %q, sent %v", got.stdout, server.Requests())
				}
				return
			}
			checkRows(t, server, got.stdout, c.rows, c.says)
		})
	}
}

// checkRows wants a list of the seed's rows, and each that is true to be true.
func checkRows(t *testing.T, server *s3sim.Server, answer string, want []string, says string) {
	t.Helper()
	var rows []event.Row
	dec := json.NewDecoder(strings.NewReader(answer))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&rows); err != nil || len(rows) != len(want) {
		t.Fatalf("%v: %d rows, want %d: %s", err, len(rows), len(want), answer)
	}
	message := ""
	for i, r := range rows {
		if got := fmt.Sprint(r.SourceKey, " ", r.TargetBucket, " ", r.Success); got != want[i] || r.SourceBucket != "my-glacier" {
			t.Errorf("row %d is %s in %s, want %s", i, got, r.SourceBucket, want[i])
		}
		if r.Success && !server.SameContent("my-glacier", r.SourceKey, r.TargetBucket, r.SourceKey) || r.Success != (r.ErrMsg == "") {
			t.Errorf("row %d is not true: %+v", i, r)
		}
		if message == "" {
			message = r.ErrMsg
		}
	}
	if !strings.Contains(message, says) {
		t.Errorf("%q does not say %q", message, says)
	}
}

// TestEventStates: what counts is what the object is now. What is still being
// restored is answered, and fails nothing; a class that needs no restore, as
// in a fake glacier bucket, is copied; what is there already is a success.
func TestEventStates(t *testing.T) {
	t.Parallel()
	server := eventServer(t, map[string]s3sim.Object{
		"ongoing.hdf": {Size: 1, StorageClass: "GLACIER", Restore: "ongoing"}, "archived.hdf": {Size: 1, StorageClass: "DEEP_ARCHIVE"},
		"fake.hdf": {Size: 1, StorageClass: "STANDARD"}, "there.hdf": {Size: 1},
	})
	args := []string{"--protected", "my-protected", "--report", filepath.Join(t.TempDir(), "{run}.json"), "--report-rows", "all"}
	ask(t, server, notificationOf("there.hdf"), args...)
	got := ask(t, server, notificationOf("ongoing.hdf", "archived.hdf", "fake.hdf", "there.hdf"), args...)
	if got.code != exit.OK {
		t.Errorf("code %d\n%s", got.code, got.stderr)
	}
	checkRows(t, server, got.stdout, []string{
		"ongoing.hdf my-protected false", "archived.hdf my-protected false", "fake.hdf my-protected true", "there.hdf my-protected true",
	}, "the restore is under way")
	reports, _ := filepath.Glob(filepath.Join(filepath.Dir(args[3]), "20*[0-9a-f].json")) // their manifests left out
	if len(reports) != 2 {
		t.Fatalf("reports: %v", reports)
	}
	counts := map[string]int{}
	for _, name := range reports { // begun in one second, they may stand in any order
		text, _ := os.ReadFile(name)
		complete, count := reportSummary(t, text)
		for _, status := range []string{"scanned", "copied", "present", "restoring", "not_restored"} {
			counts[status] += count(status)
		}
		if !complete {
			t.Errorf("%s is not complete", name)
		}
	}
	if got := fmt.Sprint(counts); got != "map[copied:2 not_restored:1 present:1 restoring:1 scanned:5]" {
		t.Errorf("the reports say %s", got)
	}
}

// TestEventExitCodes: an answer is given where there is one, and nothing is
// touched where there is no event.
func TestEventExitCodes(t *testing.T) {
	buckets := []string{"--source", "my-glacier", "--protected", "my-protected"}
	for name, c := range map[string]struct {
		payload string
		args    []string
		harm    s3sim.Fault
		code    int
		stdout  string // is contained; "": nothing is there
		stderr  string
	}{
		"no JSON":           {payload: "x", code: exit.Usage, stderr: "no event"},
		"no event":          {payload: `{"a":1}`, code: exit.Usage, stderr: "expected an S3 notification"},
		"nothing":           {payload: "", code: exit.Usage, stderr: "empty"},
		"report to stdout":  {payload: notificationOf("k.hdf"), args: []string{"--report", "-"}, code: exit.Usage, stderr: "stdout carries the answer"},
		"another bucket":    {payload: notificationOf("k.hdf"), args: []string{"--source", "my-other"}, code: exit.Unsettled, stdout: "s3://my-other"},
		"ignored":           {payload: `{"Records":[{"eventName":"ObjectRestore:Delete","s3":{"bucket":{"name":"my-glacier"},"object":{"key":"k.hdf"}}}]}`, stdout: "ignored: "},
		"a test event":      {payload: `{"Service":"Amazon S3","Event":"s3:TestEvent"}`, stdout: "[]"},
		"undelivered":       {payload: notificationOf("k.hdf"), args: []string{"--report", "s3://no-such/r.json"}, code: exit.Incomplete, stdout: `"success":true`, stderr: "s3://no-such"},
		"excluded unread":   {payload: notificationOf("k.hdf"), args: []string{"--exclude-keys", "s3://my-reports/none"}, code: exit.Incomplete, stderr: "exclude-keys"},
		"quiet and failing": {payload: notificationOf("none.hdf", ""), args: []string{"--quiet"}, code: exit.Unsettled, stdout: "none.hdf", stderr: "1 of 1 copy failed: "},
		"quiet, unreadable": {payload: notificationOf(""), args: []string{"--quiet"}, code: exit.Unsettled, stdout: "does not contain", stderr: "1 of 1 items"},
		"no source to run":  {payload: `{"run":{}}`, args: []string{"--source", ""}, code: exit.Usage, stderr: "source"},
	} {
		t.Run(name, func(t *testing.T) {
			server := eventServer(t, map[string]s3sim.Object{"k.hdf": {Size: 1}})
			t.Chdir(t.TempDir())
			args := append(append([]string{}, buckets...), c.args...)
			if len(c.args) > 0 && c.args[0] == "--source" {
				args = append(c.args, buckets[2:]...)
			}
			got := ask(t, server, c.payload, args...)
			if got.code != c.code || !strings.Contains(got.stdout, c.stdout) || !strings.Contains(got.stderr, c.stderr) {
				t.Errorf("code %d, want %d\nstdout %s\nstderr %s", got.code, c.code, got.stdout, got.stderr)
			}
			if c.stdout == "" && got.stdout != "" {
				t.Errorf("answered %s", got.stdout)
			}
			if c.code == exit.Usage && len(server.Requests()) > 0 {
				t.Errorf("sent %v", server.Requests())
			}
		})
	}
}

// TestEventLocked: an event that another run keeps out is not answered.
func TestEventLocked(t *testing.T) {
	t.Parallel()
	server := eventServer(t, map[string]s3sim.Object{"k.hdf": {Size: 1}})
	server.Put("my-reports", "lock", s3sim.Object{Body: []byte(`{"run":"other","ttl_seconds":60}`)})
	got := ask(t, server, notificationOf("k.hdf"), "--protected", "my-protected", "--lock", "s3://my-reports/lock")
	if got.code != exit.Locked || got.stdout != "" || !strings.Contains(got.stderr, "other") || server.Len("my-protected") > 0 {
		t.Errorf("code %d, stdout %q\n%s", got.code, got.stdout, got.stderr)
	}
}

// TestEventDeadline: an event for which there is not time enough is answered
// all the same, and says what was not reached.
func TestEventDeadline(t *testing.T) {
	t.Parallel()
	var keys []string
	objects := map[string]s3sim.Object{}
	for i := range 30 {
		keys = append(keys, fmt.Sprintf("k%02d.hdf", i))
		objects[keys[i]] = s3sim.Object{Size: 10, ContentSeed: uint64(i)}
	}
	server := eventServer(t, objects)
	server.SetLatency("CopyObject", 150*time.Millisecond)
	got := ask(t, server, notificationOf(keys...), "--protected", "my-protected", "--deadline", "1s", "--concurrency", "2")
	var rows []event.Row
	if err := json.Unmarshal([]byte(got.stdout), &rows); err != nil || len(rows) != 30 || got.code != exit.Unsettled || !strings.Contains(got.stderr, "deadline") {
		t.Fatalf("code %d, %v, %d rows\n%s", got.code, err, len(rows), got.stderr)
	}
	succeeded := 0
	for _, r := range rows {
		if r.Success {
			succeeded++
		}
	}
	if succeeded != server.Len("my-protected") || succeeded == 30 {
		t.Errorf("%d rows say success, %d objects are there", succeeded, server.Len("my-protected"))
	}
}

// TestEventRun: a whole run is what the command run does, with the event's
// options above the others, and is answered with the head of its report.
func TestEventRun(t *testing.T) {
	t.Parallel()
	server := eventServer(t, map[string]s3sim.Object{"a/1.hdf": {Size: 1}, "a/2.hdf": {Size: 1}, "b/3.hdf": {Size: 1}, "a/4.xml": {Size: 1}})
	file := filepath.Join(t.TempDir(), "r.json")
	got := ask(t, server, `{"run":{"prefix":"a/","public_bucket":"my-public","copy_retries":2,"include_online":true,"bucket_map":{"xml":"my-public"}}}`,
		"--source", "my-glacier", "--protected", "my-protected", "--public", "my-public", "--prefix", "b/", "--report", file)
	complete, count := reportSummary(t, []byte(got.stdout))
	if got.code != exit.OK || !complete || count("copied") != 3 || strings.Contains(got.stdout, "objects\":") {
		t.Errorf("code %d, answer %s\n%s", got.code, got.stdout, got.stderr)
	}
	if server.Len("my-protected") != 2 || server.Len("my-public") != 1 {
		t.Errorf("%v %v", server.Keys("my-protected"), server.Keys("my-public"))
	}
	text, _ := os.ReadFile(file)
	if _, count := reportSummary(t, text); count("copied") != 3 {
		t.Errorf("the report says %s", text)
	}
	server.Inject(s3sim.Fault{Op: "CopyObject", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	got = ask(t, server, `{"detail-type":"Scheduled Event","source":"aws.events","detail":{}}`, "--source", "my-glacier", "--protected", "my-protected", "--prefix", "b/")
	if _, count := reportSummary(t, []byte(got.stdout)); got.code != exit.Unsettled || count("failed") != 1 {
		t.Errorf("code %d, answer %s\n%s", got.code, got.stdout, got.stderr)
	}
}

// TestEventOptions: an option that is none, or none for an event, is a usage
// error that names it, and nothing is sent.
func TestEventOptions(t *testing.T) {
	t.Parallel()
	server := eventServer(t, nil)
	for option, says := range map[string]string{
		`"prefx":"a"`:                                "option prefx of the event (did you mean prefix?)",
		`"rules":[]`:                                 "unknown option rules",
		`"config":"s3://b/c"`:                        "unknown option config",
		`"report":"local.json"`:                      `option report of the event: "local.json": an event can only name what is in S3`,
		`"report":["s3://b/r.json","-"]`:             `"-"`,
		`"journal":"/tmp/j"`:                         `option journal of the event: "/tmp/j"`,
		`"exclude-keys":"/etc/passwd"`:               "option exclude-keys of the event",
		`"endpoint_url":"http://x"`:                  "where the program is started",
		`"profile":"p"`:                              "where the program is started",
		`"attempts":0`:                               `option attempts of the event: "0" is too small`,
		`"attempts":null`:                            "option attempts of the event: it is neither",
		`"attempts":[3]`:                             "option attempts of the event: it is neither",
		`"prefix":{"a":1}`:                           "option prefix of the event: it is neither",
		`"attempts":3,"copy_retries":4`:              "options attempts and copy_retries of the event are one setting",
		`"bucket_map":{"hdf":5}`:                     "option bucket_map of the event",
		`"source":"my-protected"`:                    "archive bucket too",
		`"prefer":"cheap"`:                           `option prefer of the event: "cheap" is not one of`,
		`"report":["s3://b/r.json","s3://b/r.json"]`: "two reports would go to",
	} {
		got := ask(t, server, `{"run":{`+option+`}}`, "--source", "my-glacier", "--protected", "my-protected")
		if got.code != exit.Usage || !strings.Contains(got.stderr, says) || got.stdout != "" || len(server.Requests()) > 0 {
			t.Errorf("%s: code %d, stdout %q, sent %v\n%s", option, got.code, got.stdout, server.Requests(), got.stderr)
		}
	}
}

// TestEventExamples: every example is handled, each in its protocol.
func TestEventExamples(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"notification.json": `"success":true`, "eventbridge.json": `"target_bucket":"my-public","success":true`, "objects.json": `"target_bucket":"my-public","success":true`,
		"sqs.json": `{"batchItemFailures":[]}`, "batch.json": `"resultCode":"Succeeded"`,
		"map.json": `"statuses":["copied","copied"]`, "run.json": `"copied":2`,
	}
	files, err := filepath.Glob(filepath.Join(root, "examples/events/*"))
	if err != nil || len(files) != len(answers) {
		t.Fatalf("%d examples, %d answers: %v", len(files), len(answers), err)
	}
	for _, file := range files {
		server := eventServer(t, map[string]s3sim.Object{"2026/granule one.hdf": {Size: 645}, "2026/granule one.hdf.xml": {Size: 645}})
		got := ask(t, server, "", "--source", "my-glacier", "--protected", "my-protected", "--public", "my-public", file)
		if want := answers[filepath.Base(file)]; want == "" || got.code != exit.OK || !strings.Contains(got.stdout, want) {
			t.Errorf("%s: code %d, answer %s\n%s", file, got.code, got.stdout, got.stderr)
		}
		if server.Len("my-protected")+server.Len("my-public") == 0 {
			t.Errorf("%s: nothing was copied", file)
		}
		if name := "examples/events/notification.json"; strings.HasSuffix(file, name) && !strings.Contains(readDoc(t, "docs/guide/lambda.md"), name+"\n    "+got.stdout) {
			t.Errorf("docs/guide/lambda.md shows another answer than %s", got.stdout)
		}
	}
}

// TestEventScripts: the command line of event, against a server of the
// script's own: its glacier bucket has k.hdf and ongoing.hdf.
func TestEventScripts(t *testing.T) {
	runScripts(t, "testdata/event", func(e *testscript.Env) error {
		server, err := s3sim.Start(s3sim.Config{})
		if err != nil {
			return err
		}
		e.Defer(func() { server.Close() })
		for _, b := range []string{"my-glacier", "my-protected"} {
			server.CreateBucket(b)
		}
		server.Put("my-glacier", "k.hdf", s3sim.Object{Size: 1, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(time.Hour)})
		server.Put("my-glacier", "ongoing.hdf", s3sim.Object{Size: 1, StorageClass: "GLACIER", Restore: "ongoing"})
		e.Setenv("AWS_ENDPOINT_URL", server.URL())
		for name, value := range simEnvironment {
			e.Setenv(name, value)
		}
		return nil
	})
}
