package pricing

import "time"

// delay is how long a restore takes from the request to the readable copy.
type delay struct{ first, last time.Duration }

// delays are Amazon's "typically finishes within", by class and tier.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
var delays = map[string]map[string]delay{
	"GLACIER": {
		Expedited: {time.Minute, 5 * time.Minute},
		Standard:  {3 * time.Hour, 5 * time.Hour},
		Bulk:      {5 * time.Hour, 12 * time.Hour},
	},
	"DEEP_ARCHIVE": {
		Standard: {9 * time.Hour, 12 * time.Hour},
		Bulk:     {12 * time.Hour, 48 * time.Hour},
	},
	// Its two archive tiers cannot be told apart by the class: the slower counts
	// as last.
	intelligentTiering: {
		Expedited: {time.Minute, 5 * time.Minute},
		Standard:  {3 * time.Hour, 12 * time.Hour},
		Bulk:      {5 * time.Hour, 48 * time.Hour},
	},
}

// batchFirst is when Standard restores of GLACIER begin to arrive that S3 Batch
// Operations asks for, batchDeep by when those of DEEP_ARCHIVE are there.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
const (
	batchFirst = 5 * time.Minute
	batchDeep  = 9 * time.Hour
)

// Offered reports whether objects of a class can be restored by a tier.
func Offered(class, tier string) bool {
	_, ok := delays[class][tier]
	return ok
}

// Delay is how long a restore takes: nothing arrives before first, all of it is
// expected by last. batch says that S3 Batch Operations asks for it. ok is false
// where the tier is not offered for the class.
func Delay(class, tier string, batch bool) (first, last time.Duration, ok bool) {
	d, ok := delays[class][tier]
	switch {
	case batch && tier == Standard && class == "GLACIER":
		d.first = batchFirst
	case batch && tier == Standard && class == "DEEP_ARCHIVE":
		d.last = batchDeep
	}
	return d.first, d.last, ok
}

// arrivals are when the first and the last of the restores are expected, nil
// where nothing is to be restored.
func (b *bill) arrivals(tier string) (first, last *time.Time) {
	var asked int64
	var soonest, latest time.Duration
	for _, o := range b.work.Restores {
		from, to, ok := Delay(o.Class, tier, b.work.Batch)
		if !ok || o.Count == 0 {
			continue
		}
		if asked == 0 || from < soonest {
			soonest = from
		}
		latest, asked = max(latest, to), asked+o.Count
	}
	if asked == 0 {
		return nil, nil
	}
	rate := b.opts.Rate
	if rate <= 0 {
		rate = MaxRate
	}
	now := b.opts.Now.UTC().Truncate(time.Second)
	asking := time.Duration(float64(asked) / rate * float64(time.Second)).Truncate(time.Second)
	from, to := now.Add(soonest), now.Add(asking+latest)
	return &from, &to
}
