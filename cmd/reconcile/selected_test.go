package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// selectedReport is what the tests look at.
type selectedReport struct {
	Run struct {
		JobID string `json:"job_id"`
	}
	Summary struct {
		Scanned, Copied, Present, Failed int64
		Requests                         map[string]int64
	}
	Plan struct {
		Cost struct {
			Currency *string
			Tiers    map[string]struct{ Total *float64 }
		}
	}
	Objects []struct {
		Key     string `json:"source_key"`
		Status  string
		Kind    string `json:"error_kind"`
		Target  string `json:"target_bucket"`
		Granule string `json:"granule_id"`
		JobID   string `json:"job_id"`
	}
	Granules []struct {
		Granule string `json:"granule_id"`
		Status  string
		Objects int64
	}
}

func readSelected(t *testing.T, p *process) (r selectedReport) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, "r.json"))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestKeysDense: keys that lie close together are listed, not asked for one by
// one; each has a row, and what is not there has failed.
func TestKeysDense(t *testing.T) {
	t.Parallel()
	server := pagedServer(t, 300, 100)
	var keys strings.Builder
	for i := range 150 {
		fmt.Fprintf(&keys, "k%04d.hdf\n", 2*i)
	}
	keys.WriteString("k0001.hdf.absent\nk9999.hdf\n")
	list := filepath.Join(t.TempDir(), "keys.txt")
	if err := os.WriteFile(list, []byte(keys.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p, code := runWithin(t, server, runWith("--keys", list, "--report", "./r.json", "--report-rows", "all", "--job-id", "incident 7")...)
	r := readSelected(t, p)
	if code != exit.Unsettled || r.Summary.Scanned != 152 || r.Summary.Copied != 150 || r.Summary.Failed != 2 || len(r.Objects) != 152 {
		t.Errorf("code %d, %+v\n%s", code, r.Summary, &p.stderr)
	}
	if n := r.Summary.Requests["HeadObject"]; n > 5 {
		t.Errorf("%d HEADs for keys that lie close together: %v", n, r.Summary.Requests)
	}
	for _, o := range r.Objects {
		if o.JobID != "incident 7" || (o.Status == "failed") != (o.Kind == "not_found") {
			t.Fatalf("%+v", o)
		}
	}
	if r.Run.JobID != "incident 7" || !strings.Contains(p.stderr.String(), `job_id="incident 7"`) {
		t.Errorf("the job is not named: %+v\n%s", r.Run, &p.stderr)
	}
}

// TestGranules: a granule request names its objects; one absent key makes its
// granule an error, and the others are carried out.
func TestGranules(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 30)
	list := filepath.Join(t.TempDir(), "request.json")
	text := `{"granules":[{"collectionId":"c","granuleId":"whole","keys":[{"key":"k0001.hdf","destBucket":"the-archive"},"k0002.hdf"]},
	{"collectionId":"c","granuleId":"broken","keys":["k0003.hdf","gone.hdf"]}],"asyncOperationId":"op-1"}`
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, code := runWithin(t, server, runWith("--granules", list, "--report", "./r.json")...)
	r := readSelected(t, p)
	if code != exit.Unsettled || r.Summary.Scanned != 4 || r.Summary.Copied != 3 || r.Run.JobID != "op-1" {
		t.Errorf("code %d, %+v\n%s", code, r, &p.stderr)
	}
	if len(r.Granules) != 2 || r.Granules[0].Status != "error" || r.Granules[1].Status != "success" || r.Granules[1].Objects != 2 {
		t.Errorf("%+v", r.Granules)
	}
	for _, o := range r.Objects {
		if o.Granule == "" || o.JobID != "op-1" {
			t.Errorf("%+v", o)
		}
	}
	for _, wrong := range []string{strings.Replace(text, "the-archive", "elsewhere", 1), `{"granules":[{"granuleId":"g","keys":[]}]}`} {
		os.WriteFile(list, []byte(wrong), 0o600)
		if p, code := runWithin(t, server, runWith("--granules", list)...); code != exit.Usage || !strings.Contains(p.stderr.String(), "request.json:") {
			t.Errorf("code %d\n%s", code, &p.stderr)
		}
	}
}

// TestRequestInS3: a request that cannot be fetched at once is asked for again,
// and what it comes to is priced although the request alone names the source.
func TestRequestInS3(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 2)
	server.Put("the-reports", "request.json", s3sim.Object{Body: []byte(`{"glacierBucket":"the-glacier","granules":[{"granuleId":"g","collectionId":"c","keys":[{"key":"k0001.hdf","destBucket":"the-archive"}]}]}`)})
	server.Inject(s3sim.Fault{Op: "GetObject", KeyPrefix: "request.json", Times: 1, Kind: s3sim.SlowDown})
	p, code := runWithin(t, server, "plan", "--granules", "s3://the-reports/request.json", "--protected", "the-archive", "--retry-delay", "0", "--report", "./r.json")
	if code != exit.OK {
		t.Fatalf("code %d\n%s", code, &p.stderr)
	}
	if got := readSelected(t, p); got.Plan.Cost.Currency == nil || got.Summary.Scanned != 1 {
		t.Errorf("%+v\n%s", got, &p.stderr)
	}
}
