package commandline

import (
	"errors"
	"io"
	"log/slog"
	"os"

	"reconcile/internal/config"
	"reconcile/internal/display"
	"reconcile/internal/progress"
)

// Streams are the standard streams of one invocation. Out carries only what was
// asked for; logs, summaries and errors go to Err.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Terminal *progress.Terminal // that Err is, with a live area; nil: there is none
	Shown    bool               // Out is a terminal
}

// NewStreams are streams to which names of objects and messages of servers can be
// written: on a terminal they do nothing.
func NewStreams(in io.Reader, out, err io.Writer, lookupEnv func(string) (string, bool)) Streams {
	s := Streams{In: in, Out: out, Terminal: progress.Attached(err, lookupEnv), Shown: progress.IsTerminal(out)}
	if s.Terminal != nil {
		err = s.Terminal
	}
	s.Err = display.Writer(err)
	if s.Shown { // in reports, too; elsewhere they are for programs to read
		s.Out = display.Writer(out)
	}
	return s
}

// Logger logs to Err in the format asked for, what was to be said of the settings
// first.
func (s Streams) Logger(set config.Settings) *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if set.Quiet {
		o.Level = slog.LevelError
	}
	log := slog.New(slog.NewTextHandler(s.Err, o))
	if set.LogFormat == "json" {
		log = slog.New(slog.NewJSONHandler(s.Err, o))
	}
	for _, warning := range set.Warnings {
		log.Warn(warning)
	}
	return log
}

// Stdout is os.Stdout, or, where it is closed, a writer that says so. The Go
// runtime opens /dev/null in its place, for reading and writing, so that no other
// file gets its number; who throws output away opens it for writing. A report or
// an answer that is written there has reached nobody.
func Stdout() io.Writer {
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

func (closedOutput) Write([]byte) (int, error) { return 0, errors.New("standard output is closed") }
