package main

import (
	"github.com/urfave/cli/v2"

	"reconcile/internal/commandline"
)

// program is what one invocation works with.
type program struct {
	commandline.Streams
	again     string // the invocation, for a shell
	lookupEnv func(name string) (string, bool)
	environ   func() []string // as os.Environ; nil: nothing
}

// app puts the commands together.
func (p program) app() *cli.App {
	return commandline.App("copy what was restored from Glacier back to its archive buckets, and prove it",
		programVersion(), p.Streams, commands(p))
}

// commands lists the commands in the order of the help, which is the last one.
func commands(p program) []commandline.Command {
	return []commandline.Command{
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
		completionCommand(),
		versionCommand(),
	}
}
