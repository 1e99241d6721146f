package copier

import (
	"sync"

	"reconcile/internal/reconcile"
)

// Planned is what a run would send to S3 beyond what the plan itself has sent.
type Planned struct {
	Objects  int64            // to be copied
	Bytes    int64            // to be copied
	Requests map[string]int64 // by S3 operation; tags and retries are not foreseen
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
	p.Requests = map[string]int64{}
	for op, n := range c.plan.sum.Requests {
		p.Requests[op] = n
	}
	return p
}

// planned counts what copying would take. The object is missing, or differs
// and would be overwritten.
func (t *task) planned(w way) reconcile.Outcome {
	p := &t.c.plan
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sum.Requests == nil {
		p.sum.Requests = map[string]int64{}
	}
	p.sum.Objects++
	p.sum.Bytes += t.d.Source.Size
	for op, n := range t.requests(w) {
		p.sum.Requests[op] += n
	}
	if t.d.Listed {
		return t.outcome(reconcile.Differs, "", "it would be overwritten")
	}
	return t.outcome(reconcile.Missing, "", "not in its archive bucket")
}

// requests is what one copy takes when all goes well and the target's ETags
// can be compared: the copy, and the HEADs that it and its proof need beyond
// those that the plan has sent itself.
func (t *task) requests(w way) map[string]int64 {
	r := map[string]int64{}
	if w == wayCopy {
		r["CopyObject"] = 1
	} else {
		r["CreateMultipartUpload"], r["CompleteMultipartUpload"] = 1, 1
		r["UploadPartCopy"] = t.plannedParts(w)
	}
	if n := t.plannedHeads(w); n > 0 {
		r["HeadObject"] = n
	}
	return r
}

func (t *task) plannedParts(w way) int64 {
	if w == wayPreserve {
		return int64(max(reconcile.PartsInETag(t.d.Source.ETag), 1))
	}
	return int64(len(cut(t.d.Source.Size, t.c.opts.PartSize)))
}

func (t *task) plannedHeads(w way) (n int64) {
	source, checksum := t.d.Source, carried(t.d.Source.Checksum)
	strict := t.c.opts.Policy.RequireChecksum
	if t.source == nil && (w != wayCopy || source.Multipart() && source.Checksum.FullObject() || strict) {
		n++ // the source: its headers for an upload, its checksum for the proof
	}
	if w == wayPreserve {
		n += min(int64(max(reconcile.PartsInETag(source.ETag), 1)), 2) // the first part and the last
	}
	if w == wayCopy && source.Multipart() && !source.Checksum.FullObject() || w == wayCut && !checksum {
		n++ // the target: only its size is left to prove the copy by
	}
	return n
}
