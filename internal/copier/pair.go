package copier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
)

// pair is a source object and its target: what is decided of them, what HEADs
// have shown of them, and what can be said of them in a row.
type pair struct {
	sender
	opts     *Options
	learned  *Learned
	refusals *limiter.Refusals
	from, to Header

	d      reconcile.Decision
	source *reconcile.Detail // as HEAD has shown it; nil: not asked
	target *reconcile.Detail // likewise, and since it was written last
	method reconcile.Method  // by which the target is written
	wrote  bool              // the server said that the target is written
}

// try makes an attempt unless it is hopeless, and learns from it.
func (p *pair) try(bucket, what string, f func() error) error {
	a := limiter.Attempt{Bucket: bucket, What: what}
	if err := p.refusals.Hopeless(a, p.d.Source.Key); err != nil {
		return err
	}
	err := f()
	if errors.Is(err, reconcile.NotFound) && what == opHead {
		p.refusals.Note(a, p.d.Source.Key, nil) // an answer is no refusal
		return err
	}
	if p.refusals.Note(a, p.d.Source.Key, err) {
		p.opts.Log.Warn("refused every time, for one reason: the rest is not tried", "bucket", "s3://"+bucket, "what", what, "cause", err)
	}
	return err
}

// head sends one HEAD. S3 gives every object an ETag: an answer without one is
// not S3's, and to believe it would make a changed object of every object.
func (p *pair) head(ctx context.Context, from Header, l reconcile.Location) (reconcile.Detail, error) {
	detail, err := from.Head(ctx, l)
	if err == nil && detail.ETag == "" {
		return detail, emptyHead(l, "no ETag")
	}
	if err == nil {
		p.learned.note(&detail)
	}
	return detail, err
}

func emptyHead(l reconcile.Location, what string) error {
	return &reconcile.Error{
		Op: opHead, Location: l, Kind: reconcile.Other, Code: reconcile.CodeEmptyAnswer,
		Err: errors.New("the answer is not S3's: " + what),
	}
}

// askHead sends a HEAD until it is answered, unless that is hopeless.
func (p *pair) askHead(from Header, l reconcile.Location) (detail reconcile.Detail, err error) {
	err = p.try(l.Bucket, opHead, func() (err error) {
		detail, err = ask(&p.sender, l.Bucket, func(ctx context.Context) (reconcile.Detail, error) { return p.head(ctx, from, l) })
		return err
	})
	return detail, err
}

// headSource asks HEAD about the source once and believes it from there on:
// what counts is the object's state now.
func (p *pair) headSource() error {
	if p.source != nil {
		return nil
	}
	detail, err := p.askHead(p.from, p.d.Source.Location)
	if err != nil {
		return err
	}
	p.source = &detail
	detail.Restore = p.opts.Policy.Classes.Headed(&detail.Object).At(p.opts.Now())
	p.d.Source = detail.Object
	return p.meant(detail)
}

// meant returns an error when the source is not what somebody has named: it has
// another size or checksum, or a version was named that is not the current one:
// an archive holds current versions.
func (p *pair) meant(is reconcile.Detail) error {
	digest := !is.Encryption.Opaque() && p.opts.trusts(is.Bucket)
	if why := p.d.Said.Denies(is.Object, is.Checksums, digest); why != "" {
		return &reconcile.Error{Op: opHead, Location: is.Location, Kind: reconcile.Integrity, Err: errors.New(why)}
	}
	current := cmp.Or(is.Version, noVersion)
	if p.d.Version == "" || p.d.Version == current {
		return nil
	}
	err := fmt.Errorf("version %s was named, and the current one is %s: only current versions are copied", p.d.Version, current)
	return &reconcile.Error{Op: opHead, Location: is.Location, Kind: reconcile.Changed, Err: err}
}

// noVersion is the version of what was written without versioning.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
const noVersion = "null"

// headPinned is headSource for a copy that has been decided on already: a
// source that is no longer the listed one must not be taken for it.
func (p *pair) headPinned() error {
	pinned := p.d.Source
	if err := p.headSource(); err != nil {
		return err
	}
	if pinned.ETag == "" || p.d.Source.ETag == pinned.ETag {
		return nil
	}
	p.d.Source = pinned
	err := fmt.Errorf("the source changed while it was being copied: its ETag was %s and is %s", pinned.ETag, p.source.ETag)
	return &reconcile.Error{Op: opHead, Location: pinned.Location, Kind: reconcile.Changed, Err: err}
}

// lapsed returns an error when the source can no longer be read.
func (p *pair) lapsed() error {
	r := p.d.Source.Restore
	if r.Readable(p.opts.Now()) {
		return nil
	}
	err := errors.New("the source cannot be read any more: it is " + r.Phase.String())
	if r.Phase == reconcile.Restored {
		err = fmt.Errorf("the restored copy lapsed at %s, before it could be copied", r.Expiry.Format(time.RFC3339))
	}
	return &reconcile.Error{Op: opHead, Location: p.d.Source.Location, Kind: reconcile.Unreadable, Err: err}
}

// headTarget asks HEAD about the target. found is false when it is not there.
func (p *pair) headTarget() (found bool, err error) {
	detail, err := p.askHead(p.to, p.d.Target.Location)
	if errors.Is(err, reconcile.NotFound) {
		p.target, p.d.Listed, p.d.Unseen = nil, false, false
		return false, nil
	}
	if err != nil {
		return false, err
	}
	p.target = &detail
	p.d.Target, p.d.Listed, p.d.Unseen, p.d.Evidence = detail.Object, true, false, reconcile.EvidenceHead
	return true, nil
}

// compareHeads compares what the two HEADs said. Nothing is left undecided:
// what they do not show cannot be compared.
func (p *pair) compareHeads(sameLayout bool) (reconcile.Comparison, reconcile.Proof) {
	a, b := p.source.Object, p.target.Object
	a.Checksum, b.Checksum, _ = reconcile.CommonChecksum(p.source.Checksums, p.target.Checksums)
	comparison, proof := reconcile.Compare(a, b, sameLayout, p.opts.Policy.Digests)
	p.d.Source.Checksum, p.d.Target.Checksum, p.d.Evidence = a.Checksum, b.Checksum, reconcile.EvidenceHead
	if comparison == reconcile.Undecided {
		comparison = reconcile.Incomparable
	}
	return comparison, proof
}

// collides returns an error when another source object is routed to the same
// target, whether it is to be written or stands there already. With swapped
// prefixes that can happen, and neither must win.
func (p *pair) collides(op string) error {
	for _, key := range p.d.Collisions {
		other := reconcile.Location{Bucket: p.d.Source.Bucket, Key: key}
		_, err := ask(&p.sender, other.Bucket, func(ctx context.Context) (reconcile.Detail, error) { return p.head(ctx, p.from, other) })
		if err == nil {
			err = fmt.Errorf("%s is routed to the same target", other)
			return &reconcile.Error{Op: op, Location: p.d.Target.Location, Kind: reconcile.Conflict, Err: err}
		}
		if !errors.Is(err, reconcile.NotFound) {
			return err
		}
	}
	return nil
}

// settled notes that the target is written: what follows, late tags and the
// proof, is owed to it, also when the run is being stopped.
func (p *pair) settled() {
	p.wrote = true
	p.accept, p.work = p.cleanup, p.cleanup
}

// failed turns an error into the outcome it means.
func (p *pair) failed(err error) reconcile.Outcome {
	if !p.wrote && p.stopped(err) {
		return p.outcome(reconcile.Canceled, "", "interrupted: "+err.Error())
	}
	status := reconcile.Failed
	if r := p.d.Source.Restore; r.Phase == reconcile.Restored && r.Expiry.IsZero() && !p.wrote && errors.Is(err, reconcile.Unreadable) {
		status = reconcile.NotRestored // nothing but the copy could tell: it was never seen to be readable
	}
	o := p.outcome(status, reconcile.KindOf(err), err.Error())
	o.ErrorCode, o.ErrorBucket = reconcile.CodeOf(err)
	return o
}

func (p *pair) outcome(s reconcile.Status, kind reconcile.Kind, message string) reconcile.Outcome {
	o := reconcile.Outcome{Source: p.d.Source, Status: s, ErrorKind: kind, Message: message}
	o.Target.Location = p.d.Target.Location
	o.GranuleID, o.CollectionID = p.d.GranuleID, p.d.CollectionID
	if p.wrote || s == reconcile.Copied {
		o.Method = p.method
	}
	return o
}
