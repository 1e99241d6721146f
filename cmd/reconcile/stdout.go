package main

import (
	"errors"
	"io"
	"os"
)

// standardOutput is os.Stdout, or, where it is closed, a writer that says so.
// The Go runtime opens /dev/null in its place, for reading and writing, so that
// no other file gets its number; who throws output away opens it for writing.
// A report or an answer that is written there has reached nobody.
func standardOutput() io.Writer {
	out, err := os.Stdout.Stat()
	if err != nil {
		return closedOutput{}
	}
	if null, err := os.Stat(os.DevNull); err == nil && os.SameFile(out, null) {
		if _, err := os.Stdout.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
			return closedOutput{}
		}
	}
	return os.Stdout
}

// closedOutput takes nothing.
type closedOutput struct{}

var errClosedOutput = errors.New("standard output is closed")

func (closedOutput) Write([]byte) (int, error) { return 0, errClosedOutput }
