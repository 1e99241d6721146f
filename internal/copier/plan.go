package copier

import (
	"sync"

	"reconcile/internal/reconcile"
)

// Planned is what a run would send to S3 beyond what the plan itself has sent.
type Planned struct {
	Objects  int64                       // to be copied
	Bytes    int64                       // to be copied
	Requests map[string]int64            // by S3 operation; tags and retries are not foreseen
	ByBucket map[string]map[string]int64 // the same, by the bucket that they go to
	Heads    reconcile.Heads             // for the copies and their proofs
}

type planned struct {
	mu       sync.Mutex
	sum      Planned // without its requests
	requests map[operation]int64
}

// operation is one of S3's on a bucket.
type operation struct{ bucket, name string }

// Planned returns what Run has planned so far. It is empty without
// Options.Plan.
func (c *Copier) Planned() Planned {
	c.planned.mu.Lock()
	defer c.planned.mu.Unlock()
	p := c.planned.sum
	p.Requests, p.ByBucket = map[string]int64{}, map[string]map[string]int64{}
	for op, n := range c.planned.requests {
		if p.ByBucket[op.bucket] == nil {
			p.ByBucket[op.bucket] = map[string]int64{}
		}
		p.ByBucket[op.bucket][op.name] += n
		p.Requests[op.name] += n
	}
	return p
}

// Foresee counts what copying an object takes once it can be read, and sends
// nothing.
func (c *Copier) Foresee(d reconcile.Decision) {
	c.planned.add(c.estimate(d.Source, choose(d.Source, c.opts.Layout, c.opts.Threshold)), d.Target.Bucket)
}

// planned counts what copying would take. The object is missing, or differs
// and would be overwritten.
func (t *task) planned(by way) reconcile.Outcome {
	e := t.c.estimate(t.d.Source, by)
	e.headed = t.source != nil
	t.c.planned.add(e, t.d.Target.Bucket)
	if t.d.Listed {
		return t.outcome(reconcile.Differs, "", "it would be overwritten")
	}
	return t.outcome(reconcile.Missing, "", "not in its archive bucket")
}

// add counts a copy into a bucket.
func (p *planned) add(e estimate, target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sum.Objects++
	p.sum.Bytes += e.source.Size
	any := e.sourceHeads(false) + e.targetHeads(false)
	p.sum.Heads.Add(reconcile.Heads{Any: any, Checksum: e.sourceHeads(true) + e.targetHeads(true), Listing: any})
	if p.requests == nil {
		p.requests = map[operation]int64{}
	}
	for op, n := range e.requests(target) {
		if n > 0 {
			p.requests[op] += n
		}
	}
}

// estimate is what one copy takes when all goes well and the target's ETags
// can be compared: the copy, and the HEADs that it and its proof need beyond
// those that the plan has sent itself.
type estimate struct {
	source   reconcile.Object
	headed   bool // the plan has sent HEAD for the source
	by       way
	partSize int64 // bytes; 0: by the object's size
	strict   bool  // --proof checksum
}

func (c *Copier) estimate(source reconcile.Object, by way) estimate {
	return estimate{source: source, by: by, partSize: c.opts.PartSize, strict: c.opts.Policy.RequireChecksum}
}

func (e estimate) requests(target string) map[operation]int64 {
	all := map[operation]int64{{target, opCopy}: 1}
	if e.by != wayCopy {
		all = map[operation]int64{{target, "CreateMultipartUpload"}: 1, {target, opComplete}: 1, {target, "UploadPartCopy"}: e.parts()}
	}
	all[operation{target, opHead}] = e.targetHeads(e.strict)
	all[operation{e.source.Bucket, opHead}] += e.sourceHeads(e.strict)
	return all
}

func (e estimate) parts() int64 {
	if e.by == wayPreserve {
		return int64(max(reconcile.PartsInETag(e.source.ETag), 1))
	}
	return int64(len(cut(e.source.Size, e.partSize)))
}

// sourceHeads are the HEADs of the source; strict for --proof checksum.
func (e estimate) sourceHeads(strict bool) (n int64) {
	if !e.headed && (e.by != wayCopy || e.source.Multipart() && e.source.Checksum.FullObject() || strict) {
		n++ // its headers for an upload, its checksum for the proof
	}
	if e.by == wayPreserve {
		n += min(e.parts(), 2) // the first part and the last
	}
	return n
}

// targetHeads are the HEADs of the target: where only its size is left to prove
// the copy by.
func (e estimate) targetHeads(strict bool) int64 {
	o := &e.source
	if e.by == wayCopy && o.Multipart() && !o.Checksum.FullObject() || e.by == wayCut && !carried(o.Checksum) || strict && !o.Checksum.FullObject() {
		return 1
	}
	return 0
}
