package report

import (
	"bufio"
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"reconcile/internal/display"
	"reconcile/internal/reconcile"
	"reconcile/internal/report/html"
)

// htmlEncoder writes the report as a page.
type htmlEncoder struct {
	w     *bufio.Writer
	page  *html.Writer
	cells [len(columns)]string
}

func newHTML(w *bufio.Writer) encoder { return &htmlEncoder{w: w} }

// shownColumns stand in the page's table itself; the others in a row's details.
var shownColumns = map[string]bool{
	"source_key": true, "status": true, "size_bytes": true, "target_bucket": true, "proof": true, "err_msg": true,
}

// fewTexts are columns in which many rows have the same text, but for their keys.
var fewTexts = map[string]bool{
	"source_bucket": true, "target_bucket": true, "storage_class": true, "status": true, "err_msg": true, "error_kind": true, "method": true, "proof": true,
	"archive": true, "target_storage_class": true, "checksum_algorithm": true, "compared": true, "evidence": true, "error_code": true, "error_bucket": true,
}

func (e *htmlEncoder) begin(h head) (err error) {
	all := make([]html.Column, len(columns))
	for i, c := range columns {
		all[i] = html.Column{Name: c.name, Shown: shownColumns[c.name], Right: c.size != nil || c.int != nil, Few: fewTexts[c.name]}
	}
	e.page, err = html.New(e.w, pageOf(&h), all)
	return err
}

func (e *htmlEncoder) row(r *Row) error {
	for i := range columns {
		e.cells[i] = valueOf(&columns[i], r)
	}
	return e.page.Row(e.cells[:], r.Success && !bool(r.Leak))
}

func (e *htmlEncoder) end() error { return e.page.Close() }

// htmlGenerator is in the page's head, and tells whose and which command's it is.
var htmlGenerator = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)^<!doctype html>.*<meta name="generator" content="reconcile ([a-z]+)">`)
})

// recognizeHTML is the page's recognize.
func recognizeHTML(begin []byte) (command string, ok bool) {
	m := htmlGenerator().FindSubmatch(begin)
	if m == nil {
		return "", false
	}
	return string(m[1]), true
}

// valueOf is a value as text: what is null in JSON is empty.
func valueOf(c *column, r *Row) string {
	switch {
	case c.text != nil:
		return string(*c.text(r))
	case c.word != nil:
		return string(*c.word(r))
	}
	return cellOf(c, r)
}

// pageOf is what the page says above the rows.
func pageOf(h *head) html.Page {
	s := &h.summary
	p := html.Page{
		Command:  h.run.Command,
		Title:    fmt.Sprintf("reconcile %s of s3://%s/%s", h.run.Command, h.run.Source, h.run.Prefix),
		Headline: upperFirst(s.Headline(h.run.Command, h.incomplete())),
		Level:    h.level(), Ending: h.ending(),
		Numbers: verificationOf(s), Aspects: aspectsOfPage(s), Groups: groupsOf(s, h.run.Command),
		Statuses: statusBars(s, h.run.Command), Facts: factsOf(h), Method: methodOf(h), Notes: h.run.Notes, Files: filesOf(h),
	}
	p.Costs, p.CostNote = costsOf(h)
	if h.parts != nil {
		p.Parts, p.Course, p.Sizes = partsOf(h.parts, s, h.run.Command), courseOf(h.parts.Timeline), sizeBars(h.parts.Sizes)
		p.Granules = granuleBars(h.parts.Granules)
	}
	return p
}

func (h *head) incomplete() string {
	if h.run.Complete {
		return ""
	}
	return cmp.Or(h.run.Error, "it is not known why")
}

func (h *head) level() html.Level {
	if !h.run.Complete || h.summary.Broken(h.run.Command) > 0 {
		return html.Bad
	}
	if h.summary.Unproved > 0 || h.summary.Verification().NotVerified > 0 {
		return html.Note
	}
	return html.Good
}

func (h *head) ending() string {
	var parts []string
	if h.run.ExitCode != nil {
		parts = append(parts, fmt.Sprintf("Exit code %d", *h.run.ExitCode))
	}
	if h.run.Complete {
		parts = append(parts, "complete: every object that was listed has its outcome")
	} else {
		parts = append(parts, "not complete: "+h.incomplete())
	}
	parts = append(parts, h.run.FinishedAt.UTC().Format("2006-01-02 15:04 UTC"))
	return strings.Join(parts, " · ")
}

// verificationOf are the four numbers.
func verificationOf(s *reconcile.Summary) []html.Number {
	v := s.Verification()
	level := func(n int64, if_ html.Level) html.Level {
		if n == 0 {
			return html.Good
		}
		return if_
	}
	return []html.Number{
		{Name: "proven equal", Text: display.Number(v.Proven), About: "by checksum, ETag or bytes", Level: html.Good},
		{Name: "equal, not proven", Text: display.Number(v.Unproved), About: "only the size could be compared", Level: level(v.Unproved, html.Note)},
		{Name: "different", Text: display.Number(v.Differs), About: "provably another content", Level: level(v.Differs, html.Bad)},
		{Name: "not verified", Text: display.Number(v.NotVerified), About: "nobody could look, or did", Level: level(v.NotVerified, html.Note)},
	}
}

func aspectsOfPage(s *reconcile.Summary) (all []html.Aspect) {
	for _, aspect := range reconcile.Aspects() {
		n := s.Aspects[aspect]
		a := html.Aspect{Name: aspect.String(), Match: "not looked at", Differ: "not looked at", NotCompared: display.Number(n.NotCompared)}
		if n.Match+n.Differ > 0 {
			a.Match, a.Differ = display.Number(n.Match), display.Number(n.Differ)
		}
		all = append(all, a)
	}
	return all
}

// groupsOf is what needs a person, the most dangerous first: leaks, losses, then
// failures by cause.
func groupsOf(s *reconcile.Summary, command string) (all []html.Group) {
	add := func(n int64, g html.Group) {
		if n > 0 {
			g.Objects = display.Number(n)
			all = append(all, g)
		}
	}
	add(s.Leaks, html.Group{Level: html.Bad, What: "in a public bucket, and data: leaked", Status: "misplaced",
		Mend: "remove them from the public bucket once they are in their archive, and find out who has read them"})
	for _, f := range s.Failures {
		what := "failed: " + string(f.Kind)
		if f.Bucket != "" {
			what += " at s3://" + f.Bucket
		}
		if f.Code != "" {
			what += " (" + f.Code + ")"
		}
		add(f.Objects, html.Group{Level: html.Bad, What: what, Cause: f.Cause, Mend: f.Mend, Status: "failed", Kind: string(f.Kind), Code: f.Code})
	}
	for _, g := range statusGroups {
		n := s.Counts[g.status]
		if g.status == reconcile.Misplaced { // leaks stand on top
			n -= s.Leaks
		}
		if g.status.Breaks(command) {
			add(n, html.Group{Level: html.Bad, What: g.what, Mend: g.mend, Status: string(g.status)})
		}
	}
	add(s.ExpiringSoon, html.Group{Level: html.Note, What: "restored copies that lapse within 24 hours and are not in their archive",
		Mend: "run again now, or restore them for more days"})
	return all
}

// statusGroups say of a status what it means and what can be done about it.
var statusGroups = []struct {
	status     reconcile.Status
	what, mend string
}{
	{reconcile.Missing, "missing from their archive bucket", "restore and copy them: reconcile recover --from this report's JSON --status missing"},
	{reconcile.Differs, "with another content than the original", "compare the two by hand; --on-differ overwrite replaces the archived one"},
	{reconcile.Misplaced, "in another archive bucket than they are routed to", "correct the rules, or move the objects"},
	{reconcile.Orphan, "in an archive bucket without an original: they have no backup", "archive them, or remove them"},
	{reconcile.Phantom, "in the catalog and in no bucket", "correct the catalog, or find out what became of the objects"},
	{reconcile.Uncatalogued, "in a bucket and not in the catalog", "catalogue them, or remove them"},
	{reconcile.Unrouted, "without an archive bucket", "give --protected, --public, \"other\" in the bucket map, or a rule"},
	{reconcile.Canceled, "not reached", "run again"},
}

// statusBars has no bar for what was not looked for.
func statusBars(s *reconcile.Summary, command string) (all []html.Bar) {
	longest := int64(0)
	for _, n := range s.Counts {
		longest = max(longest, n)
	}
	for _, status := range statuses(*s) {
		n, known := s.Known(status)
		if !known || n == 0 {
			continue
		}
		all = append(all, html.Bar{Name: string(status), Count: n, Of: longest, Text: display.Number(n), Level: levelOf(status, command)})
	}
	return all
}

// levelOf says how bad a status is to the command.
func levelOf(status reconcile.Status, command string) html.Level {
	switch {
	case status.Breaks(command):
		return html.Bad
	case status.Success():
		return html.Good
	}
	return html.Note
}

func factsOf(h *head) (all []html.Number) {
	s := &h.summary
	all = []html.Number{
		{Name: "objects seen", Text: display.Number(s.Scanned)},
		{Name: "bytes copied", Text: display.Number(s.BytesCopied), About: binarySize(s.BytesCopied)},
		{Name: "time", Text: h.run.FinishedAt.Sub(h.run.StartedAt).Round(time.Millisecond).String()},
		{Name: "throttled answers", Text: display.Number(s.Refused)},
	}
	for _, p := range proofs {
		if n := s.Proofs[p]; n > 0 {
			all = append(all, html.Number{Name: "proved by " + string(p), Text: display.Number(n)})
		}
	}
	for _, op := range slices.Sorted(maps.Keys(s.Requests)) {
		all = append(all, html.Number{Name: op, Text: display.Number(s.Requests[op]), About: "requests"})
	}
	return all
}

// binarySize writes bytes for people, all of them in words.
func binarySize(n int64) string {
	switch {
	case n == 1:
		return "1 byte"
	case n < 1024:
		return fmt.Sprintf("%d bytes", n)
	}
	return display.Size(n)
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
