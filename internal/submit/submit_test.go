package submit_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"reconcile/internal/manifest"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
	"reconcile/internal/storage"
	"reconcile/internal/submit"
)

// control is S3 with a plan and a control plane that keeps what it is sent.
type control struct {
	storage.Store
	plan   []byte
	sent   []s3store.BatchJob
	refuse string // what is in the description of a job that is refused
}

func (c *control) Open(_ context.Context, at reconcile.Location) (io.ReadCloser, error) {
	if at.String() != "s3://plans/night/plan.json" {
		return nil, &reconcile.Error{Kind: reconcile.NotFound, Err: errors.New("not there")}
	}
	return io.NopCloser(strings.NewReader(string(c.plan))), nil
}

func (c *control) CreateBatchJob(_ context.Context, j s3store.BatchJob) (string, error) {
	if c.refuse != "" && strings.Contains(j.Description, c.refuse) {
		return "", &reconcile.Error{Kind: reconcile.AccessDenied, Err: errors.New("refused")}
	}
	c.sent = append(c.sent, j)
	return "job-of-" + j.Token[:4], nil
}

// planOf is a plan of classes with one object of a byte each; huge is not for S3
// Batch Operations.
func planOf(t *testing.T, run string, classes ...string) []byte {
	t.Helper()
	x := manifest.Index{Version: manifest.Version, Run: run, CreatedAt: time.Now(), Source: "glacier", Objects: int64(len(classes)), Bytes: int64(len(classes))}
	for _, name := range classes {
		c := manifest.ClassOfPlan{Name: name, Objects: 1, Bytes: 1, JSONL: &manifest.File{Name: name + ".jsonl"}}
		if name != "huge" {
			c.CSV = &manifest.File{Name: name + ".csv", ETag: "etag-of-" + name}
		}
		x.Classes = append(x.Classes, c)
	}
	text, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func request() submit.Request {
	return submit.Request{
		Plan: "s3://plans/night/plan.json", Results: "s3://results/night/", Account: "123456789012", Priority: "7",
		Function: "arn:aws:lambda:us-west-2:123456789012:function:reconcile", Role: "arn:aws:iam::123456789012:role/batch",
	}
}

// submitted submits the plan, and returns what stdout and the log have.
func submitted(c *control, r submit.Request) (out, log string, err error) {
	var stdout, stderr strings.Builder
	w := submit.Submitter{Request: r, Store: c, Log: slog.New(slog.NewTextHandler(&stderr, nil)), Out: &stdout}
	err = w.Submit(context.Background())
	return stdout.String(), stderr.String(), err
}

// TestJobs: a job for each class that S3 Batch Operations may have, pinned to the
// manifest's content; the same plan makes the same job, another plan another one.
func TestJobs(t *testing.T) {
	t.Parallel()
	c := &control{plan: planOf(t, "run-1", "small", "huge")}
	out, log, err := submitted(c, request())
	if err != nil || len(c.sent) != 1 || !strings.Contains(log, "class=huge") {
		t.Fatalf("%v, %d jobs\n%s", err, len(c.sent), log)
	}
	j := c.sent[0]
	if j.Manifest.String() != "s3://plans/night/small.csv" || j.ManifestETag != "etag-of-small" || j.ReportBucket != "results" || j.ReportPrefix != "night" ||
		j.Priority != 7 || !j.Confirm || j.Account != request().Account || j.Role != request().Role {
		t.Errorf("%+v", j)
	}
	if f, ok := j.Operation.(s3store.InvokeFunction); !ok || f.Function != request().Function || f.Arguments["plan"] != "run-1" || f.Arguments["class"] != "small" {
		t.Errorf("%+v", j.Operation)
	}
	if want := `{"class":"small","job_id":"job-of-` + j.Token[:4] + `","objects":1,"bytes":1}` + "\n"; out != want {
		t.Errorf("%s, want %s", out, want)
	}
	again := request()
	again.Start = true
	if _, _, err := submitted(c, again); err != nil || c.sent[1].Token != j.Token || c.sent[1].Confirm {
		t.Errorf("%v, %+v", err, c.sent[1])
	}
	c.plan = planOf(t, "run-2", "small")
	if _, _, err := submitted(c, request()); err != nil || c.sent[2].Token == j.Token {
		t.Errorf("%v: the other plan has the first one's job", err)
	}
}

// TestWhatIsNotSubmitted: a refusal ends it, and what was created before stands on
// stdout; a dry run, a class that is not there and a plan of a folder send nothing.
func TestWhatIsNotSubmitted(t *testing.T) {
	t.Parallel()
	c := &control{plan: planOf(t, "run-1", "small", "medium", "large"), refuse: "class medium"}
	out, _, err := submitted(c, request())
	if !errors.Is(err, reconcile.AccessDenied) || !strings.Contains(err.Error(), "class medium") || len(c.sent) != 1 || strings.Count(out, "\n") != 1 {
		t.Errorf("%v, %d jobs\n%s", err, len(c.sent), out)
	}
	for name, change := range map[string]func(*control, *submit.Request){
		"dry run":       func(_ *control, r *submit.Request) { r.DryRun = true },
		"no such class": func(_ *control, r *submit.Request) { r.Classes = []string{"medium"} },
		"of a folder": func(c *control, _ *submit.Request) {
			c.plan = []byte(strings.ReplaceAll(string(c.plan), "etag-of-small", ""))
		},
		"no plan":        func(c *control, _ *submit.Request) { c.plan = []byte("{}") },
		"not there":      func(_ *control, r *submit.Request) { r.Plan = "s3://plans/other/plan.json" },
		"only huge ones": func(c *control, _ *submit.Request) { c.plan = planOf(t, "run-1", "huge") },
	} {
		c, r := &control{plan: planOf(t, "run-1", "small")}, request()
		change(c, &r)
		if out, _, err := submitted(c, r); len(c.sent) != 0 || (err == nil) != (name == "dry run" || name == "only huge ones") || (out != "") != r.DryRun {
			t.Errorf("%s: %v, %d jobs\n%s", name, err, len(c.sent), out)
		}
	}
}

// TestCheck: what S3 would refuse is found before anything is sent.
func TestCheck(t *testing.T) {
	t.Parallel()
	right := request()
	if err := right.Check(); err != nil {
		t.Fatal(err)
	}
	for says, change := range map[string]func(*submit.Request){
		"--plan":     func(r *submit.Request) { r.Plan = "plan.json" },
		"--account":  func(r *submit.Request) { r.Account = "12345678901" },
		"--function": func(r *submit.Request) { r.Function = "reconcile" },
		"--role":     func(r *submit.Request) { r.Role = "arn:aws:iam::123456789012:user/me" },
		"--results":  func(r *submit.Request) { r.Results = "results" },
		"--priority": func(r *submit.Request) { r.Priority = "-1" },
		"--class":    func(r *submit.Request) { r.Classes = []string{"huge"} },
		"twice":      func(r *submit.Request) { r.Classes = []string{"small", "small"} },
	} {
		r := request()
		change(&r)
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}
