package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"reconcile/internal/reconcile"
)

// Loader gathers settings from the places they can come from. It reads nothing
// of the process by itself.
type Loader struct {
	LookupEnv func(name string) (string, bool)
	Environ   func() []string // as os.Environ; nil: nothing
	Version   string          // the program's
}

// Load gathers and checks a job's settings. Its errors are the user's to mend.
func (p Loader) Load(command string, flags []*Flag) (Settings, error) {
	if err := p.checkEnvironment(flags); err != nil {
		return Settings{}, err
	}
	file, err := p.loadConfig(flags)
	if err != nil {
		return Settings{}, mistake(err, "")
	}
	d, err := sources{flags, p.LookupEnv, file}.gather()
	if err != nil {
		return Settings{}, mistake(err, "")
	}
	d.anySource = command == "event"
	d.version = p.Version
	s, err := d.resolve(file, p.LookupEnv)
	if err == nil {
		err = d.checkManifest(command, &s, file)
	}
	s.Command, s.Version = command, p.Version
	return s, err
}

// loadConfig reads the config file, if one is named.
func (p Loader) loadConfig(flags []*Flag) (*configFile, error) {
	d, err := sources{named(flags, "config"), p.LookupEnv, &configFile{}}.gather()
	if err != nil || d.config == "" {
		return &configFile{}, err
	}
	file, err := readConfig(d.config, Parameters())
	var path *fs.PathError
	if errors.As(err, &path) {
		return nil, fmt.Errorf("%s: %w", d.from["config"], err)
	}
	return file, err
}

func named(flags []*Flag, name string) []*Flag {
	for _, f := range flags {
		if f.Name == name {
			return []*Flag{f}
		}
	}
	return nil
}

// resolve checks the settings against each other.
func (d *draft) resolve(file *configFile, lookup func(string) (string, bool)) (Settings, error) {
	sharding, err := d.shardOf(lookup)
	if err == nil {
		err = d.shardReports(sharding)
	}
	if err != nil {
		return Settings{}, mistake(err, "")
	}
	s := d.plain()
	s.Shard = sharding
	if d.source == "" && !d.anySource {
		return s, mistake(errors.New("no source bucket"),
			"give --source BUCKET, RECONCILE_SOURCE, or source: in the config file")
	}
	router, err := d.router(file)
	if err != nil {
		return s, mistake(err, "")
	}
	s.Router = router
	if err := d.checkTargets(router.Buckets(), file); err != nil {
		return s, err
	}
	if s.Store, err = d.store(router.Buckets(), file); err != nil {
		return s, mistake(err, "")
	}
	s.Warnings = d.warnings(s.Store, router.Buckets(), file)
	if s.Lock, err = d.lockLocation(); err != nil {
		return s, mistake(err, "")
	}
	if s.ShardMap, err = d.shardMapLocation(); err != nil {
		return s, mistake(err, "")
	}
	if s.JournalDir, s.JournalAt, err = d.journalPlace(); err != nil {
		return s, mistake(err, "")
	}
	sharding.own(&s)
	for _, check := range []func() error{d.checkSource, d.checkConcurrency, d.checkExcludeKeys, d.checkReports} {
		if err := check(); err != nil {
			return s, mistake(err, "")
		}
	}
	return s, nil
}

// plain copies what needs no resolving.
func (d *draft) plain() Settings {
	return Settings{
		Source: d.source, Prefix: d.prefix, Archives: d.archives, Inventories: d.inventories,
		Policy: reconcile.Policy{
			IncludeOnline:   d.includeOnline,
			Overwrite:       d.onDiffer == "overwrite",
			RequireChecksum: d.proof == "checksum",
		},
		RestoreStatus: d.restoreStatus, Prefer: d.prefer, Layout: d.layout, ExcludeKeys: d.excludeKeys,
		Attempts: d.attempts, RetryDelay: d.retryDelay, ThrottlePatience: d.throttlePatience,
		Concurrency: d.concurrency, MinConcurrency: d.minConcurrency, MaxConcurrency: d.maxConcurrency,
		ExtendDays: d.extendDays, RemoveUnproved: d.removeUnproved, Deadline: d.deadline, MultipartThreshold: d.multipartThreshold, PartSize: d.partSize,
		Reports: d.reports, ReportRows: d.reportRows, Manifest: d.manifest, LogFormat: d.logFormat, Quiet: d.quiet,
	}
}

// router compiles the rules. The rules' own checks count them from 1.
func (d *draft) router(file *configFile) (*reconcile.Router, error) {
	r, err := reconcile.NewRouter(file.rules, d.archives)
	if err != nil && file.name != "" {
		return nil, fmt.Errorf("%s: %w", file.ruleLine(err), err)
	}
	return r, err
}

// ruleLine returns FILE:LINE of the rule that an error of the router names,
// else FILE.
func (c *configFile) ruleLine(err error) string {
	var n int
	if _, scan := fmt.Sscanf(err.Error(), "rule %d:", &n); scan == nil && n >= 1 && n <= len(c.ruleAt) {
		return c.ruleAt[n-1]
	}
	return c.name
}

// checkTargets wants archive buckets, none of which is the source.
func (d *draft) checkTargets(targets []string, file *configFile) error {
	if len(targets) == 0 {
		return mistake(errors.New("no archive bucket"),
			"give --protected BUCKET, --public BUCKET, --bucket-map, or rules: in the config file")
	}
	for _, t := range targets {
		if t == d.source {
			return mistake(fmt.Errorf("the source is an archive bucket too: s3://%s (source from %s; archive from %s)",
				t, d.from["source"], d.targetFrom(t, file)), "objects are copied from one bucket to another")
		}
	}
	return nil
}

// targetFrom says which setting made a bucket a target.
func (d *draft) targetFrom(bucket string, file *configFile) string {
	for i, r := range file.rules {
		if r.Bucket == bucket {
			return file.ruleAt[i]
		}
	}
	switch bucket {
	case d.archives.Protected:
		return d.from["protected"]
	case d.archives.Public:
		return d.from["public"]
	}
	return d.from["bucket-map"]
}

// lockLocation wants an object's address.
func (d *draft) lockLocation() (reconcile.Location, error) {
	if d.lock == "" {
		return reconcile.Location{}, nil
	}
	bucket, key, err := ParseObjectURL(d.lock)
	return reconcile.Location{Bucket: bucket, Key: key}, wrap(d.from["lock"], err)
}

// shardMapLocation wants an object's address.
func (d *draft) shardMapLocation() (reconcile.Location, error) {
	if d.shardMap == "" {
		return reconcile.Location{}, nil
	}
	bucket, key, err := ParseObjectURL(d.shardMap)
	return reconcile.Location{Bucket: bucket, Key: key}, wrap(d.from["shard-map"], err)
}

// journalPlace tells a folder from a prefix in a bucket.
func (d *draft) journalPlace() (dir string, at reconcile.Location, err error) {
	if !strings.HasPrefix(d.journal, "s3://") {
		return d.journal, at, nil
	}
	bucket, prefix, err := ParseObjectURL(d.journal)
	return "", reconcile.Location{Bucket: bucket, Key: strings.TrimSuffix(prefix, "/") + "/"}, wrap(d.from["journal"], err)
}

// checkSource wants a source for what can only be said of one that is known.
func (d *draft) checkSource() error {
	switch {
	case d.source != "":
	case d.onlySource.ExpectedOwner != "":
		return fmt.Errorf("%s: it needs a source bucket to be configured", d.from["source-expected-bucket-owner"])
	case d.everyBucket.RequesterPays:
		return fmt.Errorf("%s: it needs a source bucket to be configured", d.from["request-payer"])
	}
	return nil
}

// checkConcurrency wants a floor that is not above the ceiling.
func (d *draft) checkConcurrency() error {
	if d.minConcurrency > d.maxConcurrency {
		return fmt.Errorf("%s: %d is more than max-concurrency, %d", d.from["min-concurrency"], d.minConcurrency, d.maxConcurrency)
	}
	return nil
}

// checkExcludeKeys wants a file that can be read, or an object's address.
func (d *draft) checkExcludeKeys() error {
	name := d.excludeKeys
	if name == "" {
		return nil
	}
	if strings.HasPrefix(name, "s3://") {
		_, _, err := ParseObjectURL(name)
		return wrap(d.from["exclude-keys"], err)
	}
	return wrap(d.from["exclude-keys"], Readable(name))
}

func wrap(from string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return nil
}

func Readable(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return err
	} else if info.IsDir() {
		return fmt.Errorf("%s is a directory", name)
	}
	return nil
}
