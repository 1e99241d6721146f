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

// The tiers of a restore, in S3's words: how soon it is there, at which price.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
const (
	TierExpedited = "Expedited"
	TierStandard  = "Standard"
	TierBulk      = "Bulk"
)

// ListedRestore is the rule for what a listing says. A RestoreStatus goes before
// the name of the class: some servers call an object STANDARD once it is
// restored. One that is not in progress and has no date means restored on some
// servers and offline on others, of every class: the object counts as restored
// until nobody knows when, its copy is tried, and a server that has no readable
// copy refuses it. Without a RestoreStatus an online class
// is online, and silence about an archive class, about INTELLIGENT_TIERING or
// about a class that nobody knows stays unknown: whether silence means "not
// restored" depends on the server. known says that the entry carried a
// RestoreStatus.
func ListedRestore(class string, known, inProgress bool, expiry time.Time) RestoreState {
	switch {
	case known && inProgress:
		return RestoreState{Phase: Restoring}
	case known && !expiry.IsZero():
		return RestoreState{Phase: Restored, Expiry: expiry.UTC()}
	case known:
		return RestoreState{Phase: Restored}
	case onlineClass(class):
		return RestoreState{Phase: Online}
	}
	return RestoreState{}
}

// HeadRestore is the rule for what HEAD says: header tells that x-amz-restore
// was there, archiveStatus is x-amz-archive-status. The header goes before the
// name of the class, and one without a date is read as in a listing. HEAD always
// answers, so silence about an archive class is "not restored" and about a class
// known to be online "online"; about one that nobody knows it says nothing.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
func HeadRestore(class string, header, inProgress bool, expiry time.Time, archiveStatus string) RestoreState {
	switch {
	case header && inProgress:
		return RestoreState{Phase: Restoring}
	case header:
		return RestoreState{Phase: Restored, Expiry: expiry.UTC()}
	case ArchiveClass(class) || archiveStatus != "":
		return RestoreState{Phase: Archived}
	case onlineClass(class) || class == ClassIntelligentTiering:
		return RestoreState{Phase: Online}
	}
	return RestoreState{}
}
