package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
)

// shells maps a shell to what writes its completion script.
var shells = map[string]func([]completed) string{"bash": bashScript, "zsh": zshScript}

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:  "completion",
		Usage: "print a completion script for bash or zsh",
		Args:  true,
		CustomHelpTemplate: commandHelp(helpPage{
			name:     "completion",
			usage:    "print a completion script for bash or zsh",
			synopsis: "reconcile completion bash|zsh",
			about:    "Completes commands, flags and the words a flag allows. The script does not run the program.",
			codes:    []int{exit.OK, exit.Usage},
			meanings: map[int]string{exit.OK: "printed"},
			example: "reconcile completion bash > ~/.local/share/bash-completion/completions/reconcile\n" +
				"reconcile completion zsh > \"${fpath[1]}/_reconcile\"",
		}),
		Action: func(ctx *cli.Context) error {
			script, ok := shells[ctx.Args().First()]
			switch {
			case !ctx.Args().Present():
				return exit.Wrong(errors.New("no shell given"), "reconcile completion bash, or zsh")
			case ctx.Args().Len() > 1:
				return leftover(ctx.Args().Tail())
			case !ok:
				return exit.Wrong(fmt.Errorf("unknown shell %q", ctx.Args().First()), "bash and zsh are known")
			}
			_, err := fmt.Fprint(ctx.App.Writer, script(completedCommands(ctx.App.VisibleCommands())))
			return err
		},
	}
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
		for _, f := range c.Flags {
			one.flags = append(one.flags, describeFlag(f))
		}
		one.flags = append(one.flags, completedFlag{name: "help", usage: "show help"})
		switch c.Name {
		case "completion":
			one.words = []string{"bash", "zsh"}
		case "help":
			one.words = names
		}
		all = append(all, one)
	}
	return all
}

// describeFlag knows the table's flags, and those a command brings itself.
func describeFlag(f cli.Flag) completedFlag {
	c := completedFlag{name: f.Names()[0]}
	if t, ok := f.(*config.Flag); ok {
		first, _, _ := strings.Cut(t.Usage, ". ")
		c.usage = strings.TrimSuffix(first, ".")
		c.placeholder, c.words, c.files = t.Placeholder, t.Choices, t.Files
		c.takesValue, c.repeatable = t.Kind != config.Boolean, t.Kind == config.List
	} else if d, ok := f.(cli.DocGenerationFlag); ok {
		c.usage, c.takesValue = d.GetUsage(), d.TakesValue()
	}
	return c
}
