package examples

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"reconcile/internal/s3sim"
)

// jobs stands for the control plane of S3 Batch Operations: it takes jobs and
// gives them ids.
type jobs struct {
	t        *testing.T
	policies []policy
	mu       sync.Mutex
	all      []job
}

type job struct {
	Role     string `xml:"RoleArn"`
	Function string `xml:"Operation>LambdaInvoke>FunctionArn"`
	Manifest string `xml:"Manifest>Location>ObjectArn"`
	Bucket   string `xml:"Report>Bucket"`
	Prefix   string `xml:"Report>Prefix"`
}

func (j *jobs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var in job
	if err := xml.Unmarshal(body, &in); err != nil || r.Method != http.MethodPost {
		j.t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	for _, wanted := range []wish{
		{"s3:CreateJob", "*", nil},
		{"iam:PassRole", in.Role, map[string]string{"iam:PassedToService": "batchoperations.s3.amazonaws.com"}},
	} {
		if _, ok := grants(j.policies, wanted); !ok {
			j.t.Errorf("operator.json lacks %s", wanted)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.all = append(j.all, in)
	fmt.Fprintf(w, `<CreateJobResult><JobId>job-%d</JobId></CreateJobResult>`, len(j.all))
}

// TestBackfillScript runs the script: plan, submit, status with an AWS CLI that
// answers what it is asked, and merge of what S3 would have written. The
// operator acts under the policies of docs/reference/permissions.md.
func TestBackfillScript(t *testing.T) {
	m := loadModule(t)
	m.plan(everything())
	server := exampleServer(t)
	for i := range 20 {
		restored(server, fmt.Sprintf("2026/a b+%d,%%.hdf", i), small)
	}
	restored(server, "2026/medium.hdf", medium)
	restored(server, "2026/other.hdf", small)
	server.Put("my-protected", "2026/other.hdf", s3sim.Object{Size: 11}) // the plan's exit code is 3

	var operator []policy
	for _, name := range []string{"iam/source.json", "iam/archives.json", "s3batch/operator.json"} {
		operator = append(operator, mustPolicy(t, name, read(t, name)))
	}
	g := newGate(t, server, operator...)
	control := &jobs{t: t, policies: operator}
	controlServer := httptest.NewServer(control)
	defer controlServer.Close()

	dir := t.TempDir()
	script, err := filepath.Abs(examples + "/s3batch/backfill.sh")
	if err != nil {
		t.Fatal(err)
	}
	tools := t.TempDir()
	if err := os.Symlink(program, filepath.Join(tools, "reconcile")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tools, "aws"), []byte("#!/bin/sh\necho \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	env := append(reaching(server, g.URL), "AWS_ENDPOINT_URL_S3_CONTROL="+controlServer.URL, "PATH="+tools+":"+os.Getenv("PATH"),
		"RECONCILE_SOURCE=my-glacier", "RECONCILE_PROTECTED=my-protected", "RECONCILE_PUBLIC=my-public",
		"PLANS=s3://my-reports/backfill/2026-06", "ACCOUNT=111122223333",
		"FUNCTION_ARN=arn:aws:lambda:us-west-2:111122223333:function:reconcile",
		"ROLE_ARN=arn:aws:iam::111122223333:role/reconcile-batch-operations")
	step := func(name string) (string, int) {
		c := exec.Command("sh", script, name)
		c.Dir, c.Env = dir, append(env, "HOME="+dir, "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+os.DevNull)
		got := finish(t, c)
		t.Logf("%s: exit code %d\n%s%s", name, got.code, got.stdout, got.stderr)
		return got.stdout, got.code
	}
	if _, code := step("plan"); code != exitOK {
		t.Fatalf("plan: exit code %d", code)
	}
	out, code := step("submit")
	if code != exitOK || len(control.all) != 2 || strings.Count(out, `"job_id":"job-`) != 2 {
		t.Fatalf("submit: exit code %d, %d jobs\n%s", code, len(control.all), out)
	}
	if out, _ = step("status"); !strings.Contains(out, "describe-job --account-id 111122223333 --job-id job-1 ") || !strings.Contains(out, "--job-id job-2 ") {
		t.Errorf("status asks\n%s", out)
	}

	// The jobs: one invocation for each line, and a completion report.
	f := newGate(t, server, ofFunction(t, m)...)
	function := startFunction(t, m, reaching(server, f.URL))
	role := []policy{mustPolicy(t, "s3batch/role.json", read(t, "s3batch/role.json"))}
	mustPolicy(t, "s3batch/trust.json", read(t, "s3batch/trust.json"))
	for n, j := range control.all {
		for _, w := range []wish{
			{"lambda:InvokeFunction", j.Function, nil}, {"s3:GetObject", j.Manifest, nil}, {"s3:PutObject", j.Bucket + "/" + j.Prefix + "/x", nil},
		} {
			if _, ok := grants(role, w); !ok {
				t.Errorf("role.json lacks %s", w)
			}
		}
		key := strings.TrimPrefix(j.Manifest, "arn:aws:s3:::my-reports/")
		info, ok := server.Get("my-reports", key)
		if !ok {
			t.Fatalf("no manifest %s", j.Manifest)
		}
		lines, err := csv.NewReader(bytes.NewReader(server.Read("my-reports", key, 0, info.Size))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var report [][]string
		for _, line := range lines {
			if _, err := url.PathUnescape(line[1]); err != nil {
				t.Error(err)
			}
			report = append(report, task(t, function, line))
		}
		var text bytes.Buffer
		if err := csv.NewWriter(&text).WriteAll(report); err != nil {
			t.Fatal(err)
		}
		server.Put("my-reports", fmt.Sprintf("%s/job-%d/results/0.csv", j.Prefix, n), s3sim.Object{Body: text.Bytes()})
	}
	if _, code := step("merge"); code != exitOK {
		t.Errorf("merge: exit code %d", code)
	}
	if n := server.Len("my-protected"); n != 22 {
		t.Errorf("%d objects in the archive", n)
	}
	g.clean(t)
	f.clean(t)
	if _, code := step("no-such-step"); code != exitUsage {
		t.Errorf("a wrong step: exit code %d", code)
	}
}

// task invokes the function as S3 Batch Operations would, and returns the line
// of the completion report.
func task(t *testing.T, f *lambda, line []string) []string {
	t.Helper()
	payload, _ := json.Marshal(map[string]any{
		"invocationSchemaVersion": "2.0", "invocationId": "i", "job": map[string]any{"id": "j", "userArguments": map[string]string{}},
		"tasks": []any{map[string]any{"taskId": "1", "s3Bucket": line[0], "s3Key": line[1], "s3VersionId": nil}},
	})
	got := f.invoke(t, string(payload))
	var a struct {
		Results []struct{ ResultCode, ResultString string }
	}
	if err := json.Unmarshal([]byte(got.body), &a); err != nil || got.failed || len(a.Results) != 1 || a.Results[0].ResultCode != "Succeeded" {
		t.Fatalf("%+v", got)
	}
	return []string{line[0], line[1], "", "succeeded", "200", "", a.Results[0].ResultString}
}
