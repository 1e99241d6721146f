package copier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
)

// task is one decision on its way to its outcome.
type task struct {
	contexts
	c         *Copier
	d         reconcile.Decision
	attempts  atomic.Int64 // the largest number any one request took
	throttled atomic.Int64 // throttled answers

	method reconcile.Method
	// annotated says that the source has annotations, which no copy by parts
	// carries.
	annotated bool
	source    *reconcile.Detail // HEADed by this task
	target    *reconcile.Detail // HEADed by this task
	unsure    bool              // a write was sent whose answer was lost
	// expected is the ETag that the object will have that this task's upload
	// becomes; empty: not known.
	expected string
	moved    error           // the source was seen to have changed after the copy
	wrote    bool            // the server said that the target is written
	permit   *limiter.Permit // of the limiter, for the first request; else nil
	unproven bool            // the pair's ETags differ, and nobody knows yet whether they are digests
	last     bool            // it was set aside for that, and all the evidence there will be is there
	elapsed  time.Duration   // so far
	met      bool            // its target was found when it was to be written: it is not overwritten
}

// handle carries one decision out. done is false where it was set aside.
func (c *Copier) handle(t *task, later *aside) (o reconcile.Outcome, done bool) {
	defer t.releaseUnused()
	began := c.opts.Now()
	o = t.run()
	t.elapsed += c.opts.Now().Sub(began)
	if t.unproven {
		err := t.setAside(later)
		if err == nil {
			return o, false
		}
		o = t.failed(fmt.Errorf("keep it until it is known whether its ETag is a digest: %w", err))
	}
	o.Elapsed = t.elapsed
	o.Attempts, o.Refused = int(t.attempts.Load()), int(t.throttled.Load())
	return o, true
}

// run answers one need after the other until the decision is settled.
func (t *task) run() reconcile.Outcome {
	for t.d.Need != reconcile.NeedNothing {
		if t.accept.Err() != nil {
			if t.d.Need == reconcile.NeedArchive {
				t.d.Need = reconcile.NeedNothing // its status stands, and nobody has looked
				return t.d.Outcome()
			}
			return t.canceled("not begun")
		}
		var err error
		switch t.d.Need {
		case reconcile.NeedRestoreState:
			err = t.askRestoreState()
		case reconcile.NeedTarget:
			err = t.askTarget()
		case reconcile.NeedLook:
			err = t.look()
		case reconcile.NeedArchive:
			err = t.askArchive()
		case reconcile.NeedCollisions:
			err = t.askCollisions()
		case reconcile.NeedCopy:
			if !t.met {
				return t.copy()
			}
			t.d = t.d.Judge(reconcile.Different, reconcile.ProofETag, reconcile.Policy{})
		}
		if err != nil {
			return t.failed(err)
		}
		if t.unproven {
			return reconcile.Outcome{} // which comes later
		}
	}
	return t.d.Outcome()
}

// request sends one request, again where that is worth it, when there is room.
func (t *task) request(bucket string, send func(ctx context.Context) error) error {
	n, err := t.c.opts.Retry.Do(t.accept, bucket, func() error {
		p, err := t.acquire()
		if err != nil {
			return err
		}
		err = send(t.work)
		t.c.limiter.Release(p, err)
		if errors.Is(err, reconcile.Throttled) {
			t.throttled.Add(1)
		}
		return err
	})
	for old := t.attempts.Load(); int64(n) > old && !t.attempts.CompareAndSwap(old, int64(n)); {
		old = t.attempts.Load()
	}
	return err
}

// acquire waits for a permit, unless the task brought one along.
func (t *task) acquire() (limiter.Permit, error) {
	if p := t.permit; p != nil {
		t.permit = nil
		return *p, nil
	}
	return t.c.limiter.Acquire(t.accept)
}

// releaseUnused gives a permit back that was brought along and not used. It has to be
// done before waiting for another task, which may need that permit.
func (t *task) releaseUnused() {
	if t.permit != nil {
		t.permit = nil
		t.c.limiter.Unused()
	}
}

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
	verdict, proof := t.compareHeads(false)
	if verdict == reconcile.Incomparable && t.layoutsSettle() {
		same, err := t.sameLayout()
		if err != nil {
			return err
		}
		if same {
			verdict, proof = t.compareHeads(true)
		}
	}
	t.decide(t.d.Judge(verdict, proof, p))
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
	verdict, proof := reconcile.Compare(a, b, sameLayout, t.c.opts.Policy.Digests)
	t.d.Source.Checksum, t.d.Target.Checksum, t.d.Evidence = a.Checksum, b.Checksum, reconcile.EvidenceHead
	if verdict == reconcile.Undecided {
		verdict = reconcile.Incomparable
	}
	return verdict, proof
}

// failed turns an error into the outcome it means.
func (t *task) failed(err error) reconcile.Outcome {
	if !t.wrote && t.stopped(err) {
		return t.canceled("interrupted: " + err.Error())
	}
	status := reconcile.Failed
	if r := t.d.Source.Restore; r.Phase == reconcile.Restored && r.Expiry.IsZero() && !t.wrote && errors.Is(err, reconcile.Unreadable) {
		status = reconcile.NotRestored // nothing but the copy could tell: it was never seen to be readable
	}
	o := t.outcome(status, reconcile.KindOf(err), err.Error())
	o.ErrorCode, o.ErrorBucket = reconcile.CodeOf(err)
	return o
}

// cancelDelay is how much sooner than the task somebody else may hear that the run
// is being stopped: contexts tell their children one after the other.
const cancelDelay = 100 * time.Millisecond

// stopped reports whether err comes of the run being stopped.
func (t *task) stopped(err error) bool {
	if errors.Is(err, context.Canceled) {
		select {
		case <-t.accept.Done():
			return true
		case <-time.After(cancelDelay):
			return false
		}
	}
	return t.accept.Err() != nil && errors.Is(err, t.accept.Err())
}

func (t *task) canceled(reason string) reconcile.Outcome {
	return t.outcome(reconcile.Canceled, "", reason)
}

func (t *task) outcome(s reconcile.Status, kind reconcile.Kind, message string) reconcile.Outcome {
	o := reconcile.Outcome{Source: t.d.Source, Status: s, ErrorKind: kind, Message: message}
	o.Target.Location = t.d.Target.Location
	o.GranuleID, o.CollectionID = t.d.GranuleID, t.d.CollectionID
	if t.wrote || s == reconcile.Copied {
		o.Method = t.method
	}
	return o
}

// rescue runs f with what time there is for looking and aborting, although the
// run may be over.
func (t *task) rescue(f func()) {
	saved := t.contexts
	t.accept, t.work = t.cleanup, t.cleanup
	f()
	t.contexts = saved
}

// settled notes that the target is written: what follows, late tags and the
// proof, is owed to it, also when the run is being stopped.
func (t *task) settled() {
	t.wrote = true
	t.accept, t.work = t.cleanup, t.cleanup
}
