package audit

import (
	"context"
	"maps"
	"time"

	"reconcile/internal/catalog"
	"reconcile/internal/proofs"
	"reconcile/internal/reconcile"
)

// pair compares an object of the source with the one that stands at its target,
// and with its entry in the catalog. What was found out before is not asked for
// again by an audit that goes on, and stands for what this one does not ask.
func (a *Auditor) pair(ctx context.Context, source, target reconcile.Object, e *catalog.Entry, p *proofs.Proof) error {
	comparison, proof := reconcile.Compare(source, target, false, a.opts.Digests)
	suspect := comparison == reconcile.Different || len(a.collisions(source.Key)) > 0
	ask := suspect || a.worthHeads(comparison, source, target) || a.worthHead(e, &source)
	if a.opts.Plan != nil {
		a.opts.Plan.pair(&source, &target, comparison == reconcile.Equal, ask, a.opts.Fraction.Has(source.Key))
		return a.emit(a.compared(source, target, comparison, proof, reconcile.EvidenceListing))
	}
	better := a.opts.Verify != VerifyListing || comparison != reconcile.Equal // than what the listings say
	if !suspect && a.holds(p, &source, &target, e) && (ask && p.Fresh || !ask && better) {
		return a.emit(a.again(source, target, p, e))
	}
	if ask {
		return a.askLook(ctx, subject{source: source, target: target, listed: true, entry: e})
	}
	o := a.compared(source, target, comparison, proof, reconcile.EvidenceListing)
	o.Evidence, o.VerifiedAt = a.listedAs(source.Bucket, target.Bucket)
	o.Shallow = a.opts.Verify != VerifyListing
	return a.emit(a.against(e, &source, nil, o))
}

// listedAs is the evidence of what the listings of some buckets say, and of when
// it is, where that is not now: an inventory says how it was.
func (a *Auditor) listedAs(buckets ...string) (by reconcile.Evidence, at time.Time) {
	by = reconcile.EvidenceListing
	for _, bucket := range buckets {
		i, ok := a.opts.Inventories[bucket]
		if ok && (at.IsZero() || i.At.Before(at)) {
			at = i.At
			by = reconcile.EvidenceInventory.Of(at.UTC().Format(time.RFC3339))
		}
	}
	return by, at
}

// subject is an object of the source that is looked at by HEAD.
type subject struct {
	source, target reconcile.Object // where nothing was listed, their places alone
	listed         bool             // the target was
	named          bool             // neither was: somebody has named it
	entry          *catalog.Entry   // what is said of it; nil: nothing
}

// askLook has an object looked at, beside others.
func (a *Auditor) askLook(ctx context.Context, s subject) error {
	d := reconcile.Decision{Source: s.source, Target: s.target}.Clone()
	s.source, s.target = d.Source, d.Target
	return a.ask(func() error { return a.look(ctx, s) })
}

// worthHeads reports whether HEADs are to be sent although nothing is wrong.
func (a *Auditor) worthHeads(v reconcile.Comparison, source, target reconcile.Object) bool {
	switch {
	case !a.opts.Fraction.Has(source.Key):
		return false
	case a.opts.Verify != VerifyListing:
		return true
	case v != reconcile.Undecided || a.opts.ListingOnly:
		return false
	}
	// Where a bucket is known to hold objects under KMS its plain ETags say
	// nothing, and HEADs would say no more.
	_, opaqueSource := a.opaque.Load(source.Bucket)
	_, opaqueTarget := a.opaque.Load(target.Bucket)
	return source.Checksum.FullObject() && target.Checksum.FullObject() || !opaqueSource && !opaqueTarget
}

// worthHead reports whether the catalog says otherwise of an object than its
// listing, or something that HEAD knows.
func (a *Auditor) worthHead(e *catalog.Entry, o *reconcile.Object) bool {
	if e == nil {
		return false
	}
	for _, c := range e.Checksums {
		if o.Checksum.FullObject() && c.Algorithm == o.Checksum.Algorithm && !a.opts.ListingOnly && a.opts.Fraction.Has(o.Key) {
			return true
		}
	}
	aspects, _ := a.mismatch(e, o, nil)
	return len(aspects) > 0
}

// missing looks again at an object whose target was not listed.
func (a *Auditor) missing(ctx context.Context, source reconcile.Object, at reconcile.Location, e *catalog.Entry) error {
	if a.opts.Plan != nil {
		a.opts.Plan.finding(at.Bucket, 1)
		o := reconcile.Outcome{Source: source, Status: reconcile.Missing, Message: "it is not in its archive bucket"}
		o.Target.Location = at
		return a.emit(o)
	}
	return a.askLook(ctx, subject{source: source, target: reconcile.Object{Location: at}, entry: e})
}

// maxLooks is how often a pair is looked at that is never the same twice.
const maxLooks = 5

// state is what one look has seen of a pair; empty where there is nothing.
type state struct{ source, target string }

// look settles a pair by HEAD. What would be a finding has to be seen twice: an
// object that changes, comes or goes meanwhile is not accused of it. The
// listings were the first look.
func (a *Auditor) look(ctx context.Context, about subject) error {
	source, target, e := about.source, about.target, about.entry
	before, looks := about.seen()
	for first := true; ; first = false {
		looks++
		s, t, err := a.both(ctx, source.Location, target.Location)
		switch {
		case err != nil:
			return a.emit(tagged(e, unfinished(ctx, source, target, looks, err)))
		case s == nil && about.named && before.source != "":
			before = state{}
			continue
		case s == nil && about.named:
			return a.absentWith(about, t, looks)
		case s == nil && t == nil:
			a.gone.Add(1)
			return nil
		case s == nil:
			_, err = a.lookStray(ctx, t.Object, true)
			return err
		}
		if first {
			if conflict, err := a.conflict(ctx, s.Object, target); err != nil {
				return a.emit(tagged(e, unfinished(ctx, source, target, looks, err)))
			} else if conflict != nil {
				return a.emit(tagged(e, *conflict))
			}
		}
		o, late := a.judge(ctx, s, t, target.Location)
		o = a.against(e, &s.Object, s.Checksums, o)
		o.Attempts = looks
		now := stateOf(s, t)
		switch {
		case late && o.Catalog == "":
			return a.later.add(o)
		case !o.Success() && now != before && looks < maxLooks:
			before = now
			continue
		}
		return a.emit(o)
	}
}

// seen is what was seen of a subject before it is asked by HEAD, and in how many
// looks.
func (s *subject) seen() (before state, looks int) {
	if s.named {
		return unseen, 0
	}
	before.source = s.source.ETag
	if s.listed {
		before.target = s.target.ETag
	}
	return before, 1
}

// unseen is no state that anything is in.
var unseen = state{source: "unseen"}

func stateOf(s, t *reconcile.Detail) state {
	now := state{source: s.ETag}
	if t != nil {
		now.target = t.ETag
	}
	return now
}

// both asks about both sides.
func (a *Auditor) both(ctx context.Context, source, target reconcile.Location) (s, t *reconcile.Detail, err error) {
	if s, err = a.head(ctx, source); err == nil {
		t, err = a.head(ctx, target)
	}
	return s, t, err
}

// judge says what the HEADs of a pair come to; the target may be nil. late says
// that it depends on whether ETags are digests here, which nothing has shown yet.
func (a *Auditor) judge(ctx context.Context, s, t *reconcile.Detail, at reconcile.Location) (o reconcile.Outcome, late bool) {
	if t == nil {
		o = reconcile.Outcome{Source: current(s, s.Checksum), Status: reconcile.Missing, Evidence: reconcile.EvidenceHead,
			Message: "it is not in its archive bucket"}
		o.Target.Location = at
		return o, false
	}
	ours, theirs, ok := reconcile.CommonChecksum(s.Checksums, t.Checksums)
	if !ok {
		ours, theirs = s.Checksum, t.Checksum
	}
	source, target := current(s, ours), current(t, theirs)
	comparison, proof := reconcile.Compare(source, target, false, a.opts.Digests)
	o = a.compared(source, target, comparison, proof, reconcile.EvidenceHead)
	if a.opts.Verify != VerifyListing {
		o.Compared[reconcile.AspectMetadata] = same(s.Metadata, t.Metadata)
		if s.Headers != t.Headers {
			o.Compared[reconcile.AspectMetadata] = reconcile.Disagrees
		}
		o.Compared[reconcile.AspectTags] = a.tags(ctx, s, t)
	}
	if comparison != reconcile.Different && comparison != reconcile.Equal {
		believed, _ := reconcile.Compare(source, target, false, nil)
		late = believed == reconcile.Different
	}
	return o, late
}

// current is the object that HEAD has described, with one of its checksums.
func current(d *reconcile.Detail, sum reconcile.Checksum) reconcile.Object {
	o := d.Object
	o.Checksum = sum
	if d.Version != "null" {
		o.VersionID = d.Version
	}
	return o
}

// compared is the outcome of a pair.
func (a *Auditor) compared(source, target reconcile.Object, v reconcile.Comparison, proof reconcile.Proof, by reconcile.Evidence) reconcile.Outcome {
	if v != reconcile.Different && a.opts.Verify == VerifyChecksum && proof != reconcile.ProofChecksum {
		v = reconcile.Incomparable
	}
	d := reconcile.Decision{Source: source, Target: target, Listed: true, Evidence: by}
	o := d.Judge(v, proof, reconcile.Policy{}).Outcome()
	o.Compared[reconcile.AspectStorageClass] = reconcile.Disagrees
	if target.StorageClass == a.class(target.Bucket) {
		o.Compared[reconcile.AspectStorageClass] = reconcile.Matches
	}
	return o
}

func same(a, b map[string]string) reconcile.Match {
	if maps.Equal(a, b) {
		return reconcile.Matches
	}
	return reconcile.Disagrees
}

// collisions are the other source keys whose copies would lie at the same place.
func (a *Auditor) collisions(key string) []string {
	return a.opts.Router.Collisions(key, a.opts.Router.Route(key))
}

// conflict is the outcome of an object whose target another object of the source
// has too; nil: none has.
func (a *Auditor) conflict(ctx context.Context, source, target reconcile.Object) (*reconcile.Outcome, error) {
	for _, key := range a.collisions(source.Key) {
		other, err := a.head(ctx, reconcile.Location{Bucket: source.Bucket, Key: key})
		if err != nil {
			return nil, err
		}
		if other != nil {
			o := reconcile.Outcome{Source: source, Status: reconcile.Failed, ErrorKind: reconcile.Conflict,
				Message: "another object of the source has the same target: " + other.Location.String()}
			o.Target.Location = target.Location
			return &o, nil
		}
	}
	return nil, nil
}
