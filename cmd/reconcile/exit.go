package main

import (
	"errors"
	"fmt"
	"io"

	"reconcile/internal/config"
)

// The exit codes.
const (
	exitOK          = 0
	exitIncomplete  = 1   // the run could not be completed
	exitUsage       = 2   // usage or configuration: nothing was touched
	exitUnsettled   = 3   // completed, but objects failed, differ or are unrouted; or left because of the deadline
	exitLocked      = 4   // another run holds the lock
	exitHungUp      = 129 // SIGHUP
	exitInterrupted = 130 // SIGINT
	exitTerminated  = 143 // SIGTERM
)

// exitError ends the program with a code. Where err is nil nothing is printed:
// the report and the summary have said it already.
type exitError struct {
	code int
	err  error
	hint string // what to do about it; may be empty
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usageError is an exitError for what the user got wrong.
func usageError(err error, hint string) error {
	return &exitError{code: exitUsage, err: err, hint: hint}
}

// usage is the exitError of a mistake in the settings; nil for none.
func usage(err error) error {
	var mistake *config.Error
	if errors.As(err, &mistake) {
		return usageError(mistake.Err, mistake.Hint)
	}
	return err
}

// exitCode maps what the program came to. Commands type every error of theirs,
// so an untyped one is the argument parser's.
func exitCode(err error) int {
	var exit *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.code
	}
	return exitUsage
}

// printError prints an error the way every message of this program looks.
func printError(w io.Writer, err error) {
	var exit *exitError
	if err == nil || errors.As(err, &exit) && exit.err == nil {
		return
	}
	fmt.Fprintf(w, "reconcile: error: %v\n", err)
	if exit != nil && exit.hint != "" {
		fmt.Fprintf(w, "reconcile: hint: %s\n", exit.hint)
	}
}
