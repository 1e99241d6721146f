package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/commandline"
	"reconcile/internal/demo"
	"reconcile/internal/exit"
)

func demoCommand(p program) commandline.Command {
	return commandline.Command{
		Name:     "demo",
		Usage:    "run the job on a sample archive in an embedded S3",
		Synopsis: "reconcile demo [--out DIR] [--objects N] [--listen ADDR] [--keep] [--restore-delay DURATION] [--incident]",
		About: "Starts an S3 server of its own on a free loopback port, fills a glacier bucket and two archive buckets, " +
			"runs reconcile against it over HTTP, and checks what became of every kind of object; then an audit has to find a leak, " +
			"an orphan, a loss and a corrupt copy. It needs no account and no " +
			"network. --out names the folder for the reports (a new temporary one by default), --objects adds that many " +
			"ordinary objects (50 by default), --listen sets the server's address, and --keep leaves the server up until " +
			"Ctrl-C, with three more objects restored, and says how to reach it. Restores that you ask that server for " +
			"take --restore-delay (4h by default). --incident shows another night: part of the archive is gone, and is found, " +
			"restored, waited for, copied and proved, in less than a minute.",
		Codes: []int{exit.OK, exit.Incomplete, exit.Usage, exit.Unsettled},
		Meanings: map[int]string{
			exit.OK:         "the job did all that the sample calls for",
			exit.Incomplete: "the demo could not be completed",
			exit.Unsettled:  "some object did not become what the sample calls for",
		},
		Example: "reconcile demo --keep --objects 100000",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "folder for the reports"},
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:0", Usage: "address of the embedded S3"},
			&cli.IntFlag{Name: "objects", Value: 50, Usage: "ordinary objects beside those that each show something"},
			&cli.BoolFlag{Name: "keep", Usage: "leave the server up"},
			&cli.DurationFlag{Name: "restore-delay", Usage: "how long the server's restores take"},
			&cli.BoolFlag{Name: "incident", Usage: "part of the archive is gone, and is brought back"},
		},
		Action: func(c *cli.Context) error {
			return p.demo(c.Context, demo.Options{
				Out: p.Out, Dir: c.String("out"), Listen: c.String("listen"), Objects: c.Int("objects"), Keep: c.Bool("keep"),
				RestoreDelay: c.Duration("restore-delay"), Incident: c.Bool("incident"), Run: p.runItself, Want: exit.Unsettled,
			})
		},
	}
}

func (p program) demo(ctx context.Context, o demo.Options) error {
	if o.Objects < 0 {
		return exit.Wrong(fmt.Errorf("flag --objects: %d is less than 0", o.Objects), "")
	}
	d, err := demo.Start(o)
	if err != nil {
		return exit.Wrong(err, "") // a folder or an address that cannot be used; nothing was touched
	}
	defer d.Close()
	show := d.Show
	if o.Incident {
		show = d.Incident
	}
	err = show(ctx)
	if errors.Is(err, demo.ErrUnexpected) {
		return exit.With(exit.Unsettled, err, "")
	}
	return err
}

// runItself runs the program's own command with what the SDK reads from the
// environment, and with nothing of the user's settings.
func (p program) runItself(ctx context.Context, args []string, env map[string]string) (int, error) {
	defer demo.LendEnvironment(env)()
	own := program{
		Streams:   commandline.Streams{In: strings.NewReader(""), Out: p.Out, Err: p.Out},
		lookupEnv: func(string) (string, bool) { return "", false },
	}
	if p.Shown && p.Terminal != nil { // both are the terminal, in one order
		own.Err, own.Terminal = p.Err, p.Terminal
	}
	err := own.app().RunContext(ctx, commandline.JoinStatus(args))
	return exit.CodeOf(err), err
}
