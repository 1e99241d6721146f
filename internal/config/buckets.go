package config

import (
	"fmt"
	"maps"
	"slices"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
)

// store gives every bucket its settings: the defaults, then those of its role,
// then its own from the config file.
func (d *draft) store(targets []string, file *configFile) (s3store.Config, error) {
	c := s3store.Config{
		Default:     d.everyBucket,
		Version:     d.version,
		Buckets:     map[string]s3store.Bucket{},
		Concurrency: max(d.concurrency, d.maxConcurrency),
	}
	// A field of a bucket that is zero takes the default: a bucket could not
	// say that it pays for nothing.
	c.Default.RequesterPays = false
	if d.source != "" {
		c.Buckets[d.source] = d.sourceBucket()
	}
	for _, t := range targets {
		c.Buckets[t] = d.targetBucket()
	}
	for _, e := range file.buckets {
		b, ok := c.Buckets[e.name]
		if !ok {
			b = d.everyBucket
		}
		for _, f := range e.fields {
			if f.target && e.name == d.source {
				return c, f.wrong(fmt.Errorf("the source is never written"))
			}
			if err := f.fill(&b, f.given); err != nil {
				return c, err
			}
		}
		c.Buckets[e.name] = b
	}
	return c, nil
}

func (d *draft) sourceBucket() s3store.Bucket {
	b := d.everyBucket
	b.ExpectedOwner = d.onlySource.ExpectedOwner
	return b
}

func (d *draft) targetBucket() s3store.Bucket {
	b := d.everyBucket
	b.ExpectedOwner = d.everyTarget.ExpectedOwner
	b.StorageClass = d.everyTarget.StorageClass
	b.KMSKeyID = d.everyTarget.KMSKeyID
	b.ACL = d.everyTarget.ACL
	return b
}

// warnings says what is allowed, but perhaps not meant.
func (d *draft) warnings(store s3store.Config, targets []string, file *configFile) []string {
	var all []string
	for _, t := range slices.Sorted(maps.Keys(store.Buckets)) {
		if class := store.Buckets[t].StorageClass; reconcile.ArchiveClass(class) {
			all = append(all, fmt.Sprintf("copies in s3://%s are written as %s: they need a restore before they can be read", t, class))
		}
	}
	for _, b := range d.reportBuckets() {
		if slices.Contains(targets, b) {
			all = append(all, fmt.Sprintf("a report goes to s3://%s, an archive bucket, and names the keys of all of them", b))
		}
	}
	if d.archives.Protected != "" && d.archives.Protected == d.archives.Public {
		all = append(all, "the protected and the public bucket are the same: nothing is kept apart")
	}
	used := append(append([]string{d.source}, targets...), d.reportBuckets()...)
	for _, e := range file.buckets {
		if !slices.Contains(used, e.name) {
			all = append(all, fmt.Sprintf("%s: this bucket is neither the source nor an archive bucket nor a report's", e.from))
		}
	}
	return all
}
