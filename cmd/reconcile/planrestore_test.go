package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/pricing"
	"reconcile/internal/s3sim"
)

// gib is an archived object of 1 GiB, without a checksum: one CopyObject copies
// it.
func gib(class string) s3sim.Object {
	return s3sim.Object{Size: 1 << 30, StorageClass: class, NoChecksum: true}
}

// incidentServer has three objects that are missing and cold, one that is
// restored, and one that is there.
func incidentServer(t *testing.T, delay time.Duration) *s3sim.Server {
	t.Helper()
	s := seedServer(t, delay)
	s.Put(seedGlacier, "a.hdf", gib("GLACIER"))
	s.Put(seedGlacier, "deep.hdf", gib("DEEP_ARCHIVE"))
	s.Put(seedGlacier, "parts.hdf", s3sim.Object{Size: 1 << 30, StorageClass: "GLACIER"}) // with a checksum: by 8 parts
	there := gib("GLACIER")
	s.Put(seedGlacier, "there.hdf", there)
	there.StorageClass = ""
	s.Put("my-protected", "there.hdf", there)
	warm := gib("GLACIER")
	warm.Restore, warm.RestoreExpiry = "restored", time.Now().AddDate(0, 1, 0)
	s.Put(seedGlacier, "warm.hdf", warm)
	return s
}

// costOf reads the cost of a report.
func costOf(t *testing.T, r askedReport) (c pricing.Cost) {
	t.Helper()
	if err := json.Unmarshal(r.Plan.Cost.(json.RawMessage), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func amountOf(t *testing.T, tier pricing.Tier, what string) float64 {
	t.Helper()
	for _, l := range tier.Lines {
		if l.What == what && l.Amount != nil {
			return *l.Amount
		}
	}
	t.Errorf("no line %q in %+v", what, tier.Lines)
	return 0
}

// TestPlanRecover: what a recovery takes is said by bucket, in dollars by every
// tier, with its arrival; and nothing is sent that writes.
func TestPlanRecover(t *testing.T) {
	t.Parallel()
	s := incidentServer(t, time.Hour)
	s.ResetRequests()
	code, r, out := asks(t, s, "", "plan", "--command", "recover", "--source", seedGlacier, "--tier", "Bulk", "--region", "us-east-1")
	if code != exit.OK || r.Plan.Command != "recover" || r.Plan.Objects != 4 || r.Plan.Bytes != 4<<30 || r.Plan.Planned.Objects != 3 {
		t.Fatalf("exit code %d, %+v\n%s", code, r.Plan, out)
	}
	for op := range s.Requests() {
		if op != "ListObjectsV2" && op != "HeadObject" && op != "HeadBucket" && op != "GetCallerIdentity" {
			t.Errorf("the plan sent %s", op)
		}
	}
	source, target := r.Plan.ByBucket[seedGlacier], r.Plan.ByBucket["my-protected"]
	if source["RestoreObject"] != 3 || source["ListObjectsV2"] == 0 || source["HeadObject"] != 1 || target["CopyObject"] != 3 || target["UploadPartCopy"] != 8 || target["CreateMultipartUpload"] != 1 {
		t.Errorf("by bucket: %v", r.Plan.ByBucket)
	}
	if r.Plan.Requests["CopyObject"] != 3 || r.Plan.Copies == nil || r.Plan.Copies.Seconds == 0 {
		t.Errorf("%+v", r.Plan)
	}
	c := costOf(t, r)
	standard := c.Tiers["Standard"]
	for what, want := range map[string]float64{ // 2 GB of GLACIER, 1 of DEEP_ARCHIVE, for a sixth of a month
		"restore requests, GLACIER, Standard": 0.0001, "retrieval, GLACIER, Standard": 0.02, "temporary copies of GLACIER, 5 days": 0.007667,
		"restore requests, DEEP_ARCHIVE, Standard": 0.0001, "retrieval, DEEP_ARCHIVE, Standard": 0.02, "temporary copies of DEEP_ARCHIVE, 5 days": 0.003833,
		"CopyObject, STANDARD": 0.000015, "UploadPartCopy, STANDARD": 0.00004,
	} {
		if got := amountOf(t, standard, what); got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	if got := standard.LastArrival.Sub(*standard.FirstArrival); got != 9*time.Hour {
		t.Errorf("Standard arrives within %v", got)
	}
	if bulk := c.Tiers["Bulk"]; *bulk.Total >= *standard.Total || bulk.LastArrival.Sub(*bulk.FirstArrival) != 43*time.Hour || c.Tiers["Expedited"].Total != nil {
		t.Errorf("%+v", c.Tiers)
	}
	if c.Saved.Objects != 1 || math.Abs(*c.Saved.Amount-0.003833) > 1e-9 || len(c.Monthly.Lines) != 1 || *c.Monthly.Total != 0.092 {
		t.Errorf("saved %+v, monthly %+v", c.Saved, c.Monthly)
	}
	for _, want := range []string{"cold                          3   3.0 GiB", "first arrival", "saved: 1 object", "to s3://my-protected: ", "Expedited is not offered for DEEP_ARCHIVE"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// TestPlanIsKept: what was planned for a recovery is what it then sends.
func TestPlanIsKept(t *testing.T) {
	t.Parallel()
	s := incidentServer(t, 0)
	_, planned, _ := asks(t, s, "", "plan", "--command", "recover", "--source", seedGlacier)
	s.ResetRequests()
	code, r, out := asks(t, s, "", "recover", "--source", seedGlacier, "--yes", "--poll-interval", "100ms")
	if code != exit.OK {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	// One CopyObject and one Complete more find out that the server honours
	// conditions.
	for op, more := range map[string]int64{"RestoreObject": 0, "CopyObject": 1, "CreateMultipartUpload": 0, "UploadPartCopy": 0, "CompleteMultipartUpload": 1} {
		if sent := s.Requests()[op] - more; sent != planned.Plan.Requests[op] || r.Plan.Requests[op] != sent {
			t.Errorf("%s: planned %d, sent %d", op, planned.Plan.Requests[op], sent)
		}
	}
}

// TestPlanRestore copies nothing, and says what is over the budget.
func TestPlanRestore(t *testing.T) {
	t.Parallel()
	s := incidentServer(t, time.Hour)
	code, r, out := asks(t, s, "", "plan", "--command", "restore", "--source", seedGlacier, "--max-bytes", "1GiB")
	if code != exit.OK || r.Plan.Requests["RestoreObject"] != 3 || len(r.Plan.Requests) != 1 || r.Plan.Copies != nil || s.Accepted() != 0 {
		t.Errorf("exit code %d, %+v\n%s", code, r.Plan, out)
	}
	if !strings.Contains(out, "2147483648 bytes more than --max-bytes") {
		t.Errorf("it does not say what is over the budget:\n%s", out)
	}
	for _, args := range [][]string{{"--tier", "Bulk"}, {"--command", "recover", "--manifest", t.TempDir()}, {"--command", "merge"}, {"--command", "restore", "--tier", "Expedited", "--days", "0"}} {
		if code, _, out := asks(t, s, "", append([]string{"plan", "--source", seedGlacier}, args...)...); code != exit.Usage {
			t.Errorf("%v: exit code %d\n%s", args, code, out)
		}
	}
}

// TestExtensionCosts: that a readable copy stays for longer is planned, and within
// the budget: a request, and 1 GB for a sixth of a month.
func TestExtensionCosts(t *testing.T) {
	t.Parallel()
	s := seedServer(t, time.Hour)
	short := gib("GLACIER")
	short.Restore, short.RestoreExpiry = "restored", time.Now().Add(10*time.Hour)
	s.Put(seedGlacier, "short.hdf", short)
	args := []string{"restore", "--source", seedGlacier, "--region", "us-east-1", "--yes", "--max-cost"}
	code, r, out := asks(t, s, "", append(args, "0.003")...)
	if code != exit.Unsettled || r.Objects[0].Status != "not_restored" || r.Objects[0].ErrorKind != "budget" || s.Requests()["RestoreObject"] != 0 {
		t.Errorf("exit code %d, %+v\n%s", code, r.Objects, out)
	}
	code, r, out = asks(t, s, "", append(args, "0.004")...)
	if code != exit.OK || r.Objects[0].Status != "requested" || math.Abs(*r.Plan.Planned.Cost-0.003883) > 1e-6 || math.Abs(*r.Plan.Actual.Cost-0.003883) > 1e-6 {
		t.Errorf("exit code %d, %+v, %+v\n%s", code, r.Objects, r.Plan, out)
	}
	standard := costOf(t, r).Tiers["Standard"]
	if amountOf(t, standard, "restore requests that extend, GLACIER") != 0.00005 || amountOf(t, standard, "temporary copies of GLACIER that stay, at most 5 days") != 0.003833 {
		t.Errorf("%+v", standard)
	}
}
