package commandline

import (
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/display"
	"reconcile/internal/exit"
)

// switchFlag is a switch that keeps nothing of a command line, so that one of the
// parser's, which all command lines of a process share, may be in several at once.
type switchFlag struct{ *cli.BoolFlag }

// Apply declares the switch.
func (f switchFlag) Apply(set *flag.FlagSet) error {
	for _, name := range f.Names() {
		set.Bool(name, false, f.Usage)
	}
	return nil
}

func init() {
	for _, shared := range []*cli.Flag{&cli.HelpFlag, &cli.VersionFlag} {
		*shared = switchFlag{(*shared).(*cli.BoolFlag)}
	}
}

// App puts the commands together, in the order of the help, which is a command
// too.
func App(usage, version string, s Streams, commands []Command) *cli.App {
	app := &cli.App{
		Name:            "reconcile",
		Usage:           usage,
		Version:         version,
		Reader:          s.In,
		Writer:          s.Out,
		ErrWriter:       s.Err,
		HideHelpCommand: true,
		Flags:           []cli.Flag{cli.HelpFlag}, // left out where a command is called help
		Before:          helpWhereAsked(commands),
		Action:          noCommand,
		OnUsageError:    flagBeforeCommand,
		ExitErrHandler:  func(*cli.Context, error) {}, // only main exits
	}
	for _, c := range commands {
		app.Commands = append(app.Commands, c.forParser())
	}
	help := Command{Name: "help", Usage: "show the help of a command", Args: "[COMMAND]", Action: showHelp}
	app.Commands = append(app.Commands, help.forParser())
	app.CustomAppHelpTemplate = appHelp(usage, app.Commands)
	return app
}

// showHelp is the command help.
func showHelp(ctx *cli.Context) error {
	name, rest := ctx.Args().First(), ctx.Args().Tail()
	switch {
	case name == "":
		return cli.ShowAppHelp(ctx)
	case len(rest) > 0 && !slices.Equal(rest, []string{"--" + allFlag}):
		return Leftover(rest)
	case ctx.App.Command(name) == nil:
		return unknownCommand(ctx, name)
	}
	return ctx.App.RunContext(ctx.Context, append([]string{"reconcile", name, "--help"}, rest...))
}

// noCommand is what the program does when no command was recognised.
func noCommand(ctx *cli.Context) error {
	if ctx.Args().Present() {
		return unknownCommand(ctx, ctx.Args().First())
	}
	if err := cli.ShowAppHelp(ctx); err != nil {
		return err
	}
	return exit.With(exit.Usage, nil, "")
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

// Leftover refuses arguments that a command does not take. The parser stops at
// the first one: flags behind it would be ignored without a word.
func Leftover(args []string) error {
	hint := "settings are given as flags"
	switch {
	case args[0] == "true" || args[0] == "false":
		hint = "a switch takes its value with an equals sign, as in --include-online=" + args[0]
	case len(args) > 1 && strings.HasPrefix(args[1], "-"):
		hint = "flags after an argument are not read: " + args[1]
	}
	return exit.Wrong(fmt.Errorf("unexpected argument %q", display.URL(args[0])), hint)
}
