package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"reconcile/internal/commandline"
	"reconcile/internal/completion"
	"reconcile/internal/exit"
)

func completionCommand() commandline.Command {
	return commandline.Command{
		Name:     "completion",
		Usage:    "print a completion script for bash, fish or zsh, or the man page",
		Args:     "bash|fish|zsh|man",
		Synopsis: "reconcile completion bash|fish|zsh|man",
		About:    "Completes commands, flags and the words a flag allows. The script does not run the program. man prints the man page.",
		Codes:    []int{exit.OK, exit.Usage},
		Meanings: map[int]string{exit.OK: "printed"},
		Example: "reconcile completion bash > ~/.local/share/bash-completion/completions/reconcile\n" +
			"reconcile completion fish > ~/.config/fish/completions/reconcile.fish\n" +
			"reconcile completion zsh > \"${fpath[1]}/_reconcile\"\n" +
			"reconcile completion man | sudo tee /usr/local/share/man/man8/reconcile.8 > /dev/null",
		Action: printScript,
	}
}

func printScript(ctx *cli.Context) error {
	shell := ctx.Args().First()
	switch {
	case !ctx.Args().Present():
		return exit.Wrong(errors.New("no shell given"), "reconcile completion bash, fish or zsh")
	case ctx.Args().Len() > 1:
		return commandline.Leftover(ctx.Args().Tail())
	case !completion.Known(shell):
		return exit.Wrong(fmt.Errorf("unknown shell %q", shell), "bash, fish and zsh are known, and man")
	}
	text, err := completion.Script(ctx.App, shell)
	if err == nil {
		_, err = fmt.Fprint(ctx.App.Writer, text)
	}
	return err
}
