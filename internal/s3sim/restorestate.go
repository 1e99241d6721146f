package s3sim

import "time"

// restoreState is what became of the last restore request for an object.
type restoreState uint8

const (
	notRestored restoreState = iota
	restoreOngoing
	restoreDone
)

// availability is how an object stands at one moment.
type availability struct {
	state    restoreState
	archived bool // the content cannot be read
	archive  string
	expiry   uint32 // of the restored copy
}

// at returns how o stands at a moment given in seconds. The end of a restore
// and the end of the restored copy are not events: they follow from the time.
func (o *object) at(now uint32) availability {
	a := availability{state: o.restore, expiry: o.expiry}
	if a.state == restoreOngoing && o.ready != 0 && o.ready <= now {
		a.state = restoreDone
	}
	switch o.class {
	case classGlacier, classDeepArchive:
		if a.state == restoreDone && o.expiry <= now {
			a.state = notRestored
		}
		a.archived = a.state != restoreDone
	case classIntelligent:
		// A restore brings the object back for good, into the frequent tier.
		a.archive = o.attrs().archive
		if a.state == restoreDone {
			a.state, a.archive = notRestored, ""
		}
		a.archived = a.archive != ""
	default:
		a.state = notRestored
	}
	return a
}

// header is the value of x-amz-restore, "" where there is none.
func (a availability) header() string {
	switch a.state {
	case restoreOngoing:
		return `ongoing-request="true"`
	case restoreDone:
		return `ongoing-request="false", expiry-date="` + httpTime(a.expiry) + `"`
	}
	return ""
}

// expiryAfter is when a copy restored at t for days goes away: S3 adds the days
// and rounds up to the next midnight UTC.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
func expiryAfter(t time.Time, days int) time.Time {
	const day = 24 * time.Hour
	end := t.UTC().Add(time.Duration(days) * day)
	midnight := end.Truncate(day)
	if midnight.Before(end) {
		midnight = midnight.Add(day)
	}
	return midnight
}
