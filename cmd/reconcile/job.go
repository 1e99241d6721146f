package main

import (
	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
)

// jobCommand makes a command that carries out a job with the table's settings.
func (p program) jobCommand(page helpPage) *cli.Command {
	flags := config.NewFlags(config.Parameters())
	page.flags = flags
	return &cli.Command{
		Name:               page.name,
		Usage:              page.usage,
		Flags:              cliFlags(flags),
		CustomHelpTemplate: commandHelp(page),
		Action: func(ctx *cli.Context) error {
			s, err := p.load(page.name, flags)
			if err != nil {
				return err
			}
			return p.execute(ctx.Context, p.streams, s)
		},
	}
}
