package reconcile

import (
	"fmt"
	"strings"
)

// Headline is the first sentence of a summary: what happened, the worst first.
// incomplete says why the run is not complete; empty: it is.
func (s *Summary) Headline(command, incomplete string) string {
	text := strings.Join(s.findings(command), "; ")
	if text == "" {
		text = s.quiet(command)
	}
	if incomplete != "" && s.Scanned == 0 {
		text = "no object was reached"
	}
	if incomplete != "" {
		text = "not complete (" + incomplete + "): " + text
	}
	return text
}

// findings are what somebody has to look at.
func (s *Summary) findings(command string) (all []string) {
	say := func(n int64, format string, args ...any) {
		if n > 0 {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	say(s.Leaks, "leak: %s in a public bucket", things(s.Leaks, "data file"))
	say(s.Counts[Failed], "%s", s.failed(command))
	say(s.Counts[Differs], "%s with another content than the original", things(s.Counts[Differs], "object"))
	say(s.Counts[Unrouted], "%s without an archive bucket", things(s.Counts[Unrouted], "object"))
	if Missing.Breaks(command) || command == "plan" {
		say(s.Counts[Missing], "%d missing from the archive", s.Counts[Missing])
	}
	say(s.Counts[Misplaced]-s.Leaks, "%d in the wrong archive bucket", s.Counts[Misplaced]-s.Leaks)
	say(s.Counts[Orphan], "%d in the archive without an original", s.Counts[Orphan])
	say(s.Counts[Phantom], "%d in the catalog and in no bucket", s.Counts[Phantom])
	say(s.Counts[Uncatalogued], "%d not in the catalog", s.Counts[Uncatalogued])
	say(s.Counts[Canceled], "%s not reached", things(s.Counts[Canceled], "object"))
	if len(all) > 0 {
		say(s.Counts[Copied], "%d copied", s.Counts[Copied])
		say(s.Unproved, "%s", s.unproved())
	}
	return all
}

// failed says how many failed of how many that were tried, and of what.
func (s *Summary) failed(command string) string {
	n := s.Counts[Failed]
	what, tried := "copy", n+s.Counts[Copied]
	if command == "restore" {
		what, tried = "restore request", n+s.Counts[Requested]
	}
	if command == "audit" || command == "plan" { // which copy nothing
		what, tried = "object", s.Scanned
	}
	text := fmt.Sprintf("%d of %s failed", n, things(tried, what))
	if len(s.Failures) == 0 {
		return text
	}
	worst, buckets := s.alike()
	if worst.Objects == n && (worst.Kind == AccessDenied || worst.Kind == Throttled) {
		text = fmt.Sprintf("%d of %s refused", n, things(tried, what))
	}
	if worst.Cause == "" {
		return text
	}
	if worst.Objects < n {
		text = fmt.Sprintf("%s, %d of them", text, worst.Objects)
	}
	if text += ": " + worst.Cause; len(buckets) > 0 {
		text += "; the same at s3://" + strings.Join(buckets, ", s3://")
	}
	return text
}

// alike is the worst group of failures, with the objects of those that have the
// same kind and code at other buckets, which are named.
func (s *Summary) alike() (worst FailureGroup, buckets []string) {
	worst = s.Failures[0]
	for _, g := range s.Failures[1:] {
		if g.Kind == worst.Kind && g.Code == worst.Code && g.Code != "" && g.Bucket != "" {
			worst.Objects += g.Objects
			buckets = append(buckets, g.Bucket)
		}
	}
	return worst, buckets
}

// quiet is the sentence of a run that found nothing wrong.
func (s *Summary) quiet(string) string {
	var parts []string
	for _, p := range []struct {
		status Status
		words  string
	}{
		{Copied, "copied"}, {Requested, "asked to be restored"}, {Readable, "restored already"}, {Present, "there already"},
		{InRestore, "being restored"}, {NotRestored, "not restored"}, {LeftOnline, "left alone: they need no restore"}, {Excluded, "excluded"},
	} {
		if n := s.Counts[p.status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, p.words))
		}
	}
	if len(parts) == 0 {
		return "no objects were found"
	}
	if s.Unproved > 0 {
		parts = append(parts, s.unproved())
	}
	return strings.Join(parts, ", ")
}

// unproved says how many pass for equal by their size alone.
func (s *Summary) unproved() string {
	return fmt.Sprintf("%d not proved: only the size could be compared", s.Unproved)
}

// bySize is how UnprovedNote goes on after the number.
const bySize = " present or copied by size alone: no checksum and no ETag of theirs could be compared; --proof checksum refuses that"

// UnprovedNote is the note on objects that pass for equal although nothing but
// their size could be compared; empty: there are none.
func (s *Summary) UnprovedNote() string {
	if s.Unproved == 0 {
		return ""
	}
	return fmt.Sprint(s.Unproved) + bySize
}

// AboutUnproved reports whether a note is an UnprovedNote.
func AboutUnproved(note string) bool { return strings.HasSuffix(note, bySize) }

// things counts in words: 1 object, 2 objects, 3 copies.
func things(n int64, one string) string {
	switch {
	case n == 1:
		return "1 " + one
	case strings.HasSuffix(one, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(one, "y"))
	}
	return fmt.Sprintf("%d %ss", n, one)
}
