package conform

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// RestoreStatus in listings: what saves one HEAD for every object.
func restoreStatusChecks() []check {
	return []check{
		{"restored", statusRestored},
		{"in-progress", statusInProgress},
		{"only-when-asked", statusOnlyWhenAsked},
		{"silent-for-others", statusSilent},
		{"every-page", statusEveryPage},
	}
}

// statusOfKey is what a listing with RestoreStatus says of one key.
func (p *probe) statusOfKey(bucket, key string) *types.RestoreStatus {
	for _, o := range p.list(bucket, withRestoreStatus) {
		if aws.ToString(o.Key) == key {
			return o.RestoreStatus
		}
	}
	p.fatalf("%q is not listed", key)
	return nil
}

// A restored object has an expiry, the same as in its head.
func statusRestored(p *probe) {
	bucket := p.newArchived()
	p.restored(bucket, "k", 2)
	status := p.statusOfKey(bucket, "k")
	if status == nil {
		p.fatalf("RestoreStatus is missing")
	}
	p.equal("IsRestoreInProgress", aws.ToBool(status.IsRestoreInProgress), false)
	p.equal("RestoreExpiryDate", aws.ToTime(status.RestoreExpiryDate).UTC(), p.expiryOf(bucket, "k").UTC())
}

// One that is being restored has no expiry yet.
func statusInProgress(p *probe) {
	p.needsDelay()
	bucket := p.newArchived()
	p.askRestore(bucket, "k", 1)
	status := p.statusOfKey(bucket, "k")
	if status == nil {
		p.fatalf("RestoreStatus is missing")
	}
	p.equal("IsRestoreInProgress", aws.ToBool(status.IsRestoreInProgress), true)
	if status.RestoreExpiryDate != nil {
		p.errorf("RestoreExpiryDate: %v, want none", *status.RestoreExpiryDate)
	}
}

func statusOnlyWhenAsked(p *probe) {
	bucket := p.newArchived()
	p.restored(bucket, "k", 1)
	for _, o := range p.list(bucket) {
		if o.RestoreStatus != nil {
			p.errorf("RestoreStatus without asking: %+v", *o.RestoreStatus)
		}
	}
}

// Nothing is said of an object that nobody asked for, and of one that needs
// no restore.
func statusSilent(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "cold", "x", inClass(types.StorageClassGlacier))
	p.put(bucket, "instant", "x", inClass(types.StorageClassGlacierIr))
	p.put(bucket, "warm", "x")
	for _, key := range []string{"cold", "instant", "warm"} {
		if status := p.statusOfKey(bucket, key); status != nil {
			p.errorf("RestoreStatus of %s: %+v, want none", key, *status)
		}
	}
}

// Every page gives it, also with a prefix and after a seek.
func statusEveryPage(p *probe) {
	bucket := p.newBucket()
	want := map[string]bool{}
	for _, key := range []string{"a", "b/1", "b/2", "b/3", "c"} {
		p.put(bucket, key, "x", inClass(types.StorageClassGlacier))
		if key != "b/2" {
			p.askRestore(bucket, key, 1)
		}
		want[key] = key != "b/2"
	}
	p.completeRestores()
	got := map[string]bool{}
	for _, o := range p.list(bucket, withRestoreStatus, func(in *s3.ListObjectsV2Input) { in.MaxKeys = aws.Int32(1) }) {
		got[*o.Key] = o.RestoreStatus != nil
	}
	p.equal("status known, in pages of 1", got, want)

	found := p.list(bucket, withRestoreStatus, func(in *s3.ListObjectsV2Input) {
		in.Prefix, in.StartAfter = aws.String("b/"), aws.String("b/2")
	})
	if len(found) != 1 || found[0].RestoreStatus == nil {
		p.errorf("with prefix and seek: %v, want b/3 with its status", keysOf(found))
	}
}
