package fixity

import (
	"context"
	"fmt"
	"time"

	"reconcile/internal/reconcile"
)

// fitted are the checksums of one object, as far as they are of the object that
// stands there.
type fitted struct {
	sums   []Sum // that are of it
	failed *Sum  // one that could not be computed, where there is no other
	stale  bool  // there are some that are of another object
	unsure bool  // whether they are of it is known once HEAD has been asked
}

// fit sorts out which checksums are of an object: those of its version, where one
// is named, with its ETag, where one is named, and computed after it was written.
// The answers of HEAD are sure, what a listing says has no version.
func (p *Prover) fit(o *reconcile.Object, sums []Sum, headed bool) (f fitted) {
	named := false // some row has the key as it is
	for i := range sums {
		named = named || !sums[i].Raw
	}
	for i := range sums {
		s := &sums[i]
		switch {
		case named && s.Raw:
		case s.Version != "" && o.VersionID == "" && !headed:
			f.unsure = true
			f.take(s)
		case s.Version != "" && s.Version != o.VersionID, s.ETag != "" && s.ETag != o.ETag,
			s.Version == "" && s.Why == "" && !p.since(o, s):
			f.stale = true
		default:
			f.take(s)
		}
	}
	if len(f.sums) > 0 {
		f.failed = nil
	}
	return f
}

// take adds a checksum. One of parts depends on where these end, and is no use.
func (f *fitted) take(s *Sum) {
	switch {
	case s.Why != "":
		f.failed = s
	case s.Checksum.FullObject():
		f.sums = append(f.sums, *s)
	default:
		f.stale = true
	}
}

// since reports whether an object has not been written since the job may have
// read it.
func (p *Prover) since(o *reconcile.Object, s *Sum) bool {
	begun := p.opts.Sums.Reports[s.Report].Begun
	return !begun.IsZero() && !o.LastModified.IsZero() && !o.LastModified.After(begun)
}

// comparison is what the checksums of both sides come to.
type comparison struct {
	reconcile.Comparison
	source, target Sum // that decide
	failed         *Sum
	failedAt       reconcile.Location
	stale, unsure  bool
}

// weigh holds the checksums of both sides against each other.
func (p *Prover) weigh(h *held, target []Sum, headed bool) (v comparison) {
	o := &h.Outcome
	a, b := p.fit(&o.Source, h.Source, headed), p.fit(&o.Target, target, headed)
	v.stale = a.stale || b.stale
	for _, x := range a.sums {
		for _, y := range b.sums {
			if x.Checksum.Algorithm != y.Checksum.Algorithm || v.Comparison == reconcile.Different {
				continue
			}
			v.Comparison, v.source, v.target = reconcile.Equal, x, y
			if x.Checksum.Value != y.Checksum.Value {
				v.Comparison = reconcile.Different
			}
		}
	}
	v.unsure = v.Comparison != reconcile.Incomparable && (a.unsure || b.unsure)
	if v.failed, v.failedAt = a.failed, o.Source.Location; v.failed == nil {
		v.failed, v.failedAt = b.failed, o.Target.Location
	}
	return v
}

// judge settles a pair by its checksums, or has it looked at first: nobody is
// accused at first sight.
func (p *Prover) judge(ctx context.Context, h *held, target []Sum, emit func(reconcile.Outcome) error) error {
	v := p.weigh(h, target, false)
	if v.unsure || v.Comparison == reconcile.Different {
		p.heads.Go(func() error { return p.look(ctx, h, target, emit) })
		return nil
	}
	return p.end(h, v, emit)
}

// look asks HEAD about both sides, and weighs again what is known of them then.
func (p *Prover) look(ctx context.Context, h *held, target []Sum, emit func(reconcile.Outcome) error) error {
	o := &h.Outcome
	o.Attempts = max(o.Attempts, 1) + 1
	was := *o
	for _, side := range []*reconcile.Object{&o.Source, &o.Target} {
		now, err := p.head(ctx, side.Location)
		switch {
		case ctx.Err() != nil:
			return p.giveBack(&was, false, emit)
		case err != nil:
			o.Status, o.Proof, o.ErrorKind, o.Message = reconcile.Failed, reconcile.NoProof, reconcile.KindOf(err), err.Error()
			o.ErrorCode, o.ErrorBucket = reconcile.CodeOf(err)
			return emit(*o)
		case now == nil: // gone, after it was found
			p.Stale.Add(1)
			return p.giveBack(&was, false, emit)
		}
		restore := side.Restore
		*side = *now
		side.Restore = restore
	}
	v := p.weigh(h, target, true)
	if v.Comparison == reconcile.Incomparable { // one of them is another object by now: the row stays what the audit has found
		h.Outcome = was
	}
	return p.end(h, v, emit)
}

// end makes the outcome of a comparison.
func (p *Prover) end(h *held, v comparison, emit func(reconcile.Outcome) error) error {
	o := &h.Outcome
	switch {
	case v.Comparison == reconcile.Equal:
		p.prove(o, v, reconcile.Matches)
		return emit(*o)
	case v.Comparison == reconcile.Different:
		p.prove(o, v, reconcile.Disagrees)
		o.Status = reconcile.Differs
		o.Message = fmt.Sprintf("its %s, computed by S3 where it lies, is %s, and that of the copy is %s", v.source.Checksum.Algorithm, v.source.Checksum.Value, v.target.Checksum.Value)
		return emit(*o)
	case v.failed != nil && o.Unproved():
		o.Status, o.Proof, o.ErrorKind, o.ErrorBucket = reconcile.Failed, reconcile.NoProof, v.failed.Kind, v.failedAt.Bucket
		o.ErrorCode = reconcile.CodeComputeChecksum
		o.Message = fmt.Sprintf("the checksum of %s could not be computed: %s (job %s)", v.failedAt, v.failed.Why, p.opts.Sums.Reports[v.failed.Report].Name)
		return emit(*o)
	case v.stale:
		p.Stale.Add(1)
	case o.Unproved():
		p.Unlisted.Add(1)
	}
	return p.giveBack(o, true, emit)
}

// prove fills in what the two checksums say, and where they are from.
func (p *Prover) prove(o *reconcile.Outcome, v comparison, m reconcile.Match) {
	a, b := p.opts.Sums.Reports[v.source.Report], p.opts.Sums.Reports[v.target.Report]
	o.Source.Checksum, o.Target.Checksum = v.source.Checksum, v.target.Checksum
	o.Proof, o.Compared[reconcile.AspectChecksum] = reconcile.ProofChecksum, m
	what := a.String()
	if a != b {
		what += " " + b.String()
	}
	o.Evidence, o.VerifiedAt, o.Shallow = reconcile.EvidenceComputeChecksum.Of(what), a.Date, false
	if b.Date.Before(a.Date) {
		o.VerifiedAt = b.Date
	}
}

// String is the report as it stands in a row's evidence.
func (r Report) String() string { return r.Name + " " + r.Date.UTC().Format(time.RFC3339) }
