package exit

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Signal is why a run that was told to stop has ended.
type Signal struct{ Signal os.Signal }

func (s *Signal) Error() string { return "interrupted by " + s.name() }

func (s *Signal) name() string {
	switch s.Signal {
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGHUP:
		return "SIGHUP"
	}
	return "SIGINT"
}

// Code is the shell's: 128 and the number of the signal.
func (s *Signal) Code() int {
	switch s.Signal {
	case syscall.SIGTERM:
		return Terminated
	case syscall.SIGHUP:
		return HungUp
	}
	return Interrupted
}

// UntilSignal returns a context that SIGINT, SIGTERM and SIGHUP (the terminal
// of a backfill is closed) end, with a *Signal as its cause. A second signal
// ends the program at once, as signals do.
//
// SIGPIPE is ignored: a reader of the log or of standard output that goes away
// must not take the run, its reports and its lock with it. The write fails
// instead.
func UntilSignal(ctx context.Context, w io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup does
		signal.Notify(caught, syscall.SIGHUP)
	}
	signal.Ignore(syscall.SIGPIPE)
	go func() {
		select {
		case sig := <-caught:
			signal.Stop(caught)
			why := &Signal{sig}
			fmt.Fprintf(w, "reconcile: %v: finishing what is in flight, then the report; once more to quit at once\n", why)
			cancel(why)
		case <-ctx.Done():
			signal.Stop(caught)
		}
	}()
	return ctx, func() { cancel(nil) }
}
