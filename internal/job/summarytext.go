package job

import (
	"fmt"
	"io"
	"strings"

	"reconcile/internal/pipeline"
	"reconcile/internal/progress"
	"reconcile/internal/reconcile"
)

// show prints a summary; on a terminal each line in the color of what it means.
func (r *Running) show(text string, got Result) {
	if r.Terminal == nil {
		io.WriteString(r.Stderr, text) // nobody is left who could be told of an error
		return
	}
	var b strings.Builder
	first := true
	for line := range strings.Lines(text) {
		style := r.styleOf(line)
		if first {
			first, style = false, styleOfState(got.State)
		}
		b.WriteString(r.Terminal.Paint(style, strings.TrimSuffix(line, "\n")) + "\n")
	}
	io.WriteString(r.Terminal, b.String())
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
func (r *Running) styleOf(line string) progress.Style {
	word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	status := reconcile.Status(word)
	switch {
	case strings.HasPrefix(line, "    what to do: "):
		return progress.Strong
	case strings.Contains(line, " failure: "), strings.Contains(line, " failures: "), status.Valid() && status.Breaks(r.Command):
		return progress.Bad
	case status == reconcile.Copied, status == reconcile.Present:
		return progress.Good
	case strings.Contains(line, " expire within 24 hours"), strings.HasPrefix(line, "  not compared "):
		return progress.Warn
	}
	return progress.Plain
}

// printNotCompared says what nobody could hold against its other side: an audit
// says it in its first lines.
func printNotCompared(w io.Writer, command string, s *reconcile.Summary) {
	if n := s.Verification().NotVerified; n > 0 && command != "audit" {
		fmt.Fprintf(w, "  not compared %8d   nothing is said of whether they are right\n", n)
	}
}

// printExit says how the command ends, and why.
func (r *Running) printExit(w io.Writer, got Result, result pipeline.Result) {
	if r.Command == "event" { // whose answer decides
		return
	}
	why := "complete, and nothing needs attention"
	switch got.State {
	case Complete:
		if r.goOn != "" {
			why = "complete as far as it goes: jobs that compute checksums are under way"
		}
	case Unsettled:
		why = "complete, and " + things(r.broken(result.Summary), "object") + " to look at"
	case Interrupted:
		why = got.Signal.Error()
	default:
		why = fmt.Sprint(got.Err)
	}
	fmt.Fprintf(w, "  exit code  %d: %s\n", got.ExitCode(), why)
}
