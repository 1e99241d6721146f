package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// TestUnusualIsNoted: a run that finds what nobody sets it up for says so, on
// stderr and in the report; one that finds what it should says nothing.
func TestUnusualIsNoted(t *testing.T) {
	t.Parallel()
	online := func(s *s3sim.Server) {
		for i := range 3 {
			s.Put("the-glacier", fmt.Sprintf("k%d.hdf", i), s3sim.Object{Size: 1})
		}
	}
	const mib = 1 << 20
	cutElsewhere := func(s *s3sim.Server) { // the same bytes, of which no ETag and no checksum tells
		o := s3sim.Object{Size: 11 * mib, PartSizes: []int64{5 * mib, 5 * mib, mib}, NoChecksum: true}
		o.StorageClass, o.Restore, o.RestoreExpiry = "GLACIER", "restored", time.Now().Add(48*time.Hour)
		s.Put("the-glacier", "k.hdf", o)
		s.Put("the-archive", "k.hdf", s3sim.Object{Size: 11 * mib, PartSizes: []int64{6 * mib, 5 * mib}, NoChecksum: true})
	}
	for name, c := range map[string]struct {
		objects int
		fill    func(*s3sim.Server)
		args    []string
		note    string // empty: none
	}{
		"no objects":       {note: "s3://the-glacier has no objects"},
		"none with prefix": {objects: 1, args: []string{"--prefix", "x/"}, note: `no object whose key begins with \"x/\"`},
		"all online":       {fill: online, note: "s3://the-glacier looks like no Glacier bucket"},
		"some online":      {objects: 1, fill: online},
		"nothing public":   {objects: 2, args: []string{"--public", "the-reports"}, note: "no key of the source belongs into s3://the-reports"},
		"as it should be":  {objects: 2},
		"by size alone":    {objects: 1, fill: cutElsewhere, note: "1 present or copied by size alone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := smallServer(t, c.objects)
			if c.fill != nil {
				c.fill(server)
			}
			for _, command := range []string{"plan", "run"} {
				p, code := runWithin(t, server, append(append([]string{command}, runArgs[1:]...), append(c.args, "--report", "-")...)...)
				var doc struct{ Run struct{ Notes []string } }
				if err := json.Unmarshal(p.stdout.Bytes(), &doc); err != nil || code != exit.OK {
					t.Fatalf("code %d, %v\n%s", code, err, &p.stderr)
				}
				told := strings.Count(p.stderr.String(), "  note  ")
				if c.note == "" && (len(doc.Run.Notes) > 0 || told > 0) {
					t.Errorf("%s: notes %q", command, doc.Run.Notes)
				}
				if c.note != "" && (len(doc.Run.Notes) != 1 || told != 1 || !strings.Contains(p.stdout.String(), c.note)) {
					t.Errorf("%s: notes %q, want one with %q\n%s", command, doc.Run.Notes, c.note, &p.stderr)
				}
			}
		})
	}
}

// TestFailuresAreSaid: the summary says what happened and why; so does a quiet
// run, in one line and a hint; and a log that names some objects only speaks of
// a report where there is one.
func TestFailuresAreSaid(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"--report", "./r.json"}, {"--quiet"}} {
		server := smallServer(t, 12)
		server.Inject(s3sim.Fault{Op: "CopyObject", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
		p, code := runWithin(t, server, runWith(args...)...)
		said := p.stderr.String()
		if code != exit.Unsettled || !strings.Contains(said, "12 of 12 copies refused") || !strings.Contains(said, "s3:PutObject") {
			t.Errorf("%v: code %d\n%s", args, code, said)
		}
		if has := strings.Contains(said, "the report has them all"); has != (len(args) == 2) {
			t.Errorf("%v: of a report it says\n%s", args, said)
		}
		if strings.Contains(said, `kind=""`) {
			t.Errorf("%v: an empty kind in\n%s", args, said)
		}
		if lines := strings.Count(said, "\n"); args != nil && args[0] == "--quiet" && (lines > 2 || !strings.HasPrefix(said, "reconcile: error: ")) {
			t.Errorf("a quiet run says %d lines:\n%s", lines, said)
		}
	}
}

// TestPlanNeedsNoLock: a plan neither waits for a run nor keeps one out.
func TestPlanNeedsNoLock(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 2)
	lock := []string{"--lock", "s3://the-reports/lock"}
	var code int
	server.Inject(s3sim.Fault{Op: "CopyObject", Times: 1, Before: func() {
		_, code = runWithin(t, server, append(append([]string{"plan"}, runArgs[1:]...), lock...)...)
	}})
	if p, got := runWithin(t, server, runWith(lock...)...); got != exit.OK || code != exit.OK {
		t.Errorf("the run: code %d, the plan beside it: %d\n%s", got, code, &p.stderr)
	}
}
