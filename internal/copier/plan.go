package copier

import (
	"maps"
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
	mu  sync.Mutex
	sum Planned
}

// Planned returns what Run has planned so far. It is empty without
// Options.Plan.
func (c *Copier) Planned() Planned {
	c.plan.mu.Lock()
	defer c.plan.mu.Unlock()
	p := c.plan.sum
	p.Requests, p.ByBucket = map[string]int64{}, map[string]map[string]int64{}
	for bucket, requests := range c.plan.sum.ByBucket {
		p.ByBucket[bucket] = maps.Clone(requests)
		for op, n := range requests {
			p.Requests[op] += n
		}
	}
	return p
}

// Foresee counts what copying an object takes once it can be read, and sends
// nothing.
func (c *Copier) Foresee(d reconcile.Decision) {
	t := &task{c: c, d: d}
	t.planned(choose(d.Source, c.opts.Layout, c.opts.Threshold))
}

// planned counts what copying would take. The object is missing, or differs
// and would be overwritten.
func (t *task) planned(w way) reconcile.Outcome {
	p := &t.c.plan
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sum.Objects++
	p.sum.Bytes += t.d.Source.Size
	source, target := t.requests(w)
	p.send(t.d.Source.Bucket, source)
	p.send(t.d.Target.Bucket, target)
	any, checksum := t.plannedHeads(w, false)+t.provingHeads(w, false), t.plannedHeads(w, true)+t.provingHeads(w, true)
	p.sum.Heads.Add(reconcile.Heads{Any: any, Checksum: checksum, Listing: any})
	if t.d.Listed {
		return t.outcome(reconcile.Differs, "", "it would be overwritten")
	}
	return t.outcome(reconcile.Missing, "", "not in its archive bucket")
}

// send counts requests to a bucket. It needs the lock.
func (p *planned) send(bucket string, requests map[string]int64) {
	if p.sum.ByBucket == nil {
		p.sum.ByBucket = map[string]map[string]int64{}
	}
	if p.sum.ByBucket[bucket] == nil {
		p.sum.ByBucket[bucket] = map[string]int64{}
	}
	for op, n := range requests {
		if n > 0 {
			p.sum.ByBucket[bucket][op] += n
		}
	}
}

// requests is what one copy takes when all goes well and the target's ETags
// can be compared: the copy, and the HEADs that it and its proof need beyond
// those that the plan has sent itself.
func (t *task) requests(w way) (source, target map[string]int64) {
	target = map[string]int64{"CopyObject": 1}
	if w != wayCopy {
		target = map[string]int64{"CreateMultipartUpload": 1, "CompleteMultipartUpload": 1, "UploadPartCopy": t.plannedParts(w)}
	}
	strict := t.c.opts.Policy.RequireChecksum
	source = map[string]int64{"HeadObject": t.plannedHeads(w, strict)}
	if n := t.provingHeads(w, strict); n > 0 {
		target["HeadObject"] = n
	}
	return source, target
}

func (t *task) plannedParts(w way) int64 {
	if w == wayPreserve {
		return int64(max(reconcile.PartsInETag(t.d.Source.ETag), 1))
	}
	return int64(len(cut(t.d.Source.Size, t.c.opts.PartSize)))
}

// plannedHeads are the HEADs of the source; strict for --proof checksum.
func (t *task) plannedHeads(w way, strict bool) (n int64) {
	source := t.d.Source
	if t.source == nil && (w != wayCopy || source.Multipart() && source.Checksum.FullObject() || strict) {
		n++ // its headers for an upload, its checksum for the proof
	}
	if w == wayPreserve {
		n += min(int64(max(reconcile.PartsInETag(source.ETag), 1)), 2) // the first part and the last
	}
	return n
}

// provingHeads are the HEADs of the target: where only its size is left to prove
// the copy by.
func (t *task) provingHeads(w way, strict bool) int64 {
	o := &t.d.Source
	if w == wayCopy && o.Multipart() && !o.Checksum.FullObject() || w == wayCut && !carried(o.Checksum) || strict && !o.Checksum.FullObject() {
		return 1
	}
	return 0
}
