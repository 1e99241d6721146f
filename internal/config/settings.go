// Package config turns flags, environment variables and the config file into
// one checked Settings value. Everything a setting can be wrong about is found
// here, before anything is touched.
package config

import (
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/s3store"
)

// Settings is all a job needs to know, checked and resolved: defaults are
// filled in, and nothing in it contradicts anything else.
type Settings struct {
	Command string // run, plan
	Version string // the program's

	Source      string               // bucket
	Prefix      string               // of the keys looked at; empty: all
	Shard       Shard                // of the source; zero: all of it
	ShardMap    reconcile.Location   // zero: none
	Inventories []reconcile.Location // of manifests
	Archives    reconcile.Archives
	Router      *reconcile.Router // made of the rules and Archives
	Policy      reconcile.Policy

	RestoreStatus string // auto, list, head
	Prefer        string // cost, requests
	Layout        string // auto, preserve, fast
	ExcludeKeys   string // a readable local file, or s3://bucket/key; empty: none

	Attempts                       int           // of each request, at least 1
	RetryDelay                     time.Duration // first of the exponential backoff; may be 0
	ThrottlePatience               time.Duration
	Concurrency                    int // 0: adaptive
	MinConcurrency, MaxConcurrency int // of an adaptive run
	ExtendDays                     int // 0: restores are not extended
	RemoveUnproved                 bool
	Deadline                       time.Duration      // after the start; 0: none
	Lock                           reconcile.Location // zero: none
	JournalDir                     string             // empty: none, or in a bucket
	JournalAt                      reconcile.Location // Key is a prefix; zero: none, or in a folder
	MultipartThreshold             int64              // bytes; 0: automatic
	PartSize                       int64              // bytes; 0: automatic

	Reports    []report.Destination // each has been checked
	ReportRows string               // changes, all
	Manifest   string               // of a plan: a folder, or s3://bucket/prefix; empty: none
	LogFormat  string               // text, json
	Quiet      bool

	// Store has an entry, with the defaults merged in, for the source, for
	// every archive bucket and for every bucket the config file describes.
	Store s3store.Config

	Warnings []string // for the log: allowed, but perhaps not meant
}
