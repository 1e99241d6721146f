// Package pipeline_test runs whole jobs over real HTTP: the real store against the
// simulator, and reads what the reports say of them.
package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"testing"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/retry"
	"reconcile/internal/s3sim"
	"reconcile/internal/s3store"
	"reconcile/internal/scan"
)

// The buckets of every test.
const (
	glacier   = "test-glacier"
	protected = "test-protected"
	public    = "test-public"
)

// TestMain sets the credentials once for all tests, so that they can run side by
// side.
func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE") // each store would read it
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "reconcile", "AWS_SECRET_ACCESS_KEY": "reconcile-secret",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
	} {
		os.Setenv(name, value)
	}
	flag.Set("test.parallel", "4") // part of the time they wait; the command line may say otherwise
	debug.SetGCPercent(400)        // memory is no matter here
	os.Exit(m.Run())
}

// archive is a server with the three buckets and a store that speaks to it.
type archive struct {
	*s3sim.Server
	store   *s3store.Store
	timeout time.Duration // of a request; 0: the store's default
}

func newArchive(t *testing.T, config s3sim.Config) *archive {
	t.Helper()
	server, err := s3sim.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	for _, bucket := range []string{glacier, protected, public} {
		server.CreateBucket(bucket)
	}
	a := &archive{Server: server}
	a.store = a.open(t)
	return a
}

// open returns a store with request counts of its own.
func (a *archive) open(t *testing.T) *s3store.Store {
	t.Helper()
	store, err := s3store.Open(context.Background(), s3store.Config{
		Default: s3store.Bucket{EndpointURL: a.URL(), Region: a.Region()},
		Timeout: a.timeout, CopyTimeout: a.timeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// restored is an archived object with a readable copy.
func restored(size int64, seed uint64) s3sim.Object {
	return s3sim.Object{
		Size: size, ContentSeed: seed, StorageClass: reconcile.ClassGlacier,
		Restore: "restored", RestoreExpiry: time.Now().Add(72 * time.Hour),
	}
}

// home is the same object in its archive bucket.
func home(o s3sim.Object) s3sim.Object {
	o.StorageClass, o.Restore, o.RestoreExpiry = "", "", time.Time{}
	return o
}

// options are what a test may want otherwise.
type options struct {
	rows   report.Rows
	policy reconcile.Policy
	rules  []reconcile.Rule
	mode   scan.RestoreMode
	plan   bool
	grace  time.Duration
	also   []report.Destination // beside the JSON that is read back
	tune   func(*pipeline.Job)  // what else is to be otherwise
}

// made is a run that was made.
type made struct {
	pipeline.Result
	err error
	doc document
}

// document is the report as somebody else would read it.
type document struct {
	Run struct {
		Complete bool   `json:"complete"`
		Error    string `json:"error"`
	} `json:"run"`
	Summary map[string]any `json:"summary"`
	Objects []report.Row   `json:"objects"`
}

// count returns a number of the summary.
func (d document) count(t *testing.T, name string) int {
	t.Helper()
	value, there := d.Summary[name]
	if value == nil && there && reconcile.NotLookedFor("run", false)[reconcile.Status(name)] {
		return 0 // and not known: null
	}
	n, ok := value.(float64)
	if !ok {
		t.Fatalf("the summary has no %q", name)
	}
	return int(n)
}

// accounted returns the sum of the counts of all statuses.
func (d document) accounted(t *testing.T) int {
	t.Helper()
	sum := 0
	for _, s := range reconcile.Statuses() {
		sum += d.count(t, string(s))
	}
	return sum
}

// run makes one whole run with a store of its own.
func (a *archive) run(t *testing.T, ctx context.Context, o options) made {
	t.Helper()
	router, err := reconcile.NewRouter(o.rules, reconcile.Archives{Protected: protected, Public: public})
	if err != nil {
		t.Fatal(err)
	}
	store := a.open(t)
	again := retry.New(retry.Options{Attempts: 3, Delay: time.Millisecond, Patience: time.Minute})
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	rep := report.New(report.Options{Rows: o.rows, Command: "run"})
	defer rep.Close()
	if o.mode == "" {
		o.mode = scan.RestoreAuto
	}
	j := &pipeline.Job{
		Command: "run", Store: store, Report: rep, Log: log,
		Scan: scan.Options{Bucket: glacier, Router: router, Policy: o.policy, Mode: o.mode, Now: time.Now},
		Copy: copier.Options{Policy: o.policy, Retry: again, MaxRestarts: 3, Plan: o.plan, Grace: o.grace, Now: time.Now, Log: log},
	}
	if o.tune != nil {
		o.tune(j)
	}
	var m made
	m.Result, m.err = j.Run(ctx)
	m.deliver(t, rep, o.also...)
	return m
}

// deliver prints the report and reads it back; also are others to be written.
func (m *made) deliver(t *testing.T, rep *report.Report, also ...report.Destination) {
	t.Helper()
	run := report.Run{ID: "test", Command: "run", StartedAt: m.StartedAt, Complete: m.err == nil, Source: glacier}
	if m.err != nil {
		run.Error = m.err.Error()
	}
	var text bytes.Buffer
	dests := append(also, report.Destination{Path: "-", Format: report.JSON})
	if err := rep.Write(context.Background(), run, m.Summary.Requests, nil, dests, report.Sinks{Stdout: &text}); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text.Bytes(), &m.doc); err != nil {
		t.Fatal(err)
	}
}

func parse(t *testing.T, path string) report.Destination {
	t.Helper()
	d, err := report.ParseDestination(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rowOf returns the row of a source key.
func (m made) rowOf(t *testing.T, key string) report.Row {
	t.Helper()
	for _, row := range m.doc.Objects {
		if string(row.SourceKey) == key {
			return row
		}
	}
	t.Fatalf("no row for %q", key)
	return report.Row{}
}

// mustComplete fails the test unless the run is complete and accounts for n
// objects.
func (m made) mustComplete(t *testing.T, n int) {
	t.Helper()
	if m.err != nil || !m.doc.Run.Complete {
		t.Fatalf("the run is not complete: %v", m.err)
	}
	if scanned, sum := m.doc.count(t, "scanned"), m.doc.accounted(t); scanned != n || sum != n {
		t.Fatalf("the report accounts for %d objects, its statuses for %d; %d were there", scanned, sum, n)
	}
}
