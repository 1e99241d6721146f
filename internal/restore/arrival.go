package restore

import (
	"time"

	"reconcile/internal/reconcile"
)

// span is between when the first of many restores is there and when all are.
type span struct{ first, last time.Duration }

// published are the times that S3 publishes as typical. Where it names only
// the longest, the first is a guess on the safe side: what is looked at too
// early costs a LIST.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
func published(class, tier string) span {
	deep := class == reconcile.ClassDeepArchive
	switch {
	case tier == reconcile.TierExpedited:
		return span{time.Minute, 5 * time.Minute}
	case tier == reconcile.TierStandard && !deep:
		return span{3 * time.Hour, 5 * time.Hour}
	case tier == reconcile.TierStandard:
		return span{9 * time.Hour, 12 * time.Hour}
	case tier == reconcile.TierBulk && !deep:
		return span{5 * time.Hour, 12 * time.Hour}
	case tier == reconcile.TierBulk:
		return span{36 * time.Hour, 48 * time.Hour}
	}
	return span{lookAgain, 48 * time.Hour} // somebody else has asked, nobody knows when
}

// Arrival returns when the first and the last of restores asked for at the time
// asked can be expected. An empty tier is that of a restore which somebody else
// has asked for.
func Arrival(class, tier string, asked time.Time) (first, last time.Time) {
	s := published(class, tier)
	return asked.Add(s.first), asked.Add(s.last)
}

// The pauses between two looks at what has not arrived: a share of the time
// that has passed, so that twelve hours of waiting take no more looks than
// three.
const (
	lookAgain     = 15 * time.Minute // at the least
	lookExpedited = time.Minute      // and so with Expedited
	lookAtLeast   = 6 * time.Hour    // at the most: no readable copy lapses unseen
	lookShare     = 4
)

// NextLook returns when to look next at restores asked for at the time asked,
// which had not arrived by now. A poll that is not zero replaces the schedule,
// the first wait included.
func NextLook(class, tier string, asked, now time.Time, poll time.Duration) time.Time {
	if poll > 0 {
		return now.Add(poll)
	}
	first, _ := Arrival(class, tier, asked)
	if first.After(now) {
		return first
	}
	least := lookAgain
	if tier == reconcile.TierExpedited {
		least = lookExpedited
	}
	return now.Add(min(max(now.Sub(asked)/lookShare, least), lookAtLeast))
}
