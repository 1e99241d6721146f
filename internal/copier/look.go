package copier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"reconcile/internal/reconcile"
)

// askRestoreState asks HEAD whether the source can be read, and decides on.
func (t *task) askRestoreState() error {
	if err := t.headSource(); err != nil {
		return err
	}
	if t.d.Source.Restore.Phase == reconcile.RestoreUnknown {
		t.d = t.d.Unclassed()
		return nil
	}
	d, readable := t.d.Select(t.c.opts.Policy)
	if readable {
		t.decide(d.Resolve(t.c.opts.Policy))
		return nil
	}
	t.d = d.Whereabouts(t.c.opts.Policy)
	return nil
}

// decide takes a decision about a pair that HEADs have shown, unless it is too
// early for it.
func (t *task) decide(d reconcile.Decision) {
	if t.unproven = t.early(d); !t.unproven {
		t.d = d
	}
}

// askTarget asks HEAD whether the target is there, and decides on.
func (t *task) askTarget() error {
	if _, err := t.headTarget(); err != nil {
		return err
	}
	t.decide(t.d.Resolve(t.c.opts.Policy))
	return nil
}

// askArchive asks HEAD whether an object that is left alone is in its archive.
// What cannot be asked is not known, and no failure of the object.
func (t *task) askArchive() error {
	found, err := t.headTarget()
	if err != nil {
		t.c.opts.Log.Warn("whether an object is in its archive is not known", "target", t.d.Target.Location.String(), "err", err)
		t.d.Need, t.d.Archive = reconcile.NeedNothing, reconcile.ArchiveNotLooked
		return nil
	}
	t.d = t.d.InArchive(found)
	return nil
}

// askCollisions asks HEAD whether the target is another source object's too.
func (t *task) askCollisions() error {
	if err := t.collides("HeadObject"); err != nil {
		return err
	}
	t.d.Alone = true
	t.decide(t.d.Resolve(t.c.opts.Policy))
	return nil
}

// headSource asks HEAD about the source once and believes it from there on:
// what counts is the object's state now.
func (t *task) headSource() error {
	if t.source != nil {
		return nil
	}
	var detail reconcile.Detail
	err := t.try(t.d.Source.Bucket, opHead, func() error {
		return t.request(t.d.Source.Bucket, func(ctx context.Context) (err error) {
			detail, err = t.head(ctx, t.c.source, t.d.Source.Location)
			return err
		})
	})
	if err != nil {
		return err
	}
	t.source = &detail
	detail.Restore = t.c.opts.Policy.Classes.Headed(&detail.Object).At(t.c.opts.Now())
	t.d.Source = detail.Object
	return t.meant(detail)
}

// meant returns an error when the source is not what somebody has named: it has
// another size or checksum, or a version was named that is not the current one:
// an archive holds current versions.
func (t *task) meant(is reconcile.Detail) error {
	digest := !is.Encryption.Opaque() && (t.c.opts.Trusted == nil || t.c.opts.Trusted(is.Bucket))
	if why := t.d.Said.Denies(is.Object, is.Checksums, digest); why != "" {
		return &reconcile.Error{Op: "HeadObject", Location: is.Location, Kind: reconcile.Integrity, Err: errors.New(why)}
	}
	if t.d.Version == "" || t.d.Version == cmp.Or(is.Version, noVersion) {
		return nil
	}
	err := fmt.Errorf("version %s was named, and the current one is %s: only current versions are copied", t.d.Version, cmp.Or(is.Version, noVersion))
	return &reconcile.Error{Op: "HeadObject", Location: is.Location, Kind: reconcile.Changed, Err: err}
}

// noVersion is the version of what was written without versioning.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
const noVersion = "null"

// head sends one HEAD. S3 gives every object an ETag: an answer without one is
// not S3's, and to believe it would make a changed object of every object.
func (t *task) head(ctx context.Context, from Header, l reconcile.Location) (reconcile.Detail, error) {
	detail, err := from.Head(ctx, l)
	if err == nil && detail.ETag == "" {
		return detail, emptyHead(l, "no ETag")
	}
	if err == nil {
		t.c.seen.note(&detail)
	}
	return detail, err
}

func emptyHead(l reconcile.Location, what string) error {
	return &reconcile.Error{
		Op: "HeadObject", Location: l, Kind: reconcile.Other, Code: reconcile.CodeEmptyAnswer,
		Err: errors.New("the answer is not S3's: " + what),
	}
}

// headPinned is headSource for a copy that has been decided on already: a
// source that is no longer the listed one must not be taken for it.
func (t *task) headPinned() error {
	pinned := t.d.Source
	if err := t.headSource(); err != nil {
		return err
	}
	if pinned.ETag != "" && t.d.Source.ETag != pinned.ETag {
		t.d.Source = pinned
		return changed(pinned, t.source.Object)
	}
	return nil
}

func changed(was, is reconcile.Object) error {
	err := fmt.Errorf("the source changed while it was being copied: its ETag was %s and is %s", was.ETag, is.ETag)
	return &reconcile.Error{Op: "HeadObject", Location: was.Location, Kind: reconcile.Changed, Err: err}
}

// lapsed returns an error when the source can no longer be read.
func (t *task) lapsed() error {
	now, r := t.c.opts.Now(), t.d.Source.Restore
	if r.Readable(now) {
		return nil
	}
	err := errors.New("the source cannot be read any more: it is " + r.Phase.String())
	if r.Phase == reconcile.Restored {
		err = fmt.Errorf("the restored copy lapsed at %s, before it could be copied", r.Expiry.Format(time.RFC3339))
	}
	return &reconcile.Error{Op: "HeadObject", Location: t.d.Source.Location, Kind: reconcile.Unreadable, Err: err}
}

// headTarget asks HEAD about the target. found is false when it is not there.
func (t *task) headTarget() (found bool, err error) {
	var detail reconcile.Detail
	err = t.try(t.d.Target.Bucket, opHead, func() error {
		return t.request(t.d.Target.Bucket, func(ctx context.Context) (err error) {
			detail, err = t.head(ctx, t.c.target, t.d.Target.Location)
			return err
		})
	})
	if errors.Is(err, reconcile.NotFound) {
		t.target, t.d.Listed, t.d.Unseen = nil, false, false
		return false, nil
	}
	if err != nil {
		return false, err
	}
	t.target = &detail
	t.d.Target, t.d.Listed, t.d.Unseen, t.d.Evidence = detail.Object, true, false, reconcile.EvidenceHead
	return true, nil
}

// look decides by HEADs what the listings could not. Where a bucket is known
// to hold objects under KMS its plain ETags say nothing, and one HEAD a key
// and night would say no more.
func (t *task) look() error {
	p := t.c.opts.Policy
	if t.last && p.Digests.Open(&t.d.Source, &t.d.Target) || !p.RequireChecksum && t.headsSettleNothing() {
		t.d = t.d.Judge(reconcile.Incomparable, reconcile.NoProof, p)
		return nil
	}
	if err := t.headSource(); err != nil {
		return err
	}
	if t.target == nil { // else it has just been asked
		found, err := t.headTarget()
		if err != nil {
			return err
		}
		if !found {
			t.d.Need = reconcile.NeedCopy
			return nil
		}
	}
	comparison, proof := t.compareHeads(false)
	if comparison == reconcile.Incomparable && t.layoutsSettle() {
		same, err := t.sameLayout()
		if err != nil {
			return err
		}
		if same {
			comparison, proof = t.compareHeads(true)
		}
	}
	t.decide(t.d.Judge(comparison, proof, p))
	return nil
}

// headsSettleNothing reports whether it is known beforehand that HEADs will not
// show more than the listings: the ETags of a bucket under KMS say nothing, and
// neither the listings nor other objects of both buckets have checksums.
func (t *task) headsSettleNothing() bool {
	a, b := &t.d.Source, &t.d.Target
	return a.Size == b.Size && (t.c.seen.isOpaque(a.Bucket) || t.c.seen.isOpaque(b.Bucket)) &&
		!reconcile.ChecksumsPending(a, b) && !(t.c.seen.hasChecksums(a.Bucket) && t.c.seen.hasChecksums(b.Bucket))
}

// compareHeads compares what the two HEADs said. Nothing is left undecided:
// what they do not show cannot be compared.
func (t *task) compareHeads(sameLayout bool) (reconcile.Comparison, reconcile.Proof) {
	a, b := t.source.Object, t.target.Object
	a.Checksum, b.Checksum, _ = reconcile.CommonChecksum(t.source.Checksums, t.target.Checksums)
	comparison, proof := reconcile.Compare(a, b, sameLayout, t.c.opts.Policy.Digests)
	t.d.Source.Checksum, t.d.Target.Checksum, t.d.Evidence = a.Checksum, b.Checksum, reconcile.EvidenceHead
	if comparison == reconcile.Undecided {
		comparison = reconcile.Incomparable
	}
	return comparison, proof
}
