// Package conform is one conformance suite for S3 servers, written with the
// real AWS SDK: every behaviour of a server that reconcile depends on is a
// named check. It runs against the project's own simulator and against servers
// that others wrote, so that the simulator cannot agree only with itself.
//
// It is an ordinary package rather than a _test.go file because the servers
// of others live in a Go module of their own (test/integration), which has to
// import it.
package conform

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// Target is a running server that the suite is pointed at. The suite creates
// buckets and leaves them behind: point it at servers that are thrown away.
type Target struct {
	Name      string // what the server is called in messages
	Endpoint  string // base URL, addressed path style
	Region    string
	AccessKey string
	SecretKey string

	// CompleteRestores moves the server's clock so far that every restore
	// asked for is done. It is nil when the server restores at once; checks of
	// the time in between are then skipped.
	CompleteRestores func()
	// ExpireRestores moves the server's clock by so much time that every
	// restored copy of at most two days has lapsed. It is nil when the server
	// cannot; the checks of lapsed copies are then skipped.
	ExpireRestores func()
	// Now is the server's clock; nil means the wall clock.
	Now func() time.Time
	// PutSynthetic makes an object of so many bytes without sending them. It
	// is nil when the server cannot; the checks of sizes beyond what a test
	// can upload are then skipped.
	PutSynthetic func(bucket, key string, size int64) error

	// MinPart is the smallest size of a part that is not the last, in bytes; 0:
	// S3's, 5 MiB.
	MinPart int

	// Differences names the checks ("copy/if-none-match") in which this server
	// is known to differ from S3, each with the reason. A listed check that
	// fails is only logged. A listed check that passes fails the test, and so
	// does a name that is no check: the table is true or the suite is red.
	Differences map[string]string

	// Only names the checks to run ("copy/if-none-match"); nil: all.
	Only []string
}

// check is one promise of S3 with the name it is reported under.
type check struct {
	name string
	run  func(*probe)
}

// group is the checks of one subject.
type group struct {
	name   string
	checks []check
}

// groups returns every check of the suite in the order they run in.
func groups() []group {
	return []group{
		{"bucket", bucketChecks()},
		{"list", slices.Concat(listChecks(), listPageChecks())},
		{"keys", keyChecks()},
		{"put", putChecks()},
		{"head", headChecks()},
		{"get", getChecks()},
		{"delete", deleteChecks()},
		{"copy", slices.Concat(copyChecks(), copySourceChecks(), copyConditionChecks())},
		{"multipart", slices.Concat(multipartChecks(), multipartFailureChecks(), multipartChecksumChecks())},
		{"partcopy", partCopyChecks()},
		{"uploads", uploadListChecks()},
		{"restore", slices.Concat(restoreChecks(), restoreTimeChecks())},
		{"restorestatus", restoreStatusChecks()},
		{"tags", tagChecks()},
		{"version", versionChecks()},
		{"auth", authChecks()},
	}
}

// Run runs every check against the target, each as a subtest "group/check".
// Checks run one after another: some of them move the server's clock.
func Run(t *testing.T, target Target) {
	t.Helper()
	// One pool of connections for all checks, closed at the end: a server that
	// shuts down gracefully waits for the idle ones.
	pool := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	t.Cleanup(pool.CloseIdleConnections)
	known := map[string]bool{}
	for _, g := range groups() {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.checks {
				name := g.name + "/" + c.name
				known[name] = true
				if len(target.Only) > 0 && !slices.Contains(target.Only, name) {
					continue
				}
				t.Run(c.name, func(t *testing.T) { runCheck(t, target, pool, name, c.run) })
			}
		})
	}
	for name := range target.Differences {
		// A -run filter may have left a whole group out; then its names are
		// looked up rather than believed to be wrong.
		if !known[name] && !isCheck(name) {
			t.Errorf("%s: the table of differences names %q, which is no check", target.Name, name)
		}
	}
}

// isCheck reports whether the suite has a check of this full name.
func isCheck(name string) bool {
	for _, g := range groups() {
		for _, c := range g.checks {
			if g.name+"/"+c.name == name {
				return true
			}
		}
	}
	return false
}

// runCheck runs one check and holds its result against the table of
// differences.
func runCheck(t *testing.T, target Target, pool *http.Client, name string, run func(*probe)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	p := newProbe(ctx, target, pool, name)
	p.do(run)

	reason, listed := target.Differences[name]
	switch v, message := judge(p.failures, p.skipped, reason, listed); v {
	case failed:
		t.Error(message)
	case notApplicable:
		t.Skip(message)
	case asKnown:
		t.Log(message)
	}
}

// result is what becomes of a check.
type result int

const (
	passed        result = iota
	failed               // a promise is broken, or the table is not true
	notApplicable        // the target cannot show it
	asKnown              // fails as the table says
)

// judge holds the result of a check against its line in the table of
// differences; listed says whether there is one.
func judge(failures []string, skipped, reason string, listed bool) (result, string) {
	switch {
	case skipped != "" && listed:
		return failed, fmt.Sprintf("listed as a difference (%s), but the check does not apply: %s", reason, skipped)
	case skipped != "":
		return notApplicable, skipped
	case len(failures) == 0 && listed:
		return failed, fmt.Sprintf("listed as a difference (%s), but the check passes: take it off the table", reason)
	case len(failures) == 0:
		return passed, ""
	case listed:
		return asKnown, fmt.Sprintf("known difference: %s\n%s", reason, strings.Join(failures, "\n"))
	default:
		return failed, strings.Join(failures, "\n")
	}
}

// do runs the check in a goroutine of its own, so that fatalf and skip can
// leave it from any depth, as testing.T does; it waits for the goroutine. A
// panic, such as a nil field that S3 would have filled, is a failed check and
// not the end of the suite.
func (p *probe) do(run func(*probe)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if r := recover(); r != nil {
				p.errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		run(p)
	}()
	<-done
}

// errorf records a failure and goes on.
func (p *probe) errorf(format string, args ...any) {
	p.failures = append(p.failures, fmt.Sprintf(format, args...))
}

// fatalf records a failure and ends the check.
func (p *probe) fatalf(format string, args ...any) {
	p.errorf(format, args...)
	runtime.Goexit()
}

// skip ends the check as one that does not apply to this target.
func (p *probe) skip(reason string) {
	p.skipped = reason
	runtime.Goexit()
}
