// Reconcile copies what has been restored from a Glacier bucket, and is
// missing from its archive buckets, back to where it belongs, and reports what
// became of every object.
//
// This package is a file a command: what its help says, one call, and the exit
// code of what came of it. It alone reads arguments, environment and version.
package main

import (
	"context"
	"io"
	"os"

	"reconcile/internal/commandline"
	"reconcile/internal/exit"
	"reconcile/internal/lambda"
)

func main() {
	os.Exit(run(context.Background(), os.Args, os.Stdin, commandline.Stdout(), os.Stderr))
}

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := program{
		commandline.NewStreams(stdin, stdout, stderr, os.LookupEnv), commandline.Again(args), os.LookupEnv, os.Environ,
	}
	var err error
	if lambda.Started() && len(args) == 1 { // the runtime gives no arguments
		err = p.function(ctx)
	} else {
		err = p.app().RunContext(ctx, commandline.JoinStatus(args))
	}
	exit.Print(p.Err, err)
	return exit.CodeOf(err)
}
