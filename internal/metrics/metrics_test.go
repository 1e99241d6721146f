package metrics

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

func aRun(success bool, ended int64) Run {
	return Run{
		Command: "run", Source: "the-glacier", Ended: time.Unix(ended, 5e8), Duration: 90 * time.Second, Complete: true, Success: success,
		Summary: reconcile.Summary{
			Numbers: reconcile.Numbers{Scanned: 7}, Counts: map[reconcile.Status]int64{reconcile.Copied: 5, reconcile.Failed: 2}, Bytes: map[reconcile.Status]int64{reconcile.Copied: 500},
			Requests:     map[string]int64{"CopyObject": 9, `odd"\` + "\n": 1},
			NotLookedFor: map[reconcile.Status]bool{reconcile.Orphan: true},
		},
	}
}

func written(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestFile: the last success is kept when a run fails, and a status that nobody
// looked for has no value.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.prom")
	if err := WriteFile(path, aRun(false, 1000)); err != nil {
		t.Fatal(err)
	}
	if text := written(t, path); strings.Contains(text, lastSuccess) {
		t.Errorf("a success that never was:\n%s", text)
	}
	for _, r := range []Run{aRun(true, 2000), aRun(false, 3000)} {
		if err := WriteFile(path, r); err != nil {
			t.Fatal(err)
		}
	}
	text := written(t, path)
	for _, want := range []string{
		"reconcile_last_run_timestamp_seconds 3000.5\n", lastSuccess + " 2000.5\n", "reconcile_run_duration_seconds 90\n", "reconcile_run_complete 1\n",
		"reconcile_objects{status=\"copied\"} 5\n", "reconcile_objects{status=\"present\"} 0\n", "reconcile_bytes{status=\"copied\"} 500\n",
		"reconcile_requests{operation=\"CopyObject\"} 9\n", `reconcile_requests{operation="odd\"\\\n"} 1` + "\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, bad := range []string{"orphan", "oldest_proof", "cost"} {
		if strings.Contains(text, bad) {
			t.Errorf("%s has a value that nobody knows:\n%s", bad, text)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestKnown: the oldest proof and the cost have values where they are known; in
// CloudWatch, whose metrics have a time of their own, the proof has an age.
func TestKnown(t *testing.T) {
	r, cost := aRun(true, 2000), 12.5
	r.OldestProof, r.CostUSD = time.Unix(1900, 0), &cost
	path := filepath.Join(t.TempDir(), "x.prom")
	if err := WriteFile(path, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nreconcile_oldest_proof_timestamp_seconds 1900\n", "\nreconcile_cost_usd 12.5\n"} {
		if text := written(t, path); !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	line, err := Embedded(r)
	if err != nil || !strings.Contains(string(line), `"reconcile_oldest_proof_age_seconds":100.5,`) || !strings.Contains(string(line), `"reconcile_cost_usd":12.5,`) {
		t.Errorf("%v: %s", err, line)
	}
}

// TestForeignFile: a file of somebody else's stays as it is.
func TestForeignFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.prom")
	const foreign = "node_load1 3\n"
	if err := os.WriteFile(path, []byte(foreign), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, success := range []bool{true, false} {
		if err := WriteFile(path, aRun(success, 1)); err == nil {
			t.Error("a foreign file was replaced")
		}
	}
	if got := written(t, path); got != foreign {
		t.Errorf("it holds %q", got)
	}
}

// TestEmbedded: every metric that is named has a value, dimensions are few, and
// no more metrics are named than CloudWatch takes.
func TestEmbedded(t *testing.T) {
	b, err := Embedded(aRun(true, 1000))
	if err != nil || strings.Contains(string(b), "\n") {
		t.Fatalf("%v: %s", err, b)
	}
	var line map[string]any
	var meta struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	if json.Unmarshal(b, &line) != nil || json.Unmarshal(b, &meta) != nil || len(meta.AWS.CloudWatchMetrics) != 1 || meta.AWS.Timestamp != 1000500 {
		t.Fatalf("%s", b)
	}
	m := meta.AWS.CloudWatchMetrics[0]
	if len(m.Metrics) < 20 || len(m.Metrics) > 100 || m.Namespace == "" || len(m.Dimensions) != 1 {
		t.Errorf("%d metrics of %q by %v", len(m.Metrics), m.Namespace, m.Dimensions)
	}
	for _, d := range m.Dimensions[0] {
		if _, ok := line[d].(string); !ok {
			t.Errorf("dimension %s has no value", d)
		}
	}
	for _, each := range m.Metrics {
		if _, ok := line[each.Name].(float64); !ok {
			t.Errorf("%s has no value", each.Name)
		}
	}
	if line["reconcile_objects_copied"] != 5.0 {
		t.Errorf("%s", b)
	}
}
