package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/exit"
	"reconcile/internal/report"
)

// TestPlanAudit: what an audit sends is what its plan has said, and the plan asks
// nothing but listings.
func TestPlanAudit(t *testing.T) {
	t.Parallel()
	server := auditedServer(t, 100)
	spoilArchive(server) // a leak, an orphan, a loss and a corrupt copy
	args := append([]string{"plan", "--command", "audit"}, auditArgs[1:]...)
	planned := func(more ...string) (plan report.Plan, said string) {
		t.Helper()
		server.ResetRequests()
		p, code := runWithin(t, server, append(slices.Clone(args), append(more, "--report", "-")...)...)
		var doc struct{ Plan report.Plan }
		if err := json.Unmarshal(p.stdout.Bytes(), &doc); err != nil || code != exit.OK && code != exit.Unsettled {
			t.Fatalf("code %d, %v\n%s", code, err, &p.stderr)
		}
		if sent := server.Requests(); sent["HeadObject"] > 0 || sent["ListObjectsV2"] != 3 {
			t.Errorf("the plan sends %v", sent)
		}
		return doc.Plan, p.stderr.String()
	}
	for _, verify := range []string{"listing", "head"} {
		plan, said := planned("--verify", verify)
		doc, _, _ := audited(t, server, "--verify", verify)
		if want := doc.Summary.Requests["HeadObject"]; plan.Requests["HeadObject"] != int64(want) || plan.Objects != 99 || plan.Command != "audit" {
			t.Errorf("--verify %s: planned %+v, sent %d HEADs\n%s", verify, plan.Requests, want, said)
		}
		if !strings.Contains(said, "compute_checksum: ") || !strings.Contains(said, ", at most 2 jobs with 2 objects") {
			t.Errorf("it says\n%s", said)
		}
	}
	plan, _ := planned("--verify", "head", "--fraction", "0/4")
	heads := map[string]int64{}
	for _, v := range plan.Verify {
		heads[v.Verify] = v.Heads
		if v.Amount == nil || *v.Amount <= 0 {
			t.Errorf("%s has no price", v.Verify)
		}
	}
	if heads["head"] != heads["checksum"] || heads["listing"] > heads["head"] || heads["head"] > 2*60 {
		t.Errorf("%v", heads)
	}
	if p, code := runWithin(t, server, append([]string{"plan", "--verify", "head"}, auditArgs[1:]...)...); code != exit.Usage || !strings.Contains(p.stderr.String(), "--command audit") {
		t.Errorf("code %d\n%s", code, &p.stderr)
	}
}
