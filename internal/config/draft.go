package config

import (
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/s3store"
)

// draft holds the settings while they are read, each checked for itself but
// not yet against the others.
type draft struct {
	version            string // the program's
	config             string // file
	source, prefix     string
	anySource          bool // no source is needed: an event names the bucket
	archives           reconcile.Archives
	includeOnline      bool
	excludeKeys        string
	restoreStatus      string
	prefer             string
	shard              string               // I/N, auto, auto/N, none; empty: auto
	inventories        []reconcile.Location // of manifests
	shardMap           string               // s3:// address; empty: none
	onDiffer, proof    string
	layout             string
	multipartThreshold int64 // bytes; 0 is automatic
	partSize           int64 // bytes; 0 is automatic
	attempts           int
	retryDelay         time.Duration
	throttlePatience   time.Duration
	concurrency        int
	minConcurrency     int
	maxConcurrency     int
	extendDays         int
	removeUnproved     bool
	deadline           time.Duration
	lock               string // s3:// address; empty: none
	journal            string // folder or s3:// address; empty: none
	reports            []report.Destination
	reportRows         string
	manifest           string // folder or s3:// address; empty: none
	logFormat          string
	quiet              bool

	everyBucket s3store.Bucket // how buckets are reached
	everyTarget s3store.Bucket // what the archive buckets have beyond that
	onlySource  s3store.Bucket // what the source has beyond that

	from map[string]string // setting to where its value came from, for messages
}
