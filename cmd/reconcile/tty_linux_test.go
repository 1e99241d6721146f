package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unsafe"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// openTerminal opens a pseudo terminal: what is written to tty comes out of the
// other end. https://man7.org/linux/man-pages/man4/pts.4.html
func openTerminal(t *testing.T) (other, tty *os.File) {
	t.Helper()
	other, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { other.Close() })
	var number, unlocked int32
	for request, arg := range map[uintptr]*int32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &unlocked} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, other.Fd(), request, uintptr(unsafe.Pointer(arg))); errno != 0 {
			t.Skip(errno)
		}
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	return other, tty
}

// onTerminal runs the program with a terminal as its standard output, and returns
// what appears there.
func onTerminal(t *testing.T, p *process) string {
	t.Helper()
	other, tty := openTerminal(t)
	p.Stdout = tty
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	var shown bytes.Buffer
	io.Copy(&shown, other) // ends with EIO, when nobody has the terminal open any more
	p.Wait()
	return strings.ReplaceAll(shown.String(), "\r\n", "\n") // the terminal's own
}

// TestStandardOutputIsATerminal: names of objects and messages do nothing to a
// terminal that a report is shown on, and the report is the same document; a name
// of a file is one line.
func TestStandardOutputIsATerminal(t *testing.T) {
	t.Parallel()
	const odd = "a\x1b]0;x\a\u009b2J\u202eb\nrun complete: c.hdf"
	server := smallServer(t, 1)
	server.Put("the-glacier", odd, s3sim.Object{
		Size: 10, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour),
	})
	server.Inject(s3sim.Fault{Op: "CopyObject", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "no\u202e\u009b2J way"})
	for _, args := range [][]string{
		runWith("--report", "-"),
		append([]string{"plan"}, append(runArgs[1:len(runArgs):len(runArgs)], "--report", "-")...),
		{"verify-report", "none\n\u202e.json"},
	} {
		p := newProcess(t, server, args...)
		shown := onTerminal(t, p)
		for _, r := range shown {
			if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
				t.Errorf("%s: %U on the terminal", args[0], r)
			}
		}
		if args[0] == "verify-report" {
			if lines := strings.Count(shown, "\n"); lines != 1 || !strings.Contains(shown, `none\u000a\u202e.json`) {
				t.Errorf("%d lines: %q\n%s", lines, shown, &p.stderr)
			}
			continue
		}
		var doc struct{ Objects []map[string]any }
		if err := json.Unmarshal([]byte(shown), &doc); err != nil || len(doc.Objects) != 2 || doc.Objects[0]["source_key"] != odd {
			t.Errorf("%s: %v in %s", args[0], err, shown)
		}
		if said := p.stderr.String(); strings.Contains(said, "\nrun complete: c.hdf") {
			t.Errorf("%s: a name is two lines of standard error:\n%s", args[0], said)
		}
	}
}

// TestAgreementOnATerminal: who sits at the terminal is asked, and what is asked
// for is what was agreed to.
func TestAgreementOnATerminal(t *testing.T) {
	t.Parallel()
	s := seedServer(t, time.Hour)
	s.Put(seedGlacier, seedKey, s3sim.Object{Size: 645, StorageClass: "GLACIER"})
	for _, c := range []struct {
		answer   string
		code     int
		accepted int
	}{{"n\n", exit.Usage, 0}, {"yes\n", exit.OK, 1}} {
		other, tty := openTerminal(t)
		defer tty.Close()
		if _, err := io.WriteString(other, c.answer); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		code := run(t.Context(), []string{"reconcile", "restore", "--source", seedGlacier, "--protected", "my-protected", "--public", "my-public",
			"--endpoint-url", s.URL()}, tty, &out, &out)
		if code != c.code || int(s.Accepted()) != c.accepted || !strings.Contains(out.String(), "Go on? [y/N] ") {
			t.Errorf("%q: exit code %d, %d restores\n%s", c.answer, code, s.Accepted(), &out)
		}
	}
}
