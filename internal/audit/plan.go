package audit

import (
	"sync"

	"reconcile/internal/reconcile"
)

// Plan counts what an audit would ask by HEAD. With Options.Plan nothing is asked:
// what the listings say has to do. It is safe for concurrent use.
type Plan struct {
	mu sync.Mutex

	Pairs, Bytes     int64            // of both sides
	Unproved         int64            // of the pairs, that the listings do not prove equal
	UnprovedBytes    int64            // of both sides of these
	pairs            map[string]int64 // in the fraction, by the target's bucket
	asked            map[string]int64 // that HEAD is asked about under VerifyListing, likewise
	source           int64            // HEADs of findings, in the source
	targets          map[string]int64 // and in the archive buckets
	unprovedInBucket map[string]int64
}

// NewPlan returns a Plan of nothing.
func NewPlan() *Plan {
	return &Plan{pairs: map[string]int64{}, asked: map[string]int64{}, targets: map[string]int64{}, unprovedInBucket: map[string]int64{}}
}

// pair counts a pair: whether the listings prove it equal, whether HEAD would be
// asked about it, and whether it is in the fraction.
func (p *Plan) pair(source, target *reconcile.Object, proved, asked, part bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Pairs++
	p.Bytes += source.Size + target.Size
	if !proved {
		p.Unproved++
		p.UnprovedBytes += source.Size + target.Size
		p.unprovedInBucket[target.Bucket]++
	}
	if part {
		p.pairs[target.Bucket]++
	}
	if asked {
		p.asked[target.Bucket]++
	}
}

// finding counts HEADs of what would be one.
func (p *Plan) finding(bucket string, source int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.source += source
	p.targets[bucket]++
}

// Heads are the HEADs of an audit that verifies so, by bucket; source is the
// source's.
func (p *Plan) Heads(v Verify, source string) map[string]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]int64{source: p.source}
	for bucket, n := range p.targets {
		all[bucket] += n
	}
	looked := p.pairs
	if v == VerifyListing || v == "" {
		looked = p.asked
	}
	for bucket, n := range looked {
		all[source] += n
		all[bucket] += n
	}
	return all
}

// Jobs is how many jobs of S3 Batch Operations compute the checksums of what the
// listings do not prove: one for each bucket.
func (p *Plan) Jobs() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.unprovedInBucket) == 0 {
		return 0
	}
	return int64(len(p.unprovedInBucket)) + 1
}
