package conform

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name     string
		failures []string
		skipped  string
		listed   bool
		want     result
	}{
		{"passes", nil, "", false, passed},
		{"fails", []string{"wrong"}, "", false, failed},
		{"fails as listed", []string{"wrong"}, "", true, asKnown},
		{"passes though listed", nil, "", true, failed},
		{"does not apply", nil, "no clock", false, notApplicable},
		{"does not apply though listed", nil, "no clock", true, failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, message := judge(c.failures, c.skipped, "the reason", c.listed); got != c.want {
				t.Errorf("result %d (%s), want %d", got, message, c.want)
			}
		})
	}
}

// A check ends at fatalf and skip, and a panic in it is a failure of it alone.
func TestProbeEnds(t *testing.T) {
	for _, c := range []struct {
		name    string
		run     func(*probe)
		failure string
		skipped string
	}{
		{"goes on after errorf", func(p *probe) { p.errorf("one"); p.errorf("two") }, "one\ntwo", ""},
		{"ends at fatalf", func(p *probe) { p.fatalf("one"); p.errorf("two") }, "one", ""},
		{"ends at skip", func(p *probe) { p.skip("why"); p.errorf("two") }, "", "why"},
		{"survives a panic", func(*probe) { panic("nil field") }, "panic: nil field", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProbe(context.Background(), Target{}, http.DefaultClient, "group/check")
			p.do(c.run)
			if got := strings.Join(p.failures, "\n"); !strings.HasPrefix(got, c.failure) || (c.failure == "") != (got == "") {
				t.Errorf("failures %q, want %q", got, c.failure)
			}
			if p.skipped != c.skipped {
				t.Errorf("skipped %q, want %q", p.skipped, c.skipped)
			}
		})
	}
}

// Names are what tables of differences hold on to: no two checks share one,
// and a bucket can be named after each.
func TestCheckNames(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range groups() {
		for _, c := range g.checks {
			name := g.name + "/" + c.name
			if seen[name] {
				t.Errorf("two checks are named %s", name)
			}
			seen[name] = true
			// 63 bytes is the longest name of a bucket; the number and the
			// time behind it take up to 11.
			if len(name) > 50 {
				t.Errorf("%s is too long for the name of a bucket", name)
			}
		}
	}
	if !isCheck("copy/if-none-match") || isCheck("copy/no-such-check") {
		t.Error("isCheck does not know the checks")
	}
}

func TestCopySource(t *testing.T) {
	for key, want := range map[string]string{
		"dir/a.txt": "b/dir/a.txt",
		"a b+c%2B":  "b/a%20b%2Bc%252B",
		"é/😀":       "b/%C3%A9/%F0%9F%98%80",
		"a?b#c&d=e": "b/a%3Fb%23c%26d%3De",
		"-._~":      "b/-._~",
		"\x01\n":    "b/%01%0A",
	} {
		if got := *copySource("b", key); got != want {
			t.Errorf("copySource(%q) = %q, want %q", key, got, want)
		}
	}
}
