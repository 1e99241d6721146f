// Package exit is the program's ending: exit codes, the error that carries one
// with a hint, how it is printed, and the signals that end a run. It is a
// package of its own because commands, the Lambda function and their tests need
// the same codes, and nothing else may make one.
package exit

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// The exit codes.
const (
	OK          = 0
	Incomplete  = 1   // the run could not be completed
	Usage       = 2   // usage or configuration: nothing was touched
	Unsettled   = 3   // completed, but objects failed, differ or are unrouted; or left because of the deadline
	Locked      = 4   // another run holds the lock
	HungUp      = 129 // SIGHUP
	Interrupted = 130 // SIGINT
	Terminated  = 143 // SIGTERM
)

// All are the exit codes, in order.
var All = []int{OK, Incomplete, Usage, Unsettled, Locked, HungUp, Interrupted, Terminated}

// AllBut are the exit codes but some: a command that takes no lock has no Locked.
func AllBut(codes ...int) []int {
	return slices.DeleteFunc(slices.Clone(All), func(c int) bool { return slices.Contains(codes, c) })
}

// Meaning says what a code means, unless a command has something else to say of
// it.
func Meaning(code int) string {
	return map[int]string{
		OK:          "completed, and no object failed, differs or is without an archive bucket",
		Incomplete:  "the job could not be completed: a listing failed, the list of excluded keys could not be fetched, or a report could not be delivered (it is then kept locally, and named)",
		Usage:       "usage or configuration is wrong; nothing was touched",
		Unsettled:   "completed, but objects failed, differ or are without an archive bucket; or ended because of the deadline",
		Locked:      "another run holds the lock; nothing was done",
		HungUp:      "the terminal was closed (SIGHUP)",
		Interrupted: "interrupted (SIGINT)",
		Terminated:  "terminated (SIGTERM)",
	}[code]
}

// BySignal reports whether a code is that of a signal.
func BySignal(code int) bool { return code > 128 }

// Error ends the program with a code. Where Err is nil nothing is printed: the
// report and the summary have said it already.
type Error struct {
	Code int
	Err  error
	Hint string // what to do about it; may be empty
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// With is an error with a code: err may be nil.
func With(code int, err error, hint string) error {
	return &Error{Code: code, Err: err, Hint: hint}
}

// Wrong is the error for what the user got wrong: usage or configuration.
func Wrong(err error, hint string) error { return With(Usage, err, hint) }

// Typed makes an error that names no exit code one of a run that could not be
// completed: whatever the user got wrong has been typed where it was found.
func Typed(err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	return With(Incomplete, err, "")
}

// CodeOf maps what the program came to. Commands type every error of theirs, so
// an untyped one is the argument parser's.
func CodeOf(err error) int {
	var e *Error
	switch {
	case err == nil:
		return OK
	case errors.As(err, &e):
		return e.Code
	}
	return Usage
}

// Print prints an error the way every message of this program looks.
func Print(w io.Writer, err error) {
	var e *Error
	if err == nil || errors.As(err, &e) && e.Err == nil {
		return
	}
	fmt.Fprintf(w, "reconcile: error: %v\n", err)
	if e != nil && e.Hint != "" {
		fmt.Fprintf(w, "reconcile: hint: %s\n", e.Hint)
	}
}

// InOneLine is an error with what to do about it.
func InOneLine(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Hint != "" {
		return fmt.Sprintf("%v (%s)", err, e.Hint)
	}
	return err.Error()
}
