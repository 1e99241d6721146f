package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"reconcile/internal/completion"
	"reconcile/internal/exit"
)

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
		shell := ctx.Args().First()
		switch {
		case !ctx.Args().Present():
			return exit.Wrong(errors.New("no shell given"), "reconcile completion bash, fish or zsh")
		case ctx.Args().Len() > 1:
			return leftover(ctx.Args().Tail())
		case !completion.Known(shell):
			return exit.Wrong(fmt.Errorf("unknown shell %q", shell), "bash, fish and zsh are known, and man")
		}
		text, err := completion.Script(ctx.App, shell)
		if err == nil {
			_, err = fmt.Fprint(ctx.App.Writer, text)
		}
		return err
	})
}
