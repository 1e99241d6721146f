package progress

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Attached is the terminal that w is, where a live area can be shown on it; nil:
// it cannot. A terminal that cannot move its cursor gets the log alone, and so
// does that of a build service, whose log keeps every picture.
func Attached(w io.Writer, lookupEnv func(name string) (string, bool)) *Terminal {
	if !IsTerminal(w) {
		return nil
	}
	f := w.(*os.File)
	env := func(name string) string {
		value, _ := lookupEnv(name)
		return value
	}
	switch {
	case env("TERM") == "", env("TERM") == "dumb":
		return nil
	case env("CI") != "" && env("CI") != "false":
		return nil
	}
	size := func() (columns, rows int) {
		columns, rows, _ = term.GetSize(int(f.Fd())) // 0 is not known
		return columns, rows
	}
	return NewTerminal(f, size, env("NO_COLOR") == "") // https://no-color.org
}

// IsTerminal reports whether a stream is a terminal, where somebody may sit.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
