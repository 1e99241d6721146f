package bench

import (
	"os/exec"
	"testing"
	"time"
)

// TestMemoryOfAnAudit: the program's memory does not grow with what it audits,
// nor with what it finds. With -objects 10000000 the server needs 6 GiB.
func TestMemoryOfAnAudit(t *testing.T) {
	if raceEnabled {
		t.Skip("it measures a program that was built without the race detector")
	}
	n := *objects
	if n < 100_000 {
		t.Skip("builds the program, and says little of few objects: -objects N")
	}
	w := newWorld(t)
	w.both(n, func(int) bool { return true })
	orphans, misplaced := w.strays(n)
	c := exec.Command(build(t)+"/reconcile", "audit", "--source", glacier, "--protected", protected, "--public", public,
		"--endpoint-url", w.URL(), "--region", w.Region(), "--quiet", "--report", t.TempDir()+"/audit.json")
	began := time.Now()
	peak, err := runWatched(c) // KiB
	if c.ProcessState == nil || c.ProcessState.ExitCode() != 3 {
		t.Fatal(err)
	}
	t.Logf("%d objects, %d orphans, %d misplaced: %v, %v of CPU, %d MiB at the peak, %v", n, orphans, misplaced,
		time.Since(began).Round(time.Second), (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Round(time.Second), peak>>10, w.Requests())
	if peak > 256<<10 {
		t.Errorf("%d MiB at the peak", peak>>10)
	}
}
