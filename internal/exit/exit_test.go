package exit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"reconcile/internal/exit"
)

// TestErrors: each kind of error ends the program with its code, and says what
// it is and what to do about it, once.
func TestErrors(t *testing.T) {
	t.Parallel()
	why := errors.New("no such bucket")
	for name, c := range map[string]struct {
		err     error
		code    int
		printed string
		line    string
	}{
		"none":                   {nil, 0, "", ""},
		"the report has said it": {exit.With(exit.Unsettled, nil, ""), 3, "", "exit code 3"},
		"a mistake":              {exit.Wrong(why, "give another"), 2, "reconcile: error: no such bucket\nreconcile: hint: give another\n", "no such bucket (give another)"},
		"of an invocation":       {exit.Typed(why), 1, "reconcile: error: no such bucket\n", "no such bucket"},
		"typed once":             {exit.Typed(exit.Wrong(why, "")), 2, "reconcile: error: no such bucket\n", "no such bucket"},
		"of the argument parser": {why, 2, "reconcile: error: no such bucket\n", "no such bucket"},
		"within another": {fmt.Errorf("event: %w", exit.With(exit.Locked, why, "wait")), 4,
			"reconcile: error: event: no such bucket\nreconcile: hint: wait\n", "event: no such bucket (wait)"},
		"of two the first": {errors.Join(exit.With(exit.Terminated, nil, ""), why), 143, "", "exit code 143\nno such bucket"},
	} {
		var printed strings.Builder
		exit.Print(&printed, c.err)
		if got := exit.CodeOf(c.err); got != c.code || printed.String() != c.printed {
			t.Errorf("%s: code %d, want %d; printed %q", name, got, c.code, &printed)
		}
		if c.err != nil && exit.InOneLine(c.err) != c.line {
			t.Errorf("%s: %q", name, exit.InOneLine(c.err))
		}
	}
	if err := exit.Wrong(why, ""); !errors.Is(err, why) {
		t.Error("the cause is gone")
	}
}

// TestSignals: a run ends with the code that shells expect of a signal, 128 and
// its number, and is told which one it was; it says so at once.
func TestSignals(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if got := (&exit.Signal{Signal: sig}).Code(); got != 128+int(sig) || !exit.BySignal(got) || exit.Meaning(got) == "" {
			t.Errorf("%v: code %d", sig, got)
		}
	}
	if slices.ContainsFunc(exit.AllBut(exit.HungUp, exit.Interrupted, exit.Terminated), exit.BySignal) {
		t.Error("another code is one of a signal")
	}
	said, say := io.Pipe()
	ctx, stop := exit.UntilSignal(t.Context(), say)
	defer stop()
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(os.Interrupt)
	}
	if err != nil {
		t.Skip(err)
	}
	text := make([]byte, 200)
	n, _ := said.Read(text)
	if !strings.HasPrefix(string(text[:n]), "reconcile: interrupted by SIGINT: finishing what is in flight") {
		t.Errorf("%s", text[:n])
	}
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the run goes on")
	}
	var why *exit.Signal
	if !errors.As(context.Cause(ctx), &why) || why.Code() != exit.Interrupted {
		t.Errorf("the cause is %v", context.Cause(ctx))
	}
}
