package audit

import (
	"context"
	"maps"

	"reconcile/internal/catalog"
	"reconcile/internal/reconcile"
)

// pair compares an object of the source with the one that stands at its target,
// and with its entry in the catalog.
func (a *Auditor) pair(ctx context.Context, source, target reconcile.Object, e *catalog.Entry) error {
	verdict, proof := reconcile.Compare(source, target, false, a.opts.Digests)
	if verdict == reconcile.Different || a.worthHeads(verdict, source, target) || len(a.collisions(source.Key)) > 0 || a.worthHead(e, &source) {
		d := reconcile.Decision{Source: source, Target: target}.Clone()
		return a.ask(func() error { return a.look(ctx, d.Source, d.Target, true, e) })
	}
	return a.emit(a.against(e, &source, nil, a.compared(source, target, verdict, proof, reconcile.EvidenceListing)))
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
	d := reconcile.Decision{Source: source, Target: reconcile.Object{Location: at}}.Clone()
	return a.ask(func() error { return a.look(ctx, d.Source, d.Target, false, e) })
}

// maxLooks is how often a pair is looked at that is never the same twice.
const maxLooks = 5

// state is what one look has seen of a pair; empty where there is nothing.
type state struct{ source, target string }

// look settles a pair by HEAD. What would be a finding has to be seen twice: an
// object that changes, comes or goes meanwhile is not accused of it. The
// listings were the first look.
func (a *Auditor) look(ctx context.Context, source, target reconcile.Object, listed bool, e *catalog.Entry) error {
	before := state{source: source.ETag}
	if listed {
		before.target = target.ETag
	}
	if conflict, err := a.conflict(ctx, source, target); err != nil || conflict != nil {
		if err != nil {
			return a.emit(unfinished(ctx, source, target, 1, err))
		}
		return a.emit(*conflict)
	}
	for looks := 2; ; looks++ {
		s, t, err := a.both(ctx, source.Location, target.Location)
		switch {
		case err != nil:
			return a.emit(unfinished(ctx, source, target, looks, err))
		case s == nil && t == nil:
			a.gone.Add(1)
			return nil
		case s == nil:
			return a.lookStray(ctx, t.Object)
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
	verdict, proof := reconcile.Compare(source, target, false, a.opts.Digests)
	o = a.compared(source, target, verdict, proof, reconcile.EvidenceHead)
	if a.opts.Verify != VerifyListing {
		o.Compared[reconcile.AspectMetadata] = same(s.Metadata, t.Metadata)
		if s.Headers != t.Headers {
			o.Compared[reconcile.AspectMetadata] = reconcile.Disagrees
		}
		o.Compared[reconcile.AspectTags] = a.tags(ctx, s, t)
	}
	if verdict != reconcile.Different && verdict != reconcile.Equal {
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
