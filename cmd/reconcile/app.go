package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/display"
	"reconcile/internal/exit"
)

// program is what one invocation works with.
type program struct {
	streams   streams
	lookupEnv func(name string) (string, bool)
	environ   func() []string                                       // as os.Environ; nil: nothing
	execute   func(context.Context, streams, config.Settings) error // carries out a job
	allFlags  bool                                                  // the help lists all flags, not only the usual ones
}

// newApp puts the commands together.
func newApp(p program) *cli.App {
	app := &cli.App{
		Name:            "reconcile",
		Usage:           "copy what was restored from Glacier back to its archive buckets, and prove it",
		Version:         programVersion(),
		Reader:          p.streams.in,
		Writer:          p.streams.out,
		ErrWriter:       p.streams.err,
		HideHelpCommand: true,
		Flags:           []cli.Flag{cli.HelpFlag}, // left out where a command is called help
		Commands:        commands(p),
		Action:          noCommand,
		OnUsageError:    flagBeforeCommand,
		ExitErrHandler:  func(*cli.Context, error) {}, // only main exits
	}
	for _, c := range app.Commands {
		guard(c)
	}
	app.CustomAppHelpTemplate = appHelp(app)
	return app
}

// commands lists the commands in the order of the help.
func commands(p program) []*cli.Command {
	return []*cli.Command{
		runCommand(p),
		planCommand(p),
		auditCommand(p),
		restoreCommand(p),
		recoverCommand(p),
		eventCommand(p),
		submitCommand(p),
		mergeCommand(p),
		reportCommand(p),
		diffCommand(p),
		verifyReportCommand(p),
		notifyTestCommand(p),
		demoCommand(p),
		completionCommand(p),
		versionCommand(p),
		helpCommand(),
	}
}

// guard gives a command what every command has: unknown flags and arguments
// it does not take are errors, and its errors are typed.
func guard(c *cli.Command) {
	action := c.Action
	c.HideHelpCommand = true
	c.Flags = append(c.Flags, &cli.BoolFlag{Name: allFlag, Hidden: true})
	c.OnUsageError = func(_ *cli.Context, err error, _ bool) error {
		return flagError(c, err)
	}
	c.Action = func(ctx *cli.Context) error {
		if !c.Args && ctx.Args().Present() {
			return leftover(ctx.Args().Slice())
		}
		if ctx.Bool(allFlag) {
			return exit.Wrong(errors.New("unknown flag --all"), "--help --all lists all flags of a command")
		}
		return exit.Typed(action(ctx))
	}
}

// allFlag stands beside --help, which is answered before a command's action.
const allFlag = "all"

// leftover refuses positional arguments. The parser stops at the first one:
// flags behind it would be ignored without a word.
func leftover(args []string) error {
	hint := "settings are given as flags"
	switch {
	case args[0] == "true" || args[0] == "false":
		hint = "a switch takes its value with an equals sign, as in --include-online=" + args[0]
	case len(args) > 1 && strings.HasPrefix(args[1], "-"):
		hint = "flags after an argument are not read: " + args[1]
	}
	return exit.Wrong(fmt.Errorf("unexpected argument %q", display.URL(args[0])), hint)
}

// noCommand is what the program does when no command was recognised.
func noCommand(ctx *cli.Context) error {
	if !ctx.Args().Present() {
		if err := cli.ShowAppHelp(ctx); err != nil {
			return err
		}
		return exit.With(exit.Usage, nil, "")
	}
	return unknownCommand(ctx, ctx.Args().First())
}

func unknownCommand(ctx *cli.Context, name string) error {
	var names []string
	for _, c := range ctx.App.VisibleCommands() {
		names = append(names, c.Name)
	}
	hint := "the commands are " + strings.Join(names, ", ")
	if near := config.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return exit.Wrong(fmt.Errorf("unknown command %q", name), hint)
}
