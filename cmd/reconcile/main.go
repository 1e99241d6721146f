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

	"reconcile/internal/display"
	"reconcile/internal/exit"
	"reconcile/internal/lambda"
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
}

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	stderr = display.Writer(stderr) // names of objects and messages of servers go there
	p := program{
		streams:   streams{stdin, stdout, stderr},
		lookupEnv: os.LookupEnv,
		environ:   os.Environ,
		execute:   execute,
		allFlags:  slices.Contains(args, "--"+allFlag) || slices.Contains(args, "-"+allFlag),
	}
	var err error
	if lambda.Started() && len(args) == 1 { // the runtime gives no arguments
		err = p.function(ctx)
	} else {
		err = newApp(p).RunContext(ctx, args)
	}
	exit.Print(stderr, err)
	return exit.CodeOf(err)
}
