// Package commandline is what the program's commands have in common: arguments
// in; settings, help, messages and exit codes out. It knows the argument parser
// and the standard streams, and no command: those are in cmd/reconcile, a file
// each.
package commandline

import (
	"errors"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
)

// Command is a command, and what its help says.
type Command struct {
	Name, Usage string
	Args        string // what it takes beside flags; empty: nothing
	Synopsis    string
	About       string
	Example     string // may be empty

	Settings []*config.Flag
	Flags    []cli.Flag // further ones, which About explains
	Action   func(*cli.Context) error

	Codes       []int          // that it may end with; nil: all
	Meanings    map[int]string // where a code means something else than elsewhere
	AfterSignal string         // what is there after a signal; empty: nothing is said of it
}

// allFlag stands beside --help, which is answered before a command's action.
const allFlag = "all"

// forParser is the command as the argument parser takes it. Unknown flags, and
// arguments where it takes none, are errors, and its errors carry exit codes.
func (c Command) forParser() *cli.Command {
	made := &cli.Command{Name: c.Name, Usage: c.Usage, Args: c.Args != "", ArgsUsage: c.Args, HideHelpCommand: true}
	for _, f := range c.Settings {
		made.Flags = append(made.Flags, f)
	}
	made.Flags = append(append(made.Flags, c.Flags...), &cli.BoolFlag{Name: allFlag, Hidden: true})
	made.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return flagError(made, err) }
	made.Action = func(ctx *cli.Context) error {
		switch {
		case !made.Args && ctx.Args().Present():
			return Leftover(ctx.Args().Slice())
		case ctx.Bool(allFlag):
			return exit.Wrong(errors.New("unknown flag --all"), "--help --all lists all flags of a command")
		}
		return Typed(c.Action(ctx))
	}
	return made
}

// Typed gives an error its exit code: a mistake in the settings is one of usage,
// and whatever has none yet is that of a run that could not be completed.
func Typed(err error) error {
	var mistake *config.Error
	var typed *exit.Error
	if !errors.As(err, &typed) && errors.As(err, &mistake) {
		return exit.Wrong(mistake.Err, mistake.Hint)
	}
	return exit.Typed(err)
}
