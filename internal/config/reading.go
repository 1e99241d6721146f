package config

import "reconcile/internal/s3store"

// reading is a Settings while it is read, with what is needed for that alone:
// each value has been checked for itself, but not yet against the others.
type reading struct {
	Settings
	loader Loader
	file   *configFile
	from   map[string]string // setting to where its value came from, for messages

	config      string         // file
	shardWord   string         // I/N, auto, auto/N, none; empty: auto
	everyBucket s3store.Bucket // how buckets are reached
	everyTarget s3store.Bucket // what the archive buckets have beyond that
	onlySource  s3store.Bucket // what the source has beyond that
}

func (l Loader) newReading(command string) *reading {
	r := &reading{loader: l, file: &configFile{}, from: map[string]string{}}
	r.Command, r.Version, r.Store.Version = command, l.Version, l.Version
	return r
}

func (r *reading) lookupEnv(name string) (string, bool) {
	if r.loader.LookupEnv == nil {
		return "", false
	}
	return r.loader.LookupEnv(name)
}

// wrong says where the value of a setting came from that cannot stand.
func (r *reading) wrong(setting string, err error) error {
	return wrap(r.from[setting], err)
}
