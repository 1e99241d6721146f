package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
)

// shells are those a completion script can be printed for, and what writes it.
var shells = map[string]func(*cli.App) (string, error){
	"bash": func(app *cli.App) (string, error) { return bashScript(completedCommands(app.VisibleCommands())), nil },
	"fish": fishScript,
	"man":  (*cli.App).ToMan,
	"zsh":  func(app *cli.App) (string, error) { return zshScript(completedCommands(app.VisibleCommands())), nil },
}

func completionCommand(p program) *cli.Command {
	return p.command(helpPage{
		name:     "completion",
		usage:    "print a completion script for bash, fish or zsh, or the man page",
		args:     "bash|fish|zsh|man",
		synopsis: "reconcile completion bash|fish|zsh|man",
		about:    "Completes commands, flags and the words a flag allows. The script does not run the program. man prints the man page.",
		codes:    []int{exit.OK, exit.Usage},
		meanings: map[int]string{exit.OK: "printed"},
		example: "reconcile completion bash > ~/.local/share/bash-completion/completions/reconcile\n" +
			"reconcile completion fish > ~/.config/fish/completions/reconcile.fish\n" +
			"reconcile completion zsh > \"${fpath[1]}/_reconcile\"\n" +
			"reconcile completion man | sudo tee /usr/local/share/man/man8/reconcile.8 > /dev/null",
	}, func(ctx *cli.Context) error {
		script, ok := shells[ctx.Args().First()]
		switch {
		case !ctx.Args().Present():
			return exit.Wrong(errors.New("no shell given"), "reconcile completion bash, fish or zsh")
		case ctx.Args().Len() > 1:
			return leftover(ctx.Args().Tail())
		case !ok:
			return exit.Wrong(fmt.Errorf("unknown shell %q", ctx.Args().First()), "bash, fish and zsh are known, and man")
		}
		text, err := script(documented(ctx.App, ctx.Args().First() == "man"))
		if err == nil {
			_, err = fmt.Fprint(ctx.App.Writer, text)
		}
		return err
	})
}

// completed is what a completion needs to know of a command.
type completed struct {
	name, usage string
	flags       []completedFlag
	words       []string // its arguments
}

// completedFlag is what a completion needs to know of a flag.
type completedFlag struct {
	name, usage string
	placeholder string
	words       []string // the values it allows; nil: any
	files       bool     // it names a file
	takesValue  bool
	repeatable  bool
}

func completedCommands(commands []*cli.Command) []completed {
	var all []completed
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
	}
	for _, c := range commands {
		one := completed{name: c.Name, usage: c.Usage}
		for _, f := range c.VisibleFlags() {
			one.flags = append(one.flags, describeFlag(f))
		}
		one.flags = append(one.flags, completedFlag{name: "help", usage: "show help"})
		switch {
		case strings.Contains(c.ArgsUsage, "|"):
			one.words = strings.Split(c.ArgsUsage, "|")
		case c.Name == "help":
			one.words = names
		}
		all = append(all, one)
	}
	return all
}

// describeFlag knows the table's flags, and those a command brings itself.
func describeFlag(f cli.Flag) completedFlag {
	c := completedFlag{name: f.Names()[0]}
	if t, ok := f.(*docFlag); ok {
		c.usage = t.GetUsage()
		c.placeholder, c.words, c.files = t.Placeholder, t.Choices, t.Files
		c.takesValue, c.repeatable = t.Kind != config.Boolean, t.Kind == config.List
	} else if d, ok := f.(cli.DocGenerationFlag); ok {
		c.usage, c.takesValue = d.GetUsage(), d.TakesValue()
	}
	return c
}
