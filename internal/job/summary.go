package job

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"reconcile/internal/display"
	"reconcile/internal/pipeline"
	"reconcile/internal/progress"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// summary says what a run came to: in words, or as one record of a JSON log.
type summary struct {
	command  string
	log      *slog.Logger // nil: in words
	stderr   io.Writer
	terminal *progress.Terminal // that stderr is; nil: none
	reports  []report.Destination
	plan     *report.Plan // that has not been printed yet; nil: none
	goOn     string       // the command line that goes on with what the run has begun; empty: there is nothing
}

func (r *Running) summary() *summary {
	s := &summary{command: r.Command, stderr: r.Stderr, terminal: r.Terminal, reports: r.Reports, goOn: r.goOn}
	if r.LogFormat == "json" {
		s.log = r.Log
	}
	if r.Command == "plan" && r.Plan != nil && r.Plan.Via == "" { // else it has been printed
		s.plan = r.Plan
	}
	return s
}

// tell says it. runErr is why the run is not complete, deliverErr why its reports
// are not where they belong.
func (s *summary) tell(result pipeline.Result, got Result, runErr, deliverErr error) {
	if s.log != nil {
		attrs := summaryAttrs(s.command, result, runErr)
		if s.goOn != "" {
			attrs = append(attrs, slog.String("go_on", s.goOn))
		}
		s.log.LogAttrs(context.Background(), slog.LevelInfo, s.command+" finished", attrs...)
		return
	}
	var text strings.Builder
	fmt.Fprintln(&text, opening(s.command, got.State, &result.Summary, runErr))
	printSummary(&text, s.command, result)
	if s.plan != nil {
		printPlan(&text, s.plan)
	}
	for _, d := range s.reports {
		if !d.IsStdout() && !undelivered(deliverErr, d) {
			fmt.Fprintf(&text, "  report     %s\n", display.Line(d.String()))
		}
	}
	if s.goOn != "" {
		fmt.Fprintf(&text, "when the jobs have ended, go on with:\n%s\n", s.goOn)
	}
	if s.command != "event" { // whose answer decides
		fmt.Fprintf(&text, "  exit code  %d: %s\n", got.ExitCode(), s.ending(got))
	}
	s.show(text.String(), got.State)
}

// undelivered reports whether err, of Write, is about that destination too.
func undelivered(err error, d report.Destination) bool {
	switch e := err.(type) {
	case *report.UndeliveredError:
		return e.Destination == d.Path
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), func(err error) bool { return undelivered(err, d) })
	}
	return false
}

// ending says why the command ends as it does.
func (s *summary) ending(got Result) string {
	switch got.State {
	case Complete:
		if s.goOn != "" {
			return "complete as far as it goes: jobs that compute checksums are under way"
		}
		return "complete, and nothing needs attention"
	case Unsettled:
		return "complete, and " + things(broken(s.command, got.Summary), "object") + " to look at"
	case Interrupted:
		return got.Signal.Error()
	}
	return fmt.Sprint(got.Err)
}

// show prints a summary; on a terminal each line in the color of what it means.
func (s *summary) show(text string, state State) {
	if s.terminal == nil {
		io.WriteString(s.stderr, text) // nobody is left who could be told of an error
		return
	}
	var b strings.Builder
	style := styleOfState(state)
	for line := range strings.Lines(text) {
		if b.Len() > 0 {
			style = s.styleOf(line)
		}
		b.WriteString(s.terminal.Paint(style, strings.TrimSuffix(line, "\n")) + "\n")
	}
	io.WriteString(s.terminal, b.String())
}

func styleOfState(s State) progress.Style {
	switch s {
	case Complete:
		return progress.Good
	case Unsettled, Late, Interrupted:
		return progress.Warn
	}
	return progress.Bad
}

// styleOf says what a line of the summary means, by the word that it begins with.
func (s *summary) styleOf(line string) progress.Style {
	word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	status := reconcile.Status(word)
	switch {
	case strings.HasPrefix(line, "    what to do: "):
		return progress.Strong
	case strings.Contains(line, " failure: "), strings.Contains(line, " failures: "), status.Valid() && status.Breaks(s.command):
		return progress.Bad
	case status == reconcile.Copied, status == reconcile.Present:
		return progress.Good
	case strings.Contains(line, " expire within 24 hours"), strings.HasPrefix(line, "  not compared "):
		return progress.Warn
	}
	return progress.Plain
}
