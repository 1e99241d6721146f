// Package demo shows the program at work: an embedded S3 with a sample archive
// in which each object shows one thing, the command run on it, and a look at
// what became of every object. It is a package of its own because nothing else
// of the program may need the simulator.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"reconcile/internal/s3sim"
)

// Options say how the demo is run.
type Options struct {
	Out          io.Writer
	Dir          string        // for the reports; empty: a new temporary folder
	Listen       string        // address of the embedded S3
	Objects      int           // ordinary objects beside those that each show something
	Keep         bool          // leave the server up until ctx or a signal ends
	Incident     bool          // part of the archive is gone: see Demo.Incident
	RestoreDelay time.Duration // how long the server's restores take; 0: 4 h, or 3 s after an incident

	// Run runs the program itself with nothing of the user's settings and these
	// environment variables, and returns its exit code; an empty variable is not
	// set. want is the exit code that the sample calls for.
	Run  func(ctx context.Context, args []string, env map[string]string) (code int, err error)
	Want int
}

// usualDelay is how long a Standard restore takes in S3.
const usualDelay = 4 * time.Hour

// ErrUnexpected says that something did not become what the sample calls for.
var ErrUnexpected = errors.New("not what the sample calls for")

// Demo is a demo that can be run.
type Demo struct {
	Options
	server  *s3sim.Server
	samples []Sample
	gone    int // objects that the incident has taken
}

// Start starts the server, fills it, and makes the folder for the reports. An
// error is that of a folder or an address that cannot be used.
func Start(o Options) (*Demo, error) {
	d := &Demo{Options: o}
	if d.RestoreDelay == 0 {
		d.RestoreDelay = usualDelay
		if d.Options.Incident {
			d.RestoreDelay = incidentDelay
		}
	}
	var err error
	if d.Dir == "" {
		d.Dir, err = os.MkdirTemp("", "reconcile-demo-")
	} else {
		err = os.MkdirAll(d.Dir, 0o777)
	}
	if err != nil {
		return nil, err
	}
	d.server, err = s3sim.Start(s3sim.Config{
		Addr:         d.Listen,
		RestoreDelay: func(string, string) time.Duration { return d.RestoreDelay },
	})
	if err != nil {
		return nil, err
	}
	if d.Options.Incident {
		d.gone = fillIncident(d.server, d.Objects)
	} else {
		d.samples = fill(d.server, d.Objects, time.Now())
	}
	return d, nil
}

// Close ends the server.
func (d *Demo) Close() error { return d.server.Close() }

// Show runs the command twice, then an audit of an archive to which something
// has happened, and checks what came of it each time.
func (d *Demo) Show(ctx context.Context) error {
	d.introduce()
	if err := d.job(ctx, "first"); err != nil {
		return err
	}
	if err := d.check(); err != nil {
		return err
	}
	if err := d.job(ctx, "second", "--quiet"); err != nil {
		return err
	}
	if err := d.checkSecond(); err != nil {
		return err
	}
	if err := d.audit(ctx); err != nil {
		return err
	}
	d.next()
	if d.Keep {
		restoreMore(d.server, time.Now())
		d.wait(ctx)
	}
	return nil
}

func (d *Demo) introduce() {
	fmt.Fprintf(d.Out, "An S3 server of the demo's own, with a sample archive, is at %s:\n", d.server.URL())
	for _, b := range []struct{ name, is string }{
		{source, "archived in Glacier, most of it restored"}, {protected, "the archive for data"}, {public, "the archive for the rest"},
	} {
		fmt.Fprintf(d.Out, "  s3://%-16s %7d objects   %s\n", b.name, d.server.Len(b.name), b.is)
	}
}

// job runs the program's own run command on the server. Its exit code is what
// the sample calls for: it has an object that differs.
func (d *Demo) job(ctx context.Context, name string, more ...string) error {
	code, err := d.run(ctx, append([]string{"run", "--report", d.report(name, "json"), "--report", d.report(name, "csv"),
		"--report", d.report(name, "html"), "--report-rows", "all"}, more...)...)
	if code != d.Want {
		return fmt.Errorf("the demo's job was to end with exit code %d, for the object that differs, and ended with %d: %w",
			d.Want, code, errors.Join(err, ctx.Err()))
	}
	fmt.Fprintf(d.Out, "exit code %d: one object differs, and is reported instead of overwritten\n", code)
	return nil
}

func (d *Demo) report(name, format string) string {
	return filepath.Join(d.Dir, name+"."+format)
}

// run shows a command of the program, with its flags, and runs it on the sample.
func (d *Demo) run(ctx context.Context, command ...string) (code int, err error) {
	args := append([]string{"reconcile", command[0], "--source", source, "--protected", protected, "--public", public,
		"--endpoint-url", d.server.URL()}, command[1:]...)
	fmt.Fprintf(d.Out, "\n$ %s\n", strings.Join(args, " "))
	return d.Run(ctx, args, d.Environment())
}

// URL is where the server listens.
func (d *Demo) URL() string { return d.server.URL() }

// Environment gives the SDK the server's credentials and nothing of the user's.
func (d *Demo) Environment() map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID": d.server.AccessKey(), "AWS_SECRET_ACCESS_KEY": d.server.SecretKey(),
		"AWS_REGION": d.server.Region(), "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_DEFAULT_PROFILE": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "", "AWS_CA_BUNDLE": "",
	}
}

func (d *Demo) next() {
	fmt.Fprintf(d.Out, "\nThe reports are in %s\n", d.Dir)
	fmt.Fprintf(d.Out, "\nWhat to try next:\n"+
		"  reconcile demo --keep              leave the server up, and point any S3 client at it\n"+
		"  reconcile demo --objects 100000    the same with more to look through\n"+
		"  reconcile audit --help             what an audit looks at\n"+
		"  reconcile plan --help              what a run would copy, with nothing copied\n")
}

// wait leaves the server up until a signal, and says how to use it.
func (d *Demo) wait(ctx context.Context) {
	fmt.Fprintf(d.Out, `
The server stays up until Ctrl-C. Three more objects of %[5]s have been restored
meanwhile, for you to bring home. In another terminal:

  export AWS_ACCESS_KEY_ID=%[1]s AWS_SECRET_ACCESS_KEY=%[2]s AWS_REGION=%[3]s
  export AWS_ENDPOINT_URL=%[4]s

  reconcile plan --source %[5]s --protected %[6]s --public %[7]s --report -
  reconcile run  --source %[5]s --protected %[6]s --public %[7]s --report report.csv
  aws s3 ls --recursive s3://%[6]s
  curl --aws-sigv4 "aws:amz:$AWS_REGION:s3" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
       "$AWS_ENDPOINT_URL/%[6]s?list-type=2"
`, d.server.AccessKey(), d.server.SecretKey(), d.server.Region(), d.server.URL(),
		source, protected, public)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
}
