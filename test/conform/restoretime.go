package conform

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// When a restored copy lapses, and what is left then.
func restoreTimeChecks() []check {
	return []check{
		{"expiry-midnight", restoreExpiryMidnight},
		{"expiry-days", restoreExpiryDays},
		{"expiry-extended", restoreExpiryExtended},
		{"expired", restoreExpired},
		{"expired-again", restoreExpiredAgain},
	}
}

const day = 24 * time.Hour

// The days are rounded up to the next midnight UTC.
func restoreExpiryMidnight(p *probe) {
	bucket := p.newArchived()
	p.restored(bucket, "k", 3)
	if expiry := p.expiryOf(bucket, "k"); !expiry.Equal(expiry.Truncate(day)) {
		p.errorf("expiry %v is not at midnight UTC", expiry)
	}
}

// The copy stays for the days asked for, and not for a day too many. It is
// open whether they count from the request or from the end of the restore, so
// the whole span between the two is allowed.
func restoreExpiryDays(p *probe) {
	bucket := p.newArchived()
	const days = 3
	earliest := p.now().Add(days * day).Truncate(time.Second)
	p.restored(bucket, "k", days)
	latest := p.now().Add((days + 1) * day)
	if expiry := p.expiryOf(bucket, "k"); expiry.Before(earliest) || expiry.After(latest) {
		p.errorf("expiry %v is not between %v and %v", expiry, earliest, latest)
	}
}

// Asking again with more days moves the expiry.
func restoreExpiryExtended(p *probe) {
	bucket := p.newArchived()
	p.restored(bucket, "k", 1)
	first := p.expiryOf(bucket, "k")
	p.askRestore(bucket, "k", 5)
	second := p.expiryOf(bucket, "k")
	if d := second.Sub(first); d < 4*day || d > 5*day {
		p.errorf("asking for 5 days instead of 1 moved the expiry from %v to %v", first, second)
	}
	p.holds(bucket, "k", []byte("hello"))
}

// needsExpiry skips the check when time cannot be made to pass.
func (p *probe) needsExpiry() {
	if p.target.ExpireRestores == nil {
		p.skip("the server's clock cannot be moved past an expiry")
	}
}

// A copy that lapsed is archived again, and no trace of it is left.
func restoreExpired(p *probe) {
	p.needsExpiry()
	bucket := p.newArchived()
	archive := p.newBucket()
	p.restored(bucket, "k", 1)
	p.target.ExpireRestores()
	if r := p.head(bucket, "k").Restore; r != nil {
		p.errorf("x-amz-restore after the expiry: %q, want none", *r)
	}
	_, err := p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k")})
	p.refused("get", err, 403, "InvalidObjectState")
	_, err = p.copyObject(bucket, archive, "k")
	p.refused("copy", err, 403, notReadable...)
	if status := p.list(bucket, withRestoreStatus)[0].RestoreStatus; status != nil {
		p.errorf("RestoreStatus after the expiry: %+v, want none", status)
	}
}

// What lapsed can be asked for anew, as at the first time.
func restoreExpiredAgain(p *probe) {
	p.needsExpiry()
	bucket := p.newArchived()
	p.restored(bucket, "k", 1)
	p.target.ExpireRestores()
	status, err := p.restore(bucket, "k", 1, types.TierStandard)
	p.must("restore again", err)
	p.equal("status", status, 202)
	p.completeRestores()
	p.holds(bucket, "k", []byte("hello"))
}

// withRestoreStatus asks a listing for the restore status of its objects.
func withRestoreStatus(in *s3.ListObjectsV2Input) {
	in.OptionalObjectAttributes = []types.OptionalObjectAttributes{types.OptionalObjectAttributesRestoreStatus}
}
