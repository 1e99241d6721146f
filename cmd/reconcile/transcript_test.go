package main

import (
	"context"
	"io"
	"regexp"
	"strings"
	"testing"

	"reconcile/internal/exit"
)

// What of a transcript is not the same in each run of the demo: the port, and
// how many requests a race of copies takes to learn of the server.
var (
	somePort     = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	someRequests = regexp.MustCompile(`(?m)^ +requests   .*\n`)
)

func transcript(text string) string {
	return someRequests.ReplaceAllString(somePort.ReplaceAllString(text, "ADDRESS"), "")
}

// TestDocsTranscripts: what the pages show of the demo is what it prints, line
// for line; lines may be left out.
func TestDocsTranscripts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out strings.Builder
	if code := run(context.Background(), []string{"reconcile", "demo", "--out", dir}, strings.NewReader(""), &out, io.Discard); code != exit.OK {
		t.Fatalf("exit code %d:\n%s", code, out.String())
	}
	printed := strings.Split(transcript(strings.ReplaceAll(out.String(), dir, "DIR")), "\n")
	for page, first := range map[string]string{
		"README.md": "    run NOT settled:", "docs/guide/first-run.md": "    $ reconcile run ", "docs/guide/audit.md": "    $ reconcile audit ",
	} {
		_, rest, found := strings.Cut(readDoc(t, page), "\n"+first)
		if !found {
			t.Errorf("%s: no transcript begins with %q", page, first)
			continue
		}
		lines, left := 0, printed
		for line := range strings.Lines(transcript(first + rest)) {
			line, indented := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "    ")
			if line != "" && !indented {
				break
			}
			if left = after(left, line); left == nil {
				t.Errorf("%s: the demo does not print, or not there:\n%s", page, line)
				break
			}
			lines++
		}
		if lines < 8 {
			t.Errorf("%s: %d lines", page, lines)
		}
	}
}

// after returns what follows the line; nil: it is not there.
func after(lines []string, line string) []string {
	for i, l := range lines {
		if l == line {
			return lines[i+1:]
		}
	}
	return nil
}
