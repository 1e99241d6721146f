package integration

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"reconcile/internal/metrics"
	"reconcile/internal/reconcile"
)

const monitoring = "../../examples/monitoring"

// allMetrics are the names in a file that has every metric there is.
func allMetrics(t *testing.T) map[string]bool {
	t.Helper()
	path, cost := filepath.Join(t.TempDir(), "x.prom"), 1.5
	r := metrics.Run{Ended: time.Unix(1000, 0), Success: true, OldestProof: time.Unix(900, 0), CostUSD: &cost,
		Summary: reconcile.Summary{Requests: map[string]int64{"CopyObject": 1}}}
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
		t.Fatal(err)
	}
	names := map[string]bool{}
	for name := range families {
		names[name] = true
	}
	return names
}

// checkExpression has Prometheus' own parser read an expression, and wants the
// metrics and statuses that it names to be there. It returns the metrics.
func checkExpression(t *testing.T, what, text string, there map[string]bool) (named []string) {
	t.Helper()
	text = strings.ReplaceAll(text, "$instance", ".*") // Grafana's variable
	e, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return nil
	}
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		v, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		named = append(named, v.Name)
		if !there[v.Name] {
			t.Errorf("%s: the program writes no %s", what, v.Name)
		}
		for _, m := range v.LabelMatchers {
			if m.Name == "status" {
				checkStatuses(t, what, m)
			}
		}
		return nil
	})
	return named
}

func checkStatuses(t *testing.T, what string, m *labels.Matcher) {
	t.Helper()
	for _, word := range strings.Split(m.Value, "|") {
		if !slices.Contains(reconcile.Statuses(), reconcile.Status(word)) {
			t.Errorf("%s: there is no status %q", what, word)
		}
	}
}

func readExample(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(monitoring, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestAlertRules: Prometheus can read the rules, and what they name is there.
func TestAlertRules(t *testing.T) {
	var doc struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(readExample(t, "alerts.yaml"), &doc); err != nil || len(doc.Groups) == 0 || len(doc.Groups[0].Rules) < 6 {
		t.Fatalf("%v, %+v", err, doc)
	}
	there := allMetrics(t)
	for _, r := range doc.Groups[0].Rules {
		checkExpression(t, r.Alert, r.Expr, there)
	}
}

// TestAlertsByPromtool: the rules ring when they should, and are silent when they
// should be, as examples/monitoring/alerts_test.yaml has it.
func TestAlertsByPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed: apt-get install prometheus")
	}
	for _, args := range [][]string{{"check", "rules", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		cmd := exec.Command(promtool, args...)
		cmd.Dir = monitoring
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// TestDashboard: Prometheus can read what the dashboard asks for, and all of that
// is there; every metric has a place on it.
func TestDashboard(t *testing.T) {
	var doc struct {
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(readExample(t, "dashboard.json"), &doc); err != nil {
		t.Fatal(err)
	}
	there, shown, ids := allMetrics(t), map[string]bool{}, map[int]bool{}
	for _, p := range doc.Panels {
		if ids[p.ID] || len(p.Targets) == 0 {
			t.Errorf("%s: its id, %d, is not its own, or it asks for nothing", p.Title, p.ID)
		}
		ids[p.ID] = true
		for _, q := range p.Targets {
			for _, name := range checkExpression(t, p.Title, q.Expr, there) {
				shown[name] = true
			}
		}
	}
	for name := range there {
		if !shown[name] {
			t.Errorf("%s is on no panel", name)
		}
	}
}
