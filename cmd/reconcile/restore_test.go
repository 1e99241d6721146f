package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
)

// seedRequest is the restore request of the document that the project starts
// from, as it stands there.
const seedRequest = `{
  "glacierBucket": "my-dr-fake-glacier-bucket",
  "granules": [
    {
      "granuleId": "MOD09GQ.A0219114.N5aUCG.006.0656338553321",
      "filepaths": [
        "dr-glacier/MOD09GQ.A0219115.N5aUCG.006.0656338553321.hdf.txt"
      ]
    }
  ]
}
`

const (
	seedGlacier = "my-dr-fake-glacier-bucket"
	seedKey     = "dr-glacier/MOD09GQ.A0219115.N5aUCG.006.0656338553321.hdf.txt"
)

// askedReport is what these tests look at in a report.
type askedReport struct {
	Run struct {
		Complete  bool
		BatchJobs []report.BatchJob `json:"batch_jobs"`
	} `json:"run"`
	Summary  map[string]json.RawMessage `json:"summary"`
	Objects  []report.Row               `json:"objects"`
	Plan     report.Plan                `json:"plan"`
	Granules []struct {
		GranuleID string `json:"granule_id"`
		Status    string
		Objects   int
		Error     string
	} `json:"granules"`
}

// asks runs a command on a server and reads its report.
func asks(t *testing.T, s *s3sim.Server, stdin string, args ...string) (int, askedReport, string) {
	t.Helper()
	name := t.TempDir() + "/r.json"
	args = append(append([]string{"reconcile"}, args...), "--protected", "my-protected", "--public", "my-public",
		"--endpoint-url", s.URL(), "--report", name, "--report-rows", "all", "--retry-delay", "0")
	var out bytes.Buffer
	code := run(context.Background(), args, strings.NewReader(stdin), &out, &out)
	var r askedReport
	if text, err := os.ReadFile(name); err == nil {
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
	}
	return code, r, out.String()
}

// seedServer has the buckets of the document, and restores that take delay.
func seedServer(t *testing.T, delay time.Duration) *s3sim.Server {
	t.Helper()
	return seedServerWith(t, s3sim.Config{RestoreDelay: func(string, string) time.Duration { return delay }})
}

func seedServerWith(t *testing.T, c s3sim.Config) *s3sim.Server {
	t.Helper()
	s, err := s3sim.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, b := range []string{seedGlacier, "my-protected", "my-public"} {
		s.CreateBucket(b)
	}
	return s
}

// TestSeedRequest: the documented request, as it is given: restored, waited for,
// and copied to the public bucket, since its last extension is .txt. The bucket
// is the one that it names.
func TestSeedRequest(t *testing.T) {
	t.Parallel()
	s := seedServer(t, time.Second)
	s.Put(seedGlacier, seedKey, s3sim.Object{Size: 645, StorageClass: "GLACIER"})
	s.Put(seedGlacier, "another", s3sim.Object{Size: 645, StorageClass: "GLACIER"})
	code, r, out := asks(t, s, seedRequest, "restore", "--granules", "-", "--yes")
	if code != exit.OK || len(r.Objects) != 1 || r.Objects[0].Status != "requested" || string(r.Objects[0].GranuleID) == "" {
		t.Fatalf("restore: exit code %d, %+v\n%s", code, r.Objects, out)
	}
	if len(r.Granules) != 1 || r.Granules[0].Status != "pending" || r.Plan.Actual == nil || r.Plan.Actual.Objects != 1 || *r.Plan.Planned != *r.Plan.Actual && r.Plan.Planned.Objects != 1 {
		t.Errorf("granules %+v, plan %+v", r.Granules, r.Plan)
	}
	code, r, out = asks(t, s, seedRequest, "recover", "--granules", "-", "--yes", "--poll-interval", "500ms")
	if code != exit.OK || len(r.Objects) != 1 || r.Objects[0].Status != "copied" || len(r.Granules) != 1 || r.Granules[0].Status != "success" {
		t.Fatalf("recover: exit code %d, %+v %+v\n%s", code, r.Objects, r.Granules, out)
	}
	if !s.SameContent(seedGlacier, seedKey, "my-public", seedKey) || s.Len("my-public")+s.Len("my-protected") != 1 || s.Accepted() != 1 {
		t.Errorf("it is not in its archive, or more than it was asked for: %d restores", s.Accepted())
	}
}

// TestAbsentGranule: a file that is not there is a row, and its granule an
// error.
func TestAbsentGranule(t *testing.T) {
	t.Parallel()
	s := seedServer(t, time.Second)
	code, r, out := asks(t, s, seedRequest, "restore", "--granules", "-", "--yes")
	if code != exit.Unsettled || len(r.Objects) != 1 || r.Objects[0].ErrorKind != "not_found" || len(r.Granules) != 1 || r.Granules[0].Status != "error" {
		t.Errorf("exit code %d, %+v %+v\n%s", code, r.Objects, r.Granules, out)
	}
}

// TestRestoreFromReport: the rows of a report that have one of the statuses are
// what is asked for, and nothing else.
func TestRestoreFromReport(t *testing.T) {
	t.Parallel()
	s := seedServer(t, time.Hour)
	for _, key := range []string{"a.hdf", "b.hdf", "c.hdf"} {
		s.Put(seedGlacier, key, s3sim.Object{Size: 10, StorageClass: "GLACIER"})
	}
	s.Put("my-protected", "b.hdf", s3sim.Object{Size: 11})
	name := t.TempDir() + "/before.json"
	code, _, out := asks(t, s, "", "restore", "--status", "--source", seedGlacier, "--report", name, "--prefix", "")
	if code != exit.Unsettled { // one differs
		t.Fatalf("exit code %d\n%s", code, out)
	}
	s.Put(seedGlacier, "d.hdf", s3sim.Object{Size: 10, StorageClass: "GLACIER"})
	code, r, out := asks(t, s, "", "restore", "--source", seedGlacier, "--from", name, "--status", "differs", "--yes")
	if code != exit.OK || s.Accepted() != 1 || len(r.Objects) != 1 || string(r.Objects[0].SourceKey) != "b.hdf" || r.Objects[0].Status != "requested" {
		t.Errorf("differs: exit code %d, %d restores, %+v\n%s", code, s.Accepted(), r.Objects, out)
	}
	code, r, out = asks(t, s, "", "restore", "--source", seedGlacier, "--status", "missing", "--from", name, "--yes")
	if code != exit.OK || s.Accepted() != 3 || len(r.Objects) != 2 {
		t.Errorf("missing: exit code %d, %d restores, %+v\n%s", code, s.Accepted(), r.Objects, out)
	}
}

// TestRestoreOverBudget ends with exit code 3, and says what is left.
func TestRestoreOverBudget(t *testing.T) {
	t.Parallel()
	s := seedServer(t, time.Hour)
	for _, key := range []string{"a.hdf", "b.hdf", "c.hdf"} {
		s.Put(seedGlacier, key, s3sim.Object{Size: 1 << 30, StorageClass: "GLACIER"})
	}
	code, r, out := asks(t, s, "", "restore", "--source", seedGlacier, "--max-cost", "0.03", "--yes")
	left := 0
	for _, row := range r.Objects {
		if row.Status == "not_restored" && row.ErrorKind == "budget" {
			left++
		}
	}
	if code != exit.Unsettled || left == 0 || int64(left)+s.Accepted() != 3 || r.Plan.Actual.Cost == nil || *r.Plan.Actual.Cost > 0.03 {
		t.Errorf("exit code %d, %d left, %d restores, %+v\n%s", code, left, s.Accepted(), r.Plan.Actual, out)
	}
	code, _, out = asks(t, s, "", "restore", "--source", seedGlacier, "--max-cost", "1", "--yes", "--region", "xx-nowhere-1")
	if code != exit.Usage {
		t.Errorf("a budget without prices: exit code %d\n%s", code, out)
	}
}

// TestRecoverUntilDeadline: what has not arrived by the deadline is restoring,
// the run is not complete, and the next one goes on without asking again.
func TestRecoverUntilDeadline(t *testing.T) {
	t.Parallel()
	s := seedServer(t, 8*time.Second)
	s.Put(seedGlacier, "a.hdf", s3sim.Object{Size: 10, StorageClass: "GLACIER"})
	began := time.Now()
	code, r, out := asks(t, s, "", "recover", "--source", seedGlacier, "--deadline", "6s", "--yes") // on a busy machine, too, it has asked by then
	if code != exit.Unsettled || r.Run.Complete || len(r.Objects) != 1 || r.Objects[0].Status != "restoring" {
		t.Errorf("exit code %d, complete %v, %+v\n%s", code, r.Run.Complete, r.Objects, out)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
	code, r, out = asks(t, s, "", "recover", "--source", seedGlacier, "--poll-interval", "500ms", "--yes")
	if code != exit.OK || s.Accepted() != 1 || len(r.Objects) != 1 || r.Objects[0].Status != "copied" {
		t.Errorf("begun again: exit code %d, %d restores, %+v\n%s", code, s.Accepted(), r.Objects, out)
	}
}
