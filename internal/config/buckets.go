package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
	"reconcile/internal/storage"
)

// buckets gives every bucket its settings: the defaults, then those of its
// role, then its own from the config file.
func (r *reading) buckets(targets []string) error {
	r.Store.Default = r.everyBucket
	// A field of a bucket that is zero takes the default: a bucket could not
	// say that it pays for nothing.
	r.Store.Default.RequesterPays = false
	r.Store.Concurrency = max(r.Copy.Concurrency, r.Copy.Ceiling)
	r.Store.Buckets = map[string]s3store.Bucket{}
	if r.Scan.Bucket != "" {
		r.Store.Buckets[r.Scan.Bucket] = r.sourceBucket()
	}
	for _, t := range targets {
		r.Store.Buckets[t] = r.targetBucket()
	}
	r.encryptOwn()
	for _, e := range r.file.buckets {
		if err := e.checkKey(); err != nil {
			return err
		}
		b, ok := r.Store.Buckets[e.name]
		if !ok {
			b = r.everyBucket
		}
		for _, f := range e.fields {
			if f.target && e.name == r.Scan.Bucket {
				return f.wrong(errSourceWritten)
			}
			if err := f.fill(&b, f.given); err != nil {
				return err
			}
		}
		r.Store.Buckets[e.name] = b
	}
	return nil
}

// encryptOwn has what the run writes for itself encrypted as --sse says: a
// bucket's policy that demands it makes no difference between objects.
func (r *reading) encryptOwn() {
	if r.everyTarget.SSE == "" {
		return
	}
	for _, name := range r.ownBuckets() {
		if _, ok := r.Store.Buckets[name]; !ok && name != "" {
			b := r.everyBucket
			b.SSE, b.KMSKeyID = r.everyTarget.SSE, r.everyTarget.KMSKeyID
			r.Store.Buckets[name] = b
		}
	}
}

// ownBuckets lists the buckets that the run writes for itself to.
func (r *reading) ownBuckets() []string {
	all := append(r.reportBuckets(), r.Lock.Bucket, r.JournalAt.Bucket, r.ShardMap.Bucket)
	if at, err := storage.ParseURL(r.Manifest); err == nil {
		all = append(all, at.Bucket)
	}
	return all
}

// checkKey refuses a key beside an encryption that has none.
func (e bucketEntry) checkKey() error {
	var aes, key *bucketSetting
	for i, f := range e.fields {
		switch {
		case f.name == "sse" && f.text() == encryptions[0]:
			aes = &e.fields[i]
		case f.name == "kms_key_id":
			key = &e.fields[i]
		}
	}
	if aes != nil && key != nil {
		return key.wrong(errKeyOfAES)
	}
	return nil
}

var errKeyOfAES = errors.New("the encryption AES256 takes no key")

func (r *reading) sourceBucket() s3store.Bucket {
	b := r.everyBucket
	b.ExpectedOwner = r.onlySource.ExpectedOwner
	return b
}

func (r *reading) targetBucket() s3store.Bucket {
	b := r.everyBucket
	b.ExpectedOwner = r.everyTarget.ExpectedOwner
	b.StorageClass = r.everyTarget.StorageClass
	b.SSE, b.KMSKeyID = r.everyTarget.SSE, r.everyTarget.KMSKeyID
	b.ACL = r.everyTarget.ACL
	return b
}

// warn says what is allowed, but perhaps not meant.
func (r *reading) warn(targets []string) {
	all, store := r.Warnings, r.Store
	for _, t := range slices.Sorted(maps.Keys(store.Buckets)) {
		if class := store.Buckets[t].StorageClass; reconcile.ArchiveClass(class) {
			all = append(all, fmt.Sprintf("copies in s3://%s are written as %s: they need a restore before they can be read", t, class))
		}
	}
	for _, b := range r.reportBuckets() {
		if slices.Contains(targets, b) {
			all = append(all, fmt.Sprintf("a report goes to s3://%s, an archive bucket, and names the keys of all of them", b))
		}
	}
	reports := r.reportBuckets()
	for _, b := range slices.Compact(slices.Sorted(slices.Values(r.ownBuckets()))) {
		if slices.Contains(targets, b) && !slices.Contains(reports, b) {
			all = append(all, fmt.Sprintf("lock, journal, shard map or manifest lies in s3://%s, an archive bucket: an audit finds it there without an original", b))
		}
	}
	if r.Archives.Protected != "" && r.Archives.Protected == r.Archives.Public {
		all = append(all, "the protected and the public bucket are the same: nothing is kept apart")
	}
	used := append(append([]string{r.Scan.Bucket}, targets...), r.reportBuckets()...)
	for _, e := range r.file.buckets {
		if !slices.Contains(used, e.name) {
			all = append(all, fmt.Sprintf("%s: this bucket is neither the source nor an archive bucket nor a report's", e.from))
		}
	}
	r.Warnings = all
}
