package s3sim

import "time"

// The tiers of a restore.
const (
	tierBulk      = "Bulk"
	tierStandard  = "Standard"
	tierExpedited = "Expedited"
)

// tierSpeed orders the tiers: a restore under way can only be made faster.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-upgrade-tier.html
var tierSpeed = map[string]int{tierBulk: 1, tierStandard: 2, tierExpedited: 3}

// PublishedDelay is a Config.RestoreDelay with the longest times that S3
// publishes as typical.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
func PublishedDelay(class, tier string) time.Duration {
	deep := class == classDeepArchive.String()
	switch {
	case tier == tierExpedited:
		return 5 * time.Minute
	case tier == tierStandard && !deep:
		return 5 * time.Hour
	case tier == tierStandard || !deep:
		return 12 * time.Hour
	}
	return 48 * time.Hour
}

// PublishedJobDelay is PublishedDelay for restores that a job of S3 Batch
// Operations asks for: by Standard they are the sooner there.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
func PublishedJobDelay(class, tier string) time.Duration {
	switch {
	case tier != tierStandard:
		return PublishedDelay(class, tier)
	case class == classDeepArchive.String():
		return 9 * time.Hour
	}
	return 30 * time.Minute // "within minutes"
}

// tier is that of the restore under way.
func (o *object) tier() string {
	switch {
	case o.is(flagBulk):
		return tierBulk
	case o.is(flagExpedited):
		return tierExpedited
	}
	return tierStandard
}

func (o *object) setTier(tier string) {
	o.flags &^= flagBulk | flagExpedited
	switch tier {
	case tierBulk:
		o.flags |= flagBulk
	case tierExpedited:
		o.flags |= flagExpedited
	}
}

// restoreDays is for how many days the restore under way was asked.
func (o *object) restoreDays() int {
	if o.expiry <= o.ready {
		return 0
	}
	return int(fromSeconds(o.expiry).Sub(fromSeconds(o.ready)) / (24 * time.Hour))
}
