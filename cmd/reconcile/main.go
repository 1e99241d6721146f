// Reconcile copies what has been restored from a Glacier bucket, and is
// missing from its archive buckets, back to where it belongs, and reports what
// became of every object.
//
// This package reads arguments and environment, and turns what came of the job
// into an exit code.
package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"

	"reconcile/internal/display"
	"reconcile/internal/exit"
	"reconcile/internal/lambda"
	"reconcile/internal/progress"
)

func main() {
	saveMemory()
	os.Exit(run(context.Background(), os.Args, os.Stdin, standardOutput(), os.Stderr))
}

// streams are the standard streams of one invocation. Stdout carries only what
// was asked for; logs, summaries and errors go to stderr.
type streams struct {
	in       io.Reader
	out, err io.Writer
	terminal *progress.Terminal // that err is, with a live area; nil: there is none
	again    string             // the command line of the invocation, for a shell
	shown    bool               // out is a terminal
}

// joinStatus gives --status the word that follows it: it is a switch, and takes
// statuses too, which the parser of flags would leave as an argument.
func joinStatus(args []string) []string {
	all := slices.Clone(args)
	for i := 1; i+1 < len(all); i++ {
		if (all[i] == "--status" || all[i] == "-status") && !strings.HasPrefix(all[i+1], "-") {
			return append(append(all[:i:i], all[i]+"="+all[i+1]), all[i+2:]...)
		}
	}
	return all
}

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	terminal := liveTerminal(stderr, os.LookupEnv)
	if terminal != nil {
		stderr = terminal
	}
	stderr = display.Writer(stderr) // names of objects and messages of servers go there
	shown := isTerminal(stdout)
	if shown { // in reports, too; elsewhere they are for programs to read
		stdout = display.Writer(stdout)
	}
	p := program{
		streams:   streams{stdin, stdout, stderr, terminal, commandLine(args), shown},
		lookupEnv: os.LookupEnv,
		environ:   os.Environ,
		execute:   execute,
		allFlags:  slices.Contains(args, "--"+allFlag) || slices.Contains(args, "-"+allFlag),
	}
	var err error
	if lambda.Started() && len(args) == 1 { // the runtime gives no arguments
		err = p.function(ctx)
	} else {
		err = newApp(p).RunContext(ctx, joinStatus(args))
	}
	exit.Print(stderr, err)
	return exit.CodeOf(err)
}
