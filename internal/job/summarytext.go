package job

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"reconcile/internal/display"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
)

// opening is the first line of a summary: what happened, and "complete" only
// where nothing is left to look at.
func opening(command string, state State, s *reconcile.Summary, runErr error) string {
	scanned, what := things(s.Scanned, "object")+" scanned", s.Headline(command, "")
	switch {
	case runErr != nil && s.Scanned == 0:
		return command + " NOT complete: no object was reached"
	case runErr != nil:
		return fmt.Sprintf("%s NOT complete: %s; %s so far", command, what, scanned)
	case state == Complete:
		return fmt.Sprintf("%s complete: %s; %s", command, scanned, what)
	case state == Unsettled:
		return fmt.Sprintf("%s NOT settled: %s; %s", command, what, scanned)
	}
	return fmt.Sprintf("%s without all of its reports: %s; %s", command, what, scanned)
}

// printSummary prints the counts that are not zero.
func printSummary(w io.Writer, command string, result pipeline.Result) {
	s := result.Summary
	if command == "audit" {
		printVerification(w, &s, result.StartedAt)
	}
	for _, status := range reconcile.Statuses() {
		if n := s.Counts[status]; n > 0 {
			size := ""
			if status == reconcile.Copied {
				size = "   " + display.Size(s.BytesCopied)
			}
			fmt.Fprintf(w, "  %-12s %8d%s\n", status, n, size)
		}
	}
	printFailures(w, s.Failures)
	if n := s.Verification().NotVerified; n > 0 && command != "audit" { // which has said it in its first lines
		fmt.Fprintf(w, "  not compared %8d   nothing is said of whether they are right\n", n)
	}
	if s.ExpiringSoon > 0 {
		fmt.Fprintf(w, "  %d restored and not copied: their restored copies expire within 24 hours\n", s.ExpiringSoon)
	}
	if p := result.Planned; p.Objects > 0 {
		fmt.Fprintf(w, "  to copy      %8d   %s, by %s\n", p.Objects, display.Size(p.Bytes), counts(p.Requests))
	}
	printWaited(w, result)
	if len(s.Proofs) > 0 {
		fmt.Fprintf(w, "  proofs     %s\n", counts(s.Proofs))
	}
	fmt.Fprintf(w, "  requests   %s\n", counts(s.Requests))
	for _, note := range result.Notes {
		fmt.Fprintf(w, "  note       %s\n", display.Line(note))
	}
}

// printVerification says how far both sides agree, and in what they were
// compared: what was not compared is no agreement. began is when the audit did.
func printVerification(w io.Writer, s *reconcile.Summary, began time.Time) {
	v := s.Verification()
	fmt.Fprintf(w, "  verified     %8d proven equal, %d equal but not proven, %d different, %d could not be verified\n", v.Proven, v.Unproved, v.Differs, v.NotVerified)
	var parts []string
	for _, aspect := range reconcile.Aspects() {
		n := s.Aspects[aspect]
		switch {
		case n.Match+n.Differ == 0:
			parts = append(parts, aspect.String()+" not compared")
		case n.Differ == 0:
			parts = append(parts, fmt.Sprintf("%s %d", aspect, n.Match))
		default:
			parts = append(parts, fmt.Sprintf("%s %d and %d differ", aspect, n.Match, n.Differ))
		}
	}
	fmt.Fprintf(w, "  compared     %s\n", strings.Join(parts, ", "))
	if s.NeverVerified > 0 {
		fmt.Fprintf(w, "  oldest       %d never compared as closely as --verify asks\n", s.NeverVerified)
	} else if !s.OldestVerified.IsZero() && s.OldestVerified.Before(began.Truncate(time.Second)) {
		fmt.Fprintf(w, "  oldest       last compared at %s\n", s.OldestVerified.UTC().Format(time.RFC3339))
	}
}

// failuresShown is how many groups of failures the summary shows. The JSON
// report has more.
const failuresShown = 5

// printFailures says of each group of failures what it is for and what can be
// done.
func printFailures(w io.Writer, groups []reconcile.FailureGroup) {
	for _, g := range groups[:min(len(groups), failuresShown)] {
		at := string(g.Kind)
		if g.Bucket != "" {
			at += " at s3://" + g.Bucket
		}
		fmt.Fprintf(w, "  %s: %s: %s\n", things(g.Objects, "failure"), at, display.Line(g.Cause))
		if g.Mend != "" {
			fmt.Fprintf(w, "    what to do: %s\n", g.Mend)
		}
	}
}

// things counts in words: 1 object, 2 objects.
func things(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

func summaryAttrs(command string, result pipeline.Result, runErr error) []slog.Attr {
	s, incomplete := result.Summary, ""
	if runErr != nil {
		incomplete = runErr.Error()
	}
	attrs := []slog.Attr{slog.Bool("complete", runErr == nil), slog.String("headline", s.Headline(command, incomplete)), slog.Int64("scanned", s.Scanned)}
	for _, status := range reconcile.Statuses() {
		attrs = append(attrs, slog.Int64(string(status), s.Counts[status]))
	}
	attrs = append(attrs, slog.Int64("bytes_copied", s.BytesCopied), slog.Int64("expiring_soon", s.ExpiringSoon),
		slog.Int64("unproved", s.Unproved))
	if command == "audit" {
		attrs = append(attrs, slog.Any("verification", s.Verification()))
	}
	if len(s.Failures) > 0 {
		attrs = append(attrs, slog.Any("failures", s.Failures))
	}
	if runErr != nil {
		attrs = append(attrs, slog.String("error", runErr.Error()))
	}
	return append(attrs, slog.Any("requests", s.Requests))
}

// counts prints counts, sorted by what is counted.
func counts[K ~string](m map[K]int64) string {
	if len(m) == 0 {
		return "none"
	}
	var parts []string
	for _, op := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %d", op, m[op]))
	}
	return strings.Join(parts, ", ")
}
