package merge

import "errors"

// fatalError ends the merge: the disk is full, say. Every other error is one of
// a file, and is told in the report.
type fatalError struct{ err error }

func (e *fatalError) Error() string { return e.err.Error() }
func (e *fatalError) Unwrap() error { return e.err }

func asFatal(err error, into **fatalError) bool { return errors.As(err, into) }
