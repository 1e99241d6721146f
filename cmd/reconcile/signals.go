package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// signalError is why a run that was told to stop has ended.
type signalError struct{ signal os.Signal }

func (e *signalError) Error() string { return "interrupted by " + e.name() }

func (e *signalError) name() string {
	switch e.signal {
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGHUP:
		return "SIGHUP"
	}
	return "SIGINT"
}

// exitCode is the shell's: 128 and the number of the signal.
func (e *signalError) exitCode() int {
	switch e.signal {
	case syscall.SIGTERM:
		return exitTerminated
	case syscall.SIGHUP:
		return exitHungUp
	}
	return exitInterrupted
}

// untilSignal returns a context that SIGINT, SIGTERM and SIGHUP (the terminal
// of a backfill is closed) end, with a *signalError as its cause. A second
// signal ends the program at once, as signals do.
//
// SIGPIPE is ignored: a reader of the log or of standard output that goes away
// must not take the run, its reports and its lock with it. The write fails
// instead.
func untilSignal(ctx context.Context, w io.Writer) (context.Context, func()) {
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
			why := &signalError{sig}
			fmt.Fprintf(w, "reconcile: %v: finishing what is in flight, then the report; once more to quit at once\n", why)
			cancel(why)
		case <-ctx.Done():
			signal.Stop(caught)
		}
	}()
	return ctx, func() { cancel(nil) }
}
