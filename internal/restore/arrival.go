package restore

import (
	"time"

	"reconcile/internal/pricing"
	"reconcile/internal/reconcile"
)

// Arrival returns when the first and the last of restores asked for at the time
// asked can be expected. Where nobody knows which tier was asked for, they may be
// there at any time. batch says that S3 Batch Operations asks for them.
func Arrival(class, tier string, batch bool, asked time.Time) (first, last time.Time) {
	from, to, ok := pricing.Delay(class, tier, batch)
	if !ok {
		from, to = lookAgain, lastOfAll
	}
	return asked.Add(from), asked.Add(to)
}

// lastOfAll is how long the slowest restore takes that S3 offers: Bulk of
// DEEP_ARCHIVE.
const lastOfAll = 48 * time.Hour

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
func NextLook(class, tier string, batch bool, asked, now time.Time, poll time.Duration) time.Time {
	if poll > 0 {
		return now.Add(poll)
	}
	first, _ := Arrival(class, tier, batch, asked)
	if first.After(now) {
		return first
	}
	least := lookAgain
	if tier == reconcile.TierExpedited {
		least = lookExpedited
	}
	return now.Add(min(max(now.Sub(asked)/lookShare, least), lookAtLeast))
}

// NextCheck is NextLook where events tell of what arrives, and a look only finds
// those that were lost: not before the last event can be there, but while
// copies that stay readable for days can still be copied.
func NextCheck(class, tier string, batch bool, days int, asked, now time.Time, poll time.Duration) time.Time {
	if poll > 0 {
		return now.Add(poll)
	}
	halfLife := time.Duration(days) * 12 * time.Hour
	first, last := Arrival(class, tier, batch, asked)
	last = last.Add(lookAgain) // for the events to come
	if half := first.Add(halfLife); half.Before(last) {
		last = half
	}
	if last.After(now) {
		return last
	}
	return now.Add(min(lookAtLeast, halfLife))
}
