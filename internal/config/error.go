package config

// Error is a mistake in the settings, which their user can mend: nothing has
// been touched when it is found.
type Error struct {
	Err  error
	Hint string // what to do about it; may be empty
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// mistake is an Error, in the order of a sentence.
func mistake(err error, hint string) error { return &Error{Err: err, Hint: hint} }
