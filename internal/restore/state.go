// Package restore asks S3 for readable copies of archived objects: what is to
// be asked for, at which rate and within which budget, and when an answer can
// be expected. It is a package of its own because restore and recover share
// it, and because its rules are looked up in S3's documentation and tested
// without a server.
package restore

import (
	"fmt"
	"time"

	"reconcile/internal/reconcile"
)

// State is how an object that is missing from its archive stands, in words.
type State string

// The states.
const (
	Cold        State = "cold"                   // archived, nobody has asked
	Restoring   State = "restoring"              // asked for, not there yet
	Readable    State = "restored"               // and long enough
	TooShort    State = "restored but too short" // its readable copy would lapse too soon
	NotArchived State = "not archived"           // its class needs no restore
	Unknown     State = "unknown"                // the listing does not tell
)

// StateOf returns the state of an object at the time now, when a copy that
// stays readable for days is wanted.
func StateOf(o reconcile.Object, days int, now time.Time) State {
	switch r := o.Restore.At(now); {
	case r.Phase == reconcile.Online:
		return NotArchived
	case r.Phase == reconcile.Restoring:
		return Restoring
	case r.Phase == reconcile.Archived, Undated(o):
		return Cold
	case r.Phase == reconcile.Restored && longEnough(r.Expiry, days, now):
		return Readable
	case r.Phase == reconcile.Restored:
		return TooShort
	}
	return Unknown
}

// Undated reports whether a listing says no more of an object than that no restore
// is in progress, which means restored on some servers and archived on others:
// it is asked for, which costs nothing where it is there already.
func Undated(o reconcile.Object) bool {
	online := reconcile.ListedRestore(o.StorageClass, false, false, time.Time{}).Phase == reconcile.Online
	return o.Restore.Phase == reconcile.Restored && o.Restore.Expiry.IsZero() && !online && o.StorageClass != reconcile.ClassIntelligentTiering
}

// longEnough reports whether a readable copy stays for about as long as a new
// request would make it stay. A day less is not worth one: the same command
// may be given again on the same day, and asks for nothing. An expiry of zero
// is none (INTELLIGENT_TIERING).
func longEnough(expiry time.Time, days int, now time.Time) bool {
	const day = 24 * time.Hour
	return expiry.IsZero() || expiry.Sub(now) >= max(time.Duration(days-1)*day, day/2)
}

// Options says what to ask for.
type Options struct {
	Days    int     // that a readable copy stays; at least 1
	Tier    string  // reconcile.TierStandard …
	Upgrade bool    // ask for the tier also where a slower restore is under way
	Rate    float64 // requests a second; 0: MaxRate
	Budget  Budget
}

// MaxRate is how many restore requests S3 takes in a second, of an account in
// a region.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
const MaxRate = 1000

// Check finds what S3 would refuse of every object. What it would refuse of
// some, Request says.
func (o Options) Check() error {
	switch {
	case o.Days < 1:
		return fmt.Errorf("days: %d: want at least 1", o.Days)
	case o.Tier != reconcile.TierStandard && o.Tier != reconcile.TierBulk && o.Tier != reconcile.TierExpedited:
		return fmt.Errorf("tier: %q: want Standard, Bulk or Expedited", o.Tier)
	case o.Rate < 0 || o.Rate > MaxRate:
		return fmt.Errorf("rate: %v: want a number from 0 to %d, which is what S3 takes", o.Rate, MaxRate)
	}
	return nil
}

// Request is the request for an object. It is an error where S3 offers no such
// restore: Expedited is not there for DEEP_ARCHIVE.
func (o Options) Request(object reconcile.Object) (reconcile.RestoreRequest, error) {
	r := reconcile.RestoreRequest{Source: object.Location, Days: o.Days, Tier: o.Tier}
	if object.StorageClass == reconcile.ClassDeepArchive && o.Tier == reconcile.TierExpedited {
		return r, &reconcile.Error{
			Op: "RestoreObject", Location: object.Location, Kind: reconcile.Other,
			Err: fmt.Errorf("not sent: S3 has no Expedited restores of DEEP_ARCHIVE"),
		}
	}
	if object.StorageClass == reconcile.ClassIntelligentTiering {
		r.Days = 0 // it comes back for good
	}
	return r, nil
}
