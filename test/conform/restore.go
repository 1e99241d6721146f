package conform

import (
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func restoreChecks() []check {
	return []check{
		{"accepted", restoreAccepted},
		{"in-progress", restoreInProgress},
		{"repeat-in-progress", restoreRepeatInProgress},
		{"done", restoreDone},
		{"repeat-done", restoreRepeatDone},
		{"overwritten", restoreOverwritten},
		{"class-needing-none", restoreNeedless},
		{"missing-key", restoreMissingKey},
		{"missing-bucket", restoreMissingBucket},
		{"deep-archive-expedited", restoreDeepArchiveExpedited},
	}
}

// restore asks for a copy of an object for so many days, and returns the
// status of the answer.
func (p *probe) restore(bucket, key string, days int32, tier types.Tier) (int, error) {
	out, err := p.s3.RestoreObject(p.ctx, &s3.RestoreObjectInput{
		Bucket: &bucket, Key: &key,
		RestoreRequest: &types.RestoreRequest{
			Days: &days, GlacierJobParameters: &types.GlacierJobParameters{Tier: tier},
		},
	})
	if err != nil {
		return errorStatus(err), err
	}
	return statusOf(out.ResultMetadata), nil
}

// askRestore asks for a restore that has to be granted.
func (p *probe) askRestore(bucket, key string, days int32) {
	_, err := p.restore(bucket, key, days, types.TierStandard)
	p.must(fmt.Sprintf("restore %q", key), err)
}

// restored asks for a restore and lets the time pass that it takes.
func (p *probe) restored(bucket, key string, days int32) {
	p.askRestore(bucket, key, days)
	p.completeRestores()
}

func (p *probe) completeRestores() {
	if p.target.CompleteRestores != nil {
		p.target.CompleteRestores()
	}
}

// needsDelay skips the check when a restore is done as soon as it is asked for.
func (p *probe) needsDelay() {
	if p.target.CompleteRestores == nil {
		p.skip("the server restores at once")
	}
}

// newArchived makes an archived object k in a bucket of its own.
func (p *probe) newArchived() (bucket string) {
	bucket = p.newBucket()
	p.put(bucket, "k", "hello", inClass(types.StorageClassGlacier))
	return bucket
}

// The first request is accepted with 202: its work is still to do.
func restoreAccepted(p *probe) {
	bucket := p.newBucket()
	for _, class := range []types.StorageClass{types.StorageClassGlacier, types.StorageClassDeepArchive} {
		p.put(bucket, string(class), "x", inClass(class))
		status, err := p.restore(bucket, string(class), 1, types.TierBulk)
		p.must("restore", err)
		p.equal("status", status, 202)
	}
}

// Until it is done the head says so, word for word, and nothing can be read.
func restoreInProgress(p *probe) {
	p.needsDelay()
	bucket := p.newArchived()
	p.askRestore(bucket, "k", 1)
	h := p.head(bucket, "k")
	p.equal("x-amz-restore", aws.ToString(h.Restore), `ongoing-request="true"`)
	p.equal("StorageClass", h.StorageClass, types.StorageClassGlacier)
	_, err := p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k")})
	p.refused("get", err, 403, "InvalidObjectState")
}

func restoreRepeatInProgress(p *probe) {
	p.needsDelay()
	bucket := p.newArchived()
	p.askRestore(bucket, "k", 1)
	_, err := p.restore(bucket, "k", 1, types.TierStandard)
	p.refused("restore again", err, 409, "RestoreAlreadyInProgress")
}

var restoredHeader = regexp.MustCompile(`^ongoing-request="false", expiry-date="([^"]+)"$`)

// expiryOf is the expiry that the head of a restored object tells.
func (p *probe) expiryOf(bucket, key string) time.Time {
	header := aws.ToString(p.head(bucket, key).Restore)
	m := restoredHeader.FindStringSubmatch(header)
	if m == nil {
		p.fatalf(`x-amz-restore: %q, want ongoing-request="false", expiry-date="…"`, header)
	}
	expiry, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", m[1])
	p.must("parse the expiry date", err)
	return expiry
}

// The restored object is read, keeps its class, and says when it lapses.
func restoreDone(p *probe) {
	bucket := p.newArchived()
	p.restored(bucket, "k", 2)
	p.holds(bucket, "k", []byte("hello"))
	h := p.head(bucket, "k")
	p.equal("StorageClass", h.StorageClass, types.StorageClassGlacier)
	p.equal("ETag", aws.ToString(h.ETag), etagOf([]byte("hello")))
	if expiry := p.expiryOf(bucket, "k"); !expiry.After(p.now()) {
		p.errorf("expiry %v is not in the future", expiry)
	}
}

// Asked for again, what is restored answers 200.
func restoreRepeatDone(p *probe) {
	bucket := p.newArchived()
	p.restored(bucket, "k", 1)
	status, err := p.restore(bucket, "k", 1, types.TierStandard)
	p.must("restore again", err)
	p.equal("status", status, 200)
}

// A new object under the key has nothing of the old one's restore.
func restoreOverwritten(p *probe) {
	bucket := p.newArchived()
	p.restored(bucket, "k", 1)
	p.put(bucket, "k", "another", inClass(types.StorageClassGlacier))
	if r := p.head(bucket, "k").Restore; r != nil {
		p.errorf("x-amz-restore of the new object: %q, want none", *r)
	}
	_, err := p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k")})
	p.refused("get", err, 403, "InvalidObjectState")
}

func restoreNeedless(p *probe) {
	bucket := p.newBucket()
	for _, class := range []types.StorageClass{types.StorageClassStandard, types.StorageClassStandardIa, types.StorageClassGlacierIr} {
		p.put(bucket, string(class), "x", inClass(class))
		_, err := p.restore(bucket, string(class), 1, types.TierStandard)
		p.refused("restore out of "+string(class), err, 403, notReadable...)
	}
}

func restoreMissingKey(p *probe) {
	_, err := p.restore(p.newBucket(), "k", 1, types.TierStandard)
	p.refused("restore", err, 404, "NoSuchKey")
}

func restoreMissingBucket(p *probe) {
	_, err := p.restore("no-such-bucket-here", "k", 1, types.TierStandard)
	p.refused("restore", err, 404, "NoSuchBucket")
}

// DEEP_ARCHIVE knows no Expedited tier. With which code S3 says so is not
// documented; what counts is that nothing has begun.
func restoreDeepArchiveExpedited(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x", inClass(types.StorageClassDeepArchive))
	if _, err := p.restore(bucket, "k", 1, types.TierExpedited); err == nil {
		p.errorf("restore: succeeded, want a refusal")
	}
	if r := p.head(bucket, "k").Restore; r != nil {
		p.errorf("x-amz-restore after the refusal: %q, want none", *r)
	}
}
