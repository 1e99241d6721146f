package main

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// control is S3's control plane as submit needs it: one token is one job.
type control struct {
	mu     sync.Mutex
	jobs   map[string]string // token to id
	sent   []sentJob
	refuse string // the class whose job is refused
}

type sentJob struct {
	Token    string `xml:"ClientRequestToken"`
	Confirm  bool   `xml:"ConfirmationRequired"`
	About    string `xml:"Description"`
	Priority int
	Manifest struct {
		Location struct{ ObjectArn, ETag string }
	}
	Report struct{ Bucket, Prefix string }
}

func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var j sentJob
	body, _ := io.ReadAll(r.Body)
	if err := xml.Unmarshal(body, &j); err != nil || r.URL.Path != "/v20180820/jobs" || r.Header.Get("X-Amz-Account-Id") != "123456789012" {
		http.Error(w, "no", http.StatusNotImplemented)
		return
	}
	c.sent = append(c.sent, j)
	if c.refuse != "" && strings.HasSuffix(j.About, c.refuse) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`)
		return
	}
	if c.jobs[j.Token] == "" {
		c.jobs[j.Token] = "job-" + string(rune('1'+len(c.jobs)))
	}
	io.WriteString(w, `<CreateJobResult><JobId>`+c.jobs[j.Token]+`</JobId></CreateJobResult>`)
}

// submitArgs are the flags that every submit needs.
func submitArgs(more ...string) []string {
	return append([]string{"submit", "--plan", planAt + "plan.json", "--account", "123456789012", "--results", "s3://the-reports/results/", "--retry-delay", "0",
		"--function", "arn:aws:lambda:us-east-1:123456789012:function:reconcile", "--role", "arn:aws:iam::123456789012:role/batch"}, more...)
}

func submitServers(t *testing.T) (*s3sim.Server, *control) {
	t.Helper()
	server := smallServer(t, 3)
	for key, size := range map[string]int64{"m": 1 << 30, "l": 6 << 30, "h": 129 << 30} {
		server.Put("the-glacier", key, s3sim.Object{Size: size, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour)})
	}
	c := &control{jobs: map[string]string{}}
	http := httptest.NewServer(c)
	t.Cleanup(http.Close)
	t.Setenv("AWS_ENDPOINT_URL_S3_CONTROL", http.URL)
	return server, c
}

// TestSubmit: a job for each class that S3 Batch Operations may have, pinned to
// the manifest that is there, and the same ones when it is said again.
func TestSubmit(t *testing.T) {
	server, c := submitServers(t)
	index, _ := planned(t, server)
	var out, err strings.Builder
	if code := inProcess(t, server, &out, &err, submitArgs("--priority", "7")); code != exit.OK {
		t.Fatalf("code %d\n%s", code, &err)
	}
	want := `{"class":"small","job_id":"job-1","objects":3,"bytes":30}` + "\n" +
		`{"class":"medium","job_id":"job-2","objects":1,"bytes":1073741824}` + "\n" +
		`{"class":"large","job_id":"job-3","objects":1,"bytes":6442450944}` + "\n"
	if out.String() != want {
		t.Errorf("%s, want %s", &out, want)
	}
	if !strings.Contains(err.String(), "class=huge") {
		t.Errorf("nothing is said of the huge ones:\n%s", &err)
	}
	for i, j := range c.sent {
		key := "plans/" + index.Classes[i].CSV.Name
		info, _ := server.Get("the-reports", key)
		if j.Manifest.Location.ObjectArn != "arn:aws:s3:::the-reports/"+key || j.Manifest.Location.ETag != strings.Trim(info.ETag, `"`) ||
			j.Report.Bucket != "arn:aws:s3:::the-reports" || j.Report.Prefix != "results" || !j.Confirm || j.Priority != 7 || len(j.Token) != 64 {
			t.Errorf("%+v; the object has %s", j, info.ETag)
		}
	}
	out.Reset()
	if code := inProcess(t, server, &out, &err, submitArgs("--start", "--class", "small", "--class", "large")); code != exit.OK {
		t.Fatalf("code %d\n%s", code, &err)
	}
	if again := strings.Join(slices.Delete(strings.SplitAfter(want, "\n"), 1, 2), ""); out.String() != again || len(c.jobs) != 3 || c.sent[3].Confirm {
		t.Errorf("%s, want %s", &out, again)
	}
	// Another plan of the same objects makes other jobs.
	planned(t, server)
	if code := inProcess(t, server, &out, &err, submitArgs("--class", "small")); code != exit.OK || len(c.jobs) != 4 {
		t.Errorf("code %d, %d jobs\n%s", code, len(c.jobs), &err)
	}
}

// TestSubmitDryRun: the requests are printed, as other tools take them, and none
// is sent.
func TestSubmitDryRun(t *testing.T) {
	server, c := submitServers(t)
	planned(t, server)
	var out, err strings.Builder
	if code := inProcess(t, server, &out, &err, submitArgs("--dry-run", "--quiet")); code != exit.OK || len(c.sent) != 0 {
		t.Fatalf("code %d, %d sent\n%s", code, len(c.sent), &err)
	}
	dec, n := json.NewDecoder(strings.NewReader(out.String())), 0
	for dec.More() {
		var j struct {
			AccountId, ClientRequestToken string
			Manifest                      struct{ Location struct{ ETag string } }
		}
		if err := dec.Decode(&j); err != nil || j.AccountId != "123456789012" || j.ClientRequestToken == "" || j.Manifest.Location.ETag == "" {
			t.Errorf("%+v %v", j, err)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d requests: %s", n, &out)
	}
}

// TestSubmitFails: a job that is refused ends the submitting with 1, and the
// jobs before it stand on stdout; a plan that is no plan, too.
func TestSubmitFails(t *testing.T) {
	server, c := submitServers(t)
	planned(t, server)
	c.refuse = "medium"
	var out, err strings.Builder
	if code := inProcess(t, server, &out, &err, submitArgs()); code != exit.Incomplete || strings.Count(out.String(), "\n") != 1 || !strings.Contains(err.String(), "class medium") ||
		!strings.Contains(err.String(), "s3:CreateJob") {
		t.Errorf("code %d\n%s\n%s", code, &out, &err)
	}
	server.Put("the-reports", "plans/plan.json", s3sim.Object{Body: []byte("{}")})
	if code := inProcess(t, server, &out, &err, submitArgs()); code != exit.Incomplete {
		t.Errorf("code %d", code)
	}
	server.Delete("the-reports", "plans/plan.json")
	if code := inProcess(t, server, &out, &err, submitArgs()); code != exit.Incomplete {
		t.Errorf("code %d", code)
	}
	// What was written to a folder and then uploaded has no ETag of S3's.
	dir := t.TempDir()
	if code := inProcess(t, server, &out, &err, []string{"plan", "--source", "the-glacier", "--protected", "the-archive", "--manifest", dir}); code != exit.OK {
		t.Fatalf("code %d\n%s", code, &err)
	}
	text, readErr := os.ReadFile(filepath.Join(dir, "plan.json"))
	if readErr != nil {
		t.Fatal(readErr)
	}
	server.Put("the-reports", "plans/plan.json", s3sim.Object{Body: text})
	err.Reset()
	if code := inProcess(t, server, &out, &err, submitArgs()); code != exit.Incomplete || !strings.Contains(err.String(), "no ETag") {
		t.Errorf("code %d\n%s", code, &err)
	}
}

// TestManifestOfAFailedPlan: a plan that has not seen everything, and one that
// cannot be written, leave no index, and say so.
func TestManifestOfAFailedPlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault s3sim.Fault
		says  string
	}{
		"a listing fails": {s3sim.Fault{Op: "ListObjectsV2", Bucket: "the-glacier", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"}, "without a complete plan no manifest is written"},
		"no right":        {s3sim.Fault{Op: "PutObject", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"}, "manifest s3://the-reports/plans/"},
		"the index fails": {s3sim.Fault{Op: "PutObject", KeyPrefix: "plans/plan.json", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"}, "manifest s3://the-reports/plans/plan.json"},
	} {
		server := smallServer(t, 3)
		server.Put("the-reports", "plans/plan.json", s3sim.Object{Body: []byte("before")})
		server.Inject(c.fault)
		p, code := runWithin(t, server, "plan", "--source", "the-glacier", "--protected", "the-archive", "--manifest", planAt, "--report", "-")
		complete, _ := reportSummary(t, p.stdout.Bytes())
		if code != exit.Incomplete || complete || !strings.Contains(p.stderr.String(), c.says) {
			t.Errorf("%s: code %d, complete %v\n%s", name, code, complete, &p.stderr)
		}
		if got := server.Read("the-reports", "plans/plan.json", 0, 100); string(got) != "before" {
			t.Errorf("%s: the index is %.50s", name, got)
		}
	}
}

// TestManifestPlaces: {run} in the address, a folder that is made, and what
// --on-differ makes of objects that differ.
func TestManifestPlaces(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 3)
	server.Put("the-archive", "k0001.hdf", s3sim.Object{Size: 11})
	for _, differ := range []string{"report", "overwrite"} {
		p, code := runWithin(t, server, "plan", "--source", "the-glacier", "--protected", "the-archive", "--manifest", "./plans/{run}/x", "--on-differ", differ)
		if code != exit.Unsettled {
			t.Errorf("code %d\n%s", code, &p.stderr)
		}
		found, _ := filepath.Glob(filepath.Join(p.dir, "plans", "20*", "x", "*-small.jsonl"))
		if len(found) != 1 {
			t.Fatalf("%v\n%s", found, &p.stderr)
		}
		text, err := os.ReadFile(found[0])
		if err != nil || strings.Contains(string(text), "k0001") != (differ == "overwrite") || !strings.Contains(string(text), "k0002") {
			t.Errorf("%s: %v\n%s", differ, err, text)
		}
	}
}
