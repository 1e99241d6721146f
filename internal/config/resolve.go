package config

import (
	"errors"
	"fmt"
	"strings"

	"reconcile/internal/reconcile"
)

// resolve fills in what follows from the settings together. Nothing changes
// them after it.
func (r *reading) resolve() error {
	for _, step := range []func() error{r.divide, r.route, r.event, r.plan} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := r.buckets(r.Scan.Router.Buckets()); err != nil {
		return err
	}
	r.warn(r.Scan.Router.Buckets())
	return nil
}

// divide finds out which shard this is, and keeps what belongs to one process
// only apart from that of the others.
func (r *reading) divide() (err error) {
	if r.Shard, err = r.shard(); err != nil {
		return err
	}
	for i, dest := range r.Reports {
		if r.Reports[i], err = r.Shard.reportOf(dest); err != nil {
			return r.wrong("report", err)
		}
	}
	return nil
}

// event makes the settings those for objects that an event names: that their
// class needs no restore is no reason to leave them, and there is nothing to
// divide.
func (r *reading) event() error {
	if r.Command == "event" {
		r.Policy.IncludeOnline, r.Shard = true, Shard{}
	}
	return nil
}

// plan keeps the manifest for the command that writes one. A config file is for
// all commands: there another one passes the setting over.
func (r *reading) plan() error {
	from := r.from["manifest"]
	switch {
	case r.Command == "plan" && r.PlanOf == "run" || r.Manifest == "":
	case r.file.name != "" && strings.HasPrefix(from, r.file.name+":"):
		r.Manifest = ""
	case r.Command == "plan":
		return wrap(from, fmt.Errorf("only the plan of a run has a manifest, and this is that of %s", r.PlanOf))
	default:
		return wrap(from, fmt.Errorf("only plan writes a manifest, and this is %s", r.Command))
	}
	return nil
}

// route compiles the rules. The rules' own checks count them from 1.
func (r *reading) route() (err error) {
	if r.Scan.Bucket == "" && r.Command != "event" && r.Granules == "" {
		return mistake(errors.New("no source bucket"), "give --source BUCKET, RECONCILE_SOURCE, or source: in the config file")
	}
	r.Rules = r.file.rules
	r.Scan.Router, err = reconcile.NewRouter(r.file.rules, r.Archives)
	if err != nil && r.file.name != "" {
		return wrap(r.file.ruleLine(err), err)
	}
	return err
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

// setJournal tells a folder from a prefix in a bucket.
func setJournal(r *reading, g given) error {
	switch text := g.text(); {
	case text == "":
		return g.wrong(errEmpty)
	case !reconcile.InS3(text):
		r.JournalDir = text
	default:
		bucket, prefix, err := parseObjectURL(text)
		if err != nil {
			return g.wrong(err)
		}
		r.JournalAt = reconcile.Location{Bucket: bucket, Key: strings.TrimSuffix(prefix, "/") + "/"}
	}
	return nil
}
