package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

// agreement is how the cost of a command is agreed to: by --yes, or by whoever
// sits at the terminal. Where there is neither, nothing is sent at all.
func agreement(s streams, set config.Settings) (job.Agree, error) {
	if set.Yes || set.Show {
		return nil, nil
	}
	if !terminal(s.in) {
		return nil, exit.Wrong(errors.New("nobody can be asked whether the cost is agreed to: stdin is no terminal"),
			"give --yes; reconcile "+set.Command+" prints the cost before it asks")
	}
	return func(ctx context.Context) error {
		fmt.Fprint(s.err, "Go on? [y/N] ")
		answer, err := line(ctx, s.in)
		if err != nil {
			return err
		}
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "y", "yes":
			return nil
		}
		return &config.Error{Err: job.ErrDeclined}
	}, nil
}

// line reads a line, unless ctx ends first.
func line(ctx context.Context, r io.Reader) (string, error) {
	type read struct {
		text string
		err  error
	}
	got := make(chan read, 1)
	go func() { // it ends with the process where nobody answers
		text, err := bufio.NewReader(r).ReadString('\n')
		got <- read{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case a := <-got:
		if errors.Is(a.err, io.EOF) {
			a.err = nil // no answer is no
		}
		return a.text, a.err
	}
}

// terminal reports whether somebody may sit behind r.
func terminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	is, err := f.Stat()
	if err != nil || is.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(is, null)
}
