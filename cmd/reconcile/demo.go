package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
)

func demoCommand(p program) *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "run the job on a sample archive in an embedded S3",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "folder for the reports"},
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:0", Usage: "address of the embedded S3"},
			&cli.IntFlag{Name: "objects", Value: 50, Usage: "ordinary objects beside those that each show something"},
			&cli.BoolFlag{Name: "keep", Usage: "leave the server up"},
			&cli.DurationFlag{Name: "restore-delay", Value: 4 * time.Hour, Usage: "how long the server's restores take"},
		},
		CustomHelpTemplate: commandHelp(helpPage{
			name:     "demo",
			usage:    "run the job on a sample archive in an embedded S3",
			synopsis: "reconcile demo [--out DIR] [--objects N] [--listen ADDR] [--keep] [--restore-delay DURATION]",
			about: "Starts an S3 server of its own on a free loopback port, fills a glacier bucket and two archive buckets, " +
				"runs reconcile against it over HTTP, and checks what became of every kind of object. It needs no account and no " +
				"network. --out names the folder for the reports (a new temporary one by default), --objects adds that many " +
				"ordinary objects (50 by default), --listen sets the server's address, and --keep leaves the server up until " +
				"Ctrl-C, with three more objects restored, and says how to reach it. Restores that you ask that server for " +
				"take --restore-delay (4h by default).",
			codes: []int{exitOK, exitIncomplete, exitUsage, exitUnsettled},
			meanings: map[int]string{
				exitOK:         "the job did all that the sample calls for",
				exitIncomplete: "the demo could not be completed",
				exitUnsettled:  "some object did not become what the sample calls for",
			},
			example: "reconcile demo --keep --objects 100000",
		}),
		Action: func(c *cli.Context) error {
			d := demo{
				out: p.streams.out, err: p.streams.err, dir: c.String("out"),
				listen: c.String("listen"), objects: c.Int("objects"), keep: c.Bool("keep"),
				restoreDelay: c.Duration("restore-delay"),
			}
			if d.objects < 0 {
				return usageError(fmt.Errorf("flag --objects: %d is less than 0", d.objects), "")
			}
			return d.run(c.Context)
		},
	}
}

// demo is one run of the demo.
type demo struct {
	out, err io.Writer
	dir      string
	listen   string
	objects  int
	keep     bool

	restoreDelay time.Duration

	server *s3sim.Server
	cases  []demoCase
}

func (d *demo) run(ctx context.Context) error {
	if err := d.prepare(); err != nil {
		return usageError(err, "") // a folder or an address that cannot be used; nothing was touched
	}
	defer d.server.Close()
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
	d.next()
	if d.keep {
		restoreMore(d.server, time.Now())
		d.wait(ctx)
	}
	return nil
}

// prepare starts the server and fills it, and makes the folder for the reports.
func (d *demo) prepare() (err error) {
	if d.dir == "" {
		d.dir, err = os.MkdirTemp("", "reconcile-demo-")
	} else {
		err = os.MkdirAll(d.dir, 0o777)
	}
	if err != nil {
		return err
	}
	d.server, err = s3sim.Start(s3sim.Config{
		Addr:         d.listen,
		RestoreDelay: func(string, string) time.Duration { return d.restoreDelay },
	})
	if err != nil {
		return err
	}
	d.cases = fillDemo(d.server, d.objects, time.Now())
	return nil
}

func (d *demo) introduce() {
	fmt.Fprintf(d.out, "An S3 server of the demo's own, with a sample archive, is at %s:\n", d.server.URL())
	for _, b := range []struct{ name, is string }{
		{demoSource, "archived in Glacier, most of it restored"}, {demoProtected, "the archive for data"}, {demoPublic, "the archive for the rest"},
	} {
		fmt.Fprintf(d.out, "  s3://%-16s %7d objects   %s\n", b.name, d.server.Len(b.name), b.is)
	}
}

// job runs the program's own run command on the server. An exit code of 3 is
// what the sample calls for: it has an object that differs.
func (d *demo) job(ctx context.Context, name string, more ...string) error {
	args := append([]string{"reconcile", "run", "--source", demoSource, "--protected", demoProtected, "--public", demoPublic,
		"--endpoint-url", d.server.URL(), "--report", d.report(name, "json"), "--report", d.report(name, "csv"), "--report-rows", "all"}, more...)
	fmt.Fprintf(d.out, "\n$ %s\n", strings.Join(args, " "))
	restore := d.lendCredentials()
	defer restore()
	p := program{
		streams:   streams{strings.NewReader(""), d.out, d.out},
		lookupEnv: func(string) (string, bool) { return "", false }, // the user's settings are not the demo's
		execute:   execute,
	}
	err := newApp(p).RunContext(ctx, args)
	if code := exitCode(err); code != exitUnsettled {
		return fmt.Errorf("the demo's job was to end with exit code %d, for the object that differs, and ended with %d: %w",
			exitUnsettled, code, errors.Join(err, ctx.Err()))
	}
	fmt.Fprintf(d.out, "exit code %d: one object differs, and is reported instead of overwritten\n", exitUnsettled)
	return nil
}

func (d *demo) report(name, format string) string {
	return filepath.Join(d.dir, name+"."+format)
}

// lendCredentials gives the SDK the server's credentials and nothing of the
// user's, as long as the job runs.
func (d *demo) lendCredentials() (restore func()) {
	set := map[string]string{
		"AWS_ACCESS_KEY_ID": d.server.AccessKey(), "AWS_SECRET_ACCESS_KEY": d.server.SecretKey(),
		"AWS_REGION": d.server.Region(), "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_DEFAULT_PROFILE": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "", "AWS_CA_BUNDLE": "",
	}
	old := map[string]*string{}
	for name, value := range set {
		if was, ok := os.LookupEnv(name); ok {
			old[name] = &was
		}
		setOrUnset(name, value)
	}
	return func() {
		for name := range set {
			if was := old[name]; was != nil {
				os.Setenv(name, *was)
			} else {
				os.Unsetenv(name)
			}
		}
	}
}

func setOrUnset(name, value string) {
	if value == "" {
		os.Unsetenv(name)
		return
	}
	os.Setenv(name, value)
}

// demoReport is what the demo looks at in a report.
type demoReport struct {
	Summary struct {
		Scanned, Copied, Present int
		Requests                 map[string]int64
	}
	Objects []report.Row
}

func (d *demo) read(name string) (demoReport, error) {
	var r demoReport
	text, err := os.ReadFile(d.report(name, "json"))
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// check holds the report, and the archive itself, against what the sample
// calls for.
func (d *demo) check() error {
	r, err := d.read("first")
	if err != nil {
		return err
	}
	got := map[string]report.Row{}
	for _, row := range r.Objects {
		got[string(row.SourceKey)] = row
	}
	fmt.Fprintf(d.out, "\nWhat became of the objects that each show something:\n")
	wrong := 0
	for _, c := range d.cases {
		row := got[c.key]
		verdict := ""
		if row.Status != c.want || row.Status == reconcile.Copied && !d.arrived(c) {
			verdict = fmt.Sprintf("   WRONG: %s was expected", c.want)
			wrong++
		}
		fmt.Fprintf(d.out, "  %-12s %-9s %-8s  %s%s\n", row.Status, orDash(row.Method), orDash(row.Proof), c.shows, verdict)
	}
	if want := d.server.Len(demoSource); r.Summary.Scanned != want {
		return fmt.Errorf("the report accounts for %d objects of %d", r.Summary.Scanned, want)
	}
	if wrong > 0 {
		return &exitError{code: exitUnsettled, err: fmt.Errorf("%d objects did not become what the sample calls for", wrong)}
	}
	return nil
}

// orDash prints a field that may be null.
func orDash(t report.Text) string {
	if t == "" {
		return "-"
	}
	return string(t)
}

// arrived asks the server whether the copy is the same content, in the class
// of an archive.
func (d *demo) arrived(c demoCase) bool {
	info, ok := d.server.Get(c.target, c.key)
	return ok && info.StorageClass == reconcile.ClassStandard && d.server.SameContent(demoSource, c.key, c.target, c.key)
}

// checkSecond wants a second run to copy nothing.
func (d *demo) checkSecond() error {
	r, err := d.read("second")
	if err != nil {
		return err
	}
	if r.Summary.Copied != 0 {
		return &exitError{code: exitUnsettled, err: fmt.Errorf("a second run copied %d objects again", r.Summary.Copied)}
	}
	var requests int64
	for _, n := range r.Summary.Requests {
		requests += n
	}
	fmt.Fprintf(d.out, "The second run found all of it there, and copied nothing: %d present, %d requests in all.\n", r.Summary.Present, requests)
	return nil
}

func (d *demo) next() {
	fmt.Fprintf(d.out, "\nThe reports are in %s\n", d.dir)
	fmt.Fprintf(d.out, "\nWhat to try next:\n"+
		"  reconcile demo --keep              leave the server up, and point any S3 client at it\n"+
		"  reconcile demo --objects 100000    the same with more to look through\n"+
		"  reconcile plan --help              what a run would copy, with nothing copied\n")
}

// wait leaves the server up until a signal, and says how to use it.
func (d *demo) wait(ctx context.Context) {
	fmt.Fprintf(d.out, `
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
		demoSource, demoProtected, demoPublic)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
}
