package reconcile

import "time"

// RestorePhase says whether an object's bytes can be read now.
type RestorePhase uint8

// The phases. The zero value is the honest one: not known.
const (
	RestoreUnknown RestorePhase = iota
	Online                      // the class needs no restore
	Archived                    // no readable copy
	Restoring                   // asked for, not there yet
	Restored                    // a readable copy, until RestoreState.Expiry
)

var restorePhaseNames = [...]string{"unknown", "online", "archived", "restoring", "restored"}

func (p RestorePhase) String() string { return restorePhaseNames[p] }

// RestoreState is the state of an object's restored copy.
type RestoreState struct {
	Phase  RestorePhase
	Expiry time.Time // UTC; when the restored copy goes away; zero unless Restored
}

// Readable reports whether the object can be copied at the time now.
func (s RestoreState) Readable(now time.Time) bool {
	switch s.Phase {
	case Online:
		return true
	case Restored:
		return s.Expiry.IsZero() || s.Expiry.After(now)
	}
	return false
}

// At returns the state as it is at the time now: a restored copy that has
// lapsed is archived again.
func (s RestoreState) At(now time.Time) RestoreState {
	if s.Phase == Restored && !s.Readable(now) {
		return RestoreState{Phase: Archived}
	}
	return s
}

// Storage classes that rules speak of, in S3's words.
const (
	ClassStandard           = "STANDARD"
	ClassGlacier            = "GLACIER"
	ClassDeepArchive        = "DEEP_ARCHIVE"
	ClassIntelligentTiering = "INTELLIGENT_TIERING"
)

// The tiers of a restore, in S3's words: how soon it is there, at which price.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
const (
	TierExpedited = "Expedited"
	TierStandard  = "Standard"
	TierBulk      = "Bulk"
)

// onlineClass reports whether objects of the class can be read at any time.
// GLACIER_IR is one of them; S3 leaves STANDARD out of a HEAD.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
func onlineClass(class string) bool {
	switch class { // asked for every object listed: faster than a map
	case "", ClassStandard, "STANDARD_IA", "ONEZONE_IA", "REDUCED_REDUNDANCY",
		"GLACIER_IR", "EXPRESS_ONEZONE", "OUTPOSTS", "SNOW":
		return true
	}
	return false
}

// ArchiveClass reports whether objects of the class need a restore before
// they can be read, whatever else is known of them.
func ArchiveClass(class string) bool {
	return class == ClassGlacier || class == ClassDeepArchive
}

// ListedRestore is the rule for what a listing says: online classes are
// online, a RestoreStatus is believed, and silence about an archived class,
// about INTELLIGENT_TIERING or about a class this program has never heard of
// stays unknown: whether silence means "not restored" depends on the server.
// known says that the entry carried a RestoreStatus.
func ListedRestore(class string, known, inProgress bool, expiry time.Time) RestoreState {
	switch {
	case onlineClass(class):
		return RestoreState{Phase: Online}
	case known && inProgress:
		return RestoreState{Phase: Restoring}
	case known && !expiry.IsZero():
		return RestoreState{Phase: Restored, Expiry: expiry.UTC()}
	}
	return RestoreState{}
}

// HeadRestore is the rule for what HEAD says: header tells that x-amz-restore
// was there, archiveStatus is x-amz-archive-status. HEAD always answers, so
// silence about an archived class is "not restored" and about any other class
// "online".
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
func HeadRestore(class string, header, inProgress bool, expiry time.Time, archiveStatus string) RestoreState {
	switch {
	case header && inProgress:
		return RestoreState{Phase: Restoring}
	case header && (!expiry.IsZero() || !ArchiveClass(class)):
		return RestoreState{Phase: Restored, Expiry: expiry.UTC()}
	case ArchiveClass(class) || archiveStatus != "":
		return RestoreState{Phase: Archived}
	}
	return RestoreState{Phase: Online}
}
