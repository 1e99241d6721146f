package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// check holds the settings against each other.
func (r *reading) check() error {
	for _, check := range []func() error{
		r.checkTargets, r.checkSource, r.checkFrom, r.checkStdin, r.checkRestore, r.checkAudit, r.checkJobs, r.checkConcurrency, r.checkClasses, r.checkExcludeKeys, r.checkOwnPlaces,
		r.checkManifest, r.checkReports, r.checkTenants, r.checkKey, r.checkAnswering, r.checkFunction,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkTargets wants archive buckets, none of which is the source.
func (r *reading) checkTargets() error {
	targets := r.Scan.Router.Buckets()
	if len(targets) == 0 {
		return mistake(errors.New("no archive bucket"),
			"give --protected BUCKET, --public BUCKET, --bucket-map, or rules: in the config file")
	}
	for _, t := range targets {
		if t == r.Scan.Bucket {
			return mistake(fmt.Errorf("the source is an archive bucket too: s3://%s (source from %s; archive from %s)",
				t, r.from["source"], r.targetFrom(t)), "objects are copied from one bucket to another")
		}
	}
	return nil
}

// checkStdin wants standard input to be read once.
func (r *reading) checkStdin() error {
	var by []string
	for _, list := range [][2]string{{"--keys", r.Keys}, {"--granules", r.Granules}, {"--from", r.From}} {
		if list[1] == Stdin {
			by = append(by, list[0])
		}
	}
	if len(by) > 1 {
		return mistake(fmt.Errorf("standard input can be read once, and %s name it", strings.Join(by, " and ")), "give one of them as a file")
	}
	return nil
}

// targetFrom says which setting made a bucket a target.
func (r *reading) targetFrom(bucket string) string {
	for i, rule := range r.file.rules {
		if rule.Bucket == bucket {
			return r.file.ruleAt[i]
		}
	}
	switch bucket {
	case r.Archives.Protected:
		return r.from["protected"]
	case r.Archives.Public:
		return r.from["public"]
	}
	return r.from["bucket-map"]
}

// checkSource wants a source for what can only be said of one that is known.
func (r *reading) checkSource() error {
	missing := errors.New("it needs a source bucket to be configured")
	switch {
	case r.Scan.Bucket != "":
	case r.onlySource.ExpectedOwner != "":
		return r.wrong("source-expected-bucket-owner", missing)
	case r.everyBucket.RequesterPays:
		return r.wrong("request-payer", missing)
	}
	return nil
}

// checkClasses wants no storage class named both ways.
func (r *reading) checkClasses() error {
	if r.Policy.Classes == nil {
		return nil
	}
	for _, name := range r.Policy.Classes.Online {
		if slices.Contains(r.Policy.Classes.Archive, name) {
			return r.wrong("online-class", fmt.Errorf("%q is given to archive-class, too", name))
		}
	}
	return nil
}

// checkConcurrency wants a floor that is not above the ceiling.
func (r *reading) checkConcurrency() error {
	if r.Copy.Floor > r.Copy.Ceiling {
		return r.wrong("min-concurrency", fmt.Errorf("%d is more than max-concurrency, %d", r.Copy.Floor, r.Copy.Ceiling))
	}
	return nil
}

// checkExcludeKeys wants a file that can be read, or an object's address.
func (r *reading) checkExcludeKeys() error {
	if r.ExcludeKeys == "" {
		return nil
	}
	return r.wrong("exclude-keys", CheckInput(r.ExcludeKeys, true))
}

// readable wants a file that can be opened for reading.
func readable(name string) error {
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

var errSourceWritten = errors.New("the source is never written")

// checkOwnPlaces keeps what a run writes for itself out of the source, and apart.
func (r *reading) checkOwnPlaces() error {
	for setting, bucket := range map[string]string{
		"lock": r.Lock.Bucket, "journal": r.JournalAt.Bucket, "shard-map": r.ShardMap.Bucket,
	} {
		if bucket != "" && bucket == r.Scan.Bucket {
			return r.wrong(setting, errSourceWritten)
		}
	}
	switch {
	case r.Lock.Key == "":
		return nil
	case r.JournalAt.Bucket == r.Lock.Bucket && strings.HasPrefix(r.Lock.Key, r.JournalAt.Key):
		return r.wrong("lock", errors.New("it is in the journal, which has a lock of its own"))
	case r.Lock == r.ShardMap:
		return r.wrong("lock", errors.New("it is the shard map"))
	}
	return nil
}

// checkManifest wants a place for a plan that is nobody else's.
func (r *reading) checkManifest() error {
	switch {
	case r.Shard.Count > 1 && r.Manifest != "" && !strings.Contains(r.Manifest, RunPlaceholder):
		return r.wrong("manifest", fmt.Errorf("%s: every shard would write its plan there: put %s into the path", r.Manifest, RunPlaceholder))
	case !reconcile.InS3(r.Manifest):
		return nil
	}
	at, err := storage.ParseURL(r.Manifest)
	if err == nil {
		_, err = parseBucket(at.Bucket)
	}
	if err == nil && at.Bucket == r.Scan.Bucket {
		err = fmt.Errorf("%s: %w", r.Manifest, errSourceWritten)
	}
	return r.wrong("manifest", err)
}

// checkTenants wants an endpoint for buckets with a tenant, which Amazon's S3
// has not.
func (r *reading) checkTenants() error {
	for _, name := range append(r.Scan.Router.Buckets(), r.Scan.Bucket) {
		if strings.Contains(name, ":") && r.Store.Buckets[name].EndpointURL == "" {
			return mistake(fmt.Errorf("bucket %s has a tenant: Amazon's S3 knows none", name), "give --endpoint-url, or endpoint_url of the bucket in the config file")
		}
	}
	return nil
}

// checkKey refuses a key beside an encryption that has none: of the two, the one
// that was read last has replaced the other.
func (r *reading) checkKey() error {
	t := r.everyTarget
	if r.from["sse"] != "" && r.from["kms-key-id"] != "" && (t.SSE == "" || t.KMSKeyID == "") {
		return r.wrong("kms-key-id", errKeyOfAES)
	}
	return nil
}
