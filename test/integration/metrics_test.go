package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"reconcile/internal/metrics"
	"reconcile/internal/reconcile"
)

// TestMetricsFileByPrometheus: Prometheus' own parser reads the file, and finds
// gauges with help in it, labels as they were meant.
func TestMetricsFileByPrometheus(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.prom")
	odd := "Odd\"\\\noperation"
	r := metrics.Run{
		Command: "run", Source: "b", Ended: time.Unix(1000, 0), Complete: true, Success: true, OldestProof: time.Unix(900, 0),
		Summary: reconcile.Summary{Counts: map[reconcile.Status]int64{reconcile.Copied: 5}, Requests: map[string]int64{odd: 7}},
	}
	if err := metrics.WriteFile(path, r); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(text)))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for name, f := range families {
		if f.GetType().String() != "GAUGE" || f.GetHelp() == "" || !strings.HasPrefix(name, "reconcile_") {
			t.Errorf("%s: type %s, help %q", name, f.GetType(), f.GetHelp())
		}
	}
	if m := families["reconcile_requests"].GetMetric(); len(m) != 1 || m[0].GetLabel()[0].GetValue() != odd || m[0].GetGauge().GetValue() != 7 {
		t.Errorf("requests: %v", m)
	}
	if len(families) < 11 {
		t.Errorf("%d metrics", len(families))
	}
}
