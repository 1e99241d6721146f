package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// TestSystematicRefusals: what a service refuses for one reason is tried a few
// dozen times by every command, and the rest says so.
func TestSystematicRefusals(t *testing.T) {
	t.Parallel()
	const n = 200
	for op, args := range map[string][]string{
		"CopyObject":    {"run"},
		"RestoreObject": {"restore", "--yes"},
		"HeadObject":    {"audit", "--verify", "head"},
	} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			server := smallServer(t, 0)
			for i := range n {
				o := s3sim.Object{Size: 10, ContentSeed: uint64(i), StorageClass: "GLACIER"}
				if op == "CopyObject" {
					o.Restore, o.RestoreExpiry = "restored", time.Now().Add(48*time.Hour)
				}
				server.Put("the-glacier", fmt.Sprintf("k%03d.hdf", i), o)
				if op == "HeadObject" {
					server.Put("the-archive", fmt.Sprintf("k%03d.hdf", i), s3sim.Object{Size: 10, ContentSeed: uint64(i)})
				}
			}
			fault := server.Inject(s3sim.Fault{Op: op, Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
			p, code := runWithin(t, server, append(args, append(runArgs[1:len(runArgs):len(runArgs)], "--concurrency", "4", "--report", "-")...)...)
			_, count := reportSummary(t, p.stdout.Bytes())
			if hits := fault.Hits(); hits > 100 || hits < 30 {
				t.Errorf("%d requests were refused", hits)
			}
			if code != exit.Unsettled || count("failed") != n || !strings.Contains(p.stdout.String(), "not tried, since") {
				t.Errorf("code %d, %d failed\n%.2000s", code, count("failed"), &p.stderr)
			}
		})
	}
}
