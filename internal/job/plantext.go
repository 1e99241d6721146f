package job

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"reconcile/internal/display"
	"reconcile/internal/pipeline"
	"reconcile/internal/pricing"
	"reconcile/internal/report"
	"reconcile/internal/restore"
)

// printPlan prints what a report says of money, time and requests.
func printPlan(w io.Writer, p *report.Plan) {
	cost, ok := p.Cost.(pricing.Cost)
	if !ok {
		return
	}
	cost.WriteText(w)
	if len(p.Proofs) > 0 {
		printProofs(w, p.Proofs, cost.Currency)
	}
	printVerify(w, p.Verify, cost.Currency)
	if c := p.Copies; c != nil && p.Objects > 0 {
		fmt.Fprintf(w, "  copies     about %s, at %d objects and %s a second\n",
			time.Duration(c.Seconds)*time.Second, c.ObjectsPerSecond, display.Size(c.BytesPerSecond))
	}
	for _, bucket := range slices.Sorted(maps.Keys(p.ByBucket)) {
		if bucket != "" {
			fmt.Fprintf(w, "  to s3://%s: %s\n", bucket, counts(p.ByBucket[bucket]))
		}
	}
}

// printProofs says what each choice of --proof takes, where that is not the same.
func printProofs(w io.Writer, all []report.ProofHeads, currency *string) {
	if all[0].Heads == all[len(all)-1].Heads {
		return
	}
	var said []string
	for _, p := range all {
		one := fmt.Sprintf("%s %d", p.Proof, p.Heads)
		if p.Amount != nil && currency != nil {
			one += " (" + pricing.Money(p.Amount, *currency) + ")"
		}
		said = append(said, one)
	}
	fmt.Fprintf(w, "  HEADs      of a run, by --proof: %s\n", strings.Join(said, ", "))
}

// printVerify says what each way to verify takes.
func printVerify(w io.Writer, all []report.VerifyCost, currency *string) {
	for i, v := range all {
		label := "verify"
		if i > 0 {
			label = ""
		}
		line := fmt.Sprintf("  %-10s %s: %d HEADs", label, v.Verify, v.Heads)
		if v.Jobs > 0 {
			line += fmt.Sprintf(", at most %d jobs with %d objects and %s", v.Jobs, v.JobObjects, display.Size(v.JobBytes))
		}
		if v.Amount != nil && currency != nil {
			line += ", " + pricing.Money(v.Amount, *currency) + " with the listings"
		}
		fmt.Fprintln(w, line)
	}
}

// text says what is missing, how it stands, and what it costs to bring it back.
func (c *costing) text(w io.Writer, s restore.Survey, p *report.Plan) error {
	sum := s.Sum()
	fmt.Fprintf(w, "missing from the archives: %s, %s\n", display.Objects(sum.Objects), display.Size(sum.Bytes))
	for _, state := range states {
		if a := s.Sum(state); a.Objects > 0 {
			fmt.Fprintf(w, "  %-22s %8d   %s\n", state, a.Objects, display.Size(a.Bytes))
		}
	}
	if sum.Objects == 0 {
		return nil
	}
	how := ""
	if c.batch {
		how = ", by a job of S3 Batch Operations"
	}
	fmt.Fprintf(w, "asked for by %s, for %d days%s; every tier:\n", c.opts.Tier, c.opts.Days, how)
	printPlan(w, p)
	return nil
}

// standing says where everything is, and by when at the latest what is being
// restored arrives: S3 does not tell when, nor by which tier, it was asked for.
func standing(w io.Writer, s restore.Survey, now time.Time) error {
	sum := s.Sum()
	fmt.Fprintf(w, "missing from the archives: %s, %s\n", display.Objects(sum.Objects), display.Size(sum.Bytes))
	for _, state := range states {
		for _, class := range slices.Sorted(maps.Keys(s.By[state])) {
			a := s.By[state][class]
			fmt.Fprintf(w, "  %-22s %-20s %8d   %s\n", state, display.Line(class), a.Objects, display.Size(a.Bytes))
		}
	}
	for _, class := range slices.Sorted(maps.Keys(s.By[restore.Restoring])) {
		for _, tier := range pricing.Tiers() {
			if !pricing.Offered(class, tier) {
				continue
			}
			_, last := restore.Arrival(class, tier, false, now)
			fmt.Fprintf(w, "  %s by %s: there by %s at the latest\n", class, tier, last.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// states are in the order in which they are shown.
var states = []restore.State{restore.Cold, restore.Restoring, restore.Readable, restore.TooShort, restore.NotArchived}

// printWaited says what a recovery has asked for, and what came of it.
func printWaited(w io.Writer, result pipeline.Result) {
	if s := result.Spent; s != nil && s.Objects > 0 {
		fmt.Fprintf(w, "  asked for    %8d   %s\n", s.Objects, display.Size(s.Bytes))
	}
	if a := result.Waiting; a != nil && a.Lapsed > 0 {
		fmt.Fprintf(w, "  lapsed       %8d   before they could be copied; %d asked for again\n", a.Lapsed, a.Again)
	}
}
