package progress

import (
	"fmt"
	"strings"
	"time"

	"reconcile/internal/display"
	"reconcile/internal/reconcile"
)

// failuresShown is how many causes the live area has room for.
const failuresShown = 2

// lines are the live area, the most important first: a low terminal shows
// fewer.
func (p *picture) lines() (all []Line) {
	say := func(style Style, name, format string, args ...any) {
		all = append(all, Line{style, name, fmt.Sprintf(format, args...)})
	}
	if p.writes() {
		say(Plain, "copied", "%s, %v, %s/s, %v/s", things(p.now.copied), Size(p.now.copiedBytes), rate(p.copies), Size(p.bytes))
	}
	say(Plain, "left", "%s", p.leftInWords())
	if p.awaited.Objects > 0 {
		say(Plain, "restores", "%s", p.awaitedInWords())
	}
	if !p.Throttled.IsZero() {
		say(Warn, "throttled", "since %s (%v): the service refuses requests", p.Throttled.Format(time.TimeOnly), Length(p.now.at.Sub(p.Throttled)))
	}
	for i, g := range p.Summary.Failures {
		if i < failuresShown {
			say(Bad, "failed", "%s, %s at s3://%s: %s", display.Number(g.Objects), g.Kind, g.Bucket, g.Cause)
		}
	}
	say(Plain, "compared", "%s, %v, %s/s", things(p.now.compared), Size(p.comparedBytes), rate(p.compares))
	say(Plain, "listed", "%s", p.listedInWords())
	say(Plain, "in flight", "%s, after %v", plural(int64(p.InFlight), "request"), Length(p.elapsed))
	if !p.soonest.IsZero() {
		style, in := Plain, p.soonest.Sub(p.now.at)
		if in < 24*time.Hour {
			style = Warn
		}
		say(style, "expires", "in %v, the first restored copy that is to be copied", Length(in))
	}
	return all
}

// writes reports whether the command copies anything.
func (p *picture) writes() bool {
	return p.command != "plan" && p.command != "audit" && p.command != "restore"
}

func (p *picture) leftInWords() string {
	var parts []string
	switch {
	case p.known && p.atLeast():
		parts = append(parts, fmt.Sprintf("at least %v", Length(p.left)))
	case p.known:
		parts = append(parts, "about "+Length(p.left).String())
	case p.listed && p.waiting == 0:
		parts = append(parts, "nothing")
	case p.awaited.Objects > 0:
		parts = append(parts, "not before the restores have arrived")
	default:
		parts = append(parts, "not known yet")
	}
	if p.waiting > 0 {
		parts = append(parts, fmt.Sprintf("%s, %v", things(p.waiting), Size(p.waitingBytes)))
	}
	if !p.listed {
		parts = append(parts, "the listing goes on")
	}
	return strings.Join(parts, "; ")
}

func (p *picture) awaitedInWords() string {
	text := display.Number(p.awaited.Objects) + " on their way"
	if by := p.awaited.By; !by.IsZero() {
		text += ", all expected in " + Length(max(by.Sub(p.now.at), 0)).String()
	}
	return text + "; looked for again in " + Length(max(p.awaited.Next.Sub(p.now.at), 0)).String()
}

func (p *picture) listedInWords() string {
	switch {
	case p.listed:
		return things(p.objects()) + ", which are all"
	case p.expected >= p.objects() && p.expected > 0:
		return fmt.Sprintf("%s of about %s, %s", display.Number(p.objects()), display.Number(p.expected), p.expectedBy)
	}
	return things(p.objects()) + " so far"
}

// attrs are the same for the log: a text log has sizes and times for people, a
// JSON log bytes and seconds.
func (p *picture) attrs() []any {
	s := &p.Summary
	attrs := []any{"scanned", s.Scanned, "listed", p.objects(), "listing_ended", p.listed}
	if p.expected > 0 {
		attrs = append(attrs, "expected", p.expected)
	}
	if p.writes() {
		attrs = append(attrs, "copied", p.now.copied, "bytes_copied", Size(p.now.copiedBytes), "copied_per_s", Rate(p.copies), "bytes_per_s", Size(p.bytes))
	} else {
		attrs = append(attrs, "missing", s.Counts[reconcile.Missing])
	}
	attrs = append(attrs, "compared", p.now.compared, "bytes_compared", Size(p.comparedBytes), "compared_per_s", Rate(p.compares),
		"present", s.Counts[reconcile.Present], "failed", s.Counts[reconcile.Failed], "in_flight", p.InFlight, "refused", s.Refused)
	if !p.Throttled.IsZero() {
		attrs = append(attrs, "throttled_since", p.Throttled.UTC().Format(time.RFC3339))
	}
	attrs = append(attrs, "waiting", p.waiting, "bytes_waiting", Size(p.waitingBytes))
	if p.known {
		attrs = append(attrs, "left", Length(p.left), "left_is_least", p.atLeast())
	}
	if !p.soonest.IsZero() {
		attrs = append(attrs, "soonest_expiry", p.soonest.UTC().Format(time.RFC3339))
	}
	return attrs
}
