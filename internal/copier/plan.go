package copier

import (
	"strconv"
	"strings"
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

// requests is what one copy takes when all goes well.
func (t *task) requests(w way) map[string]int64 {
	if w == wayCopy {
		return map[string]int64{"CopyObject": 1}
	}
	r := map[string]int64{"HeadObject": 1, "CreateMultipartUpload": 1, "CompleteMultipartUpload": 1}
	if w == wayPreserve {
		r["HeadObject"] += 2
		r["UploadPartCopy"] = partsInETag(t.d.Source.ETag)
		return r
	}
	r["UploadPartCopy"] = int64(len(cut(t.d.Source.Size, t.c.opts.PartSize)))
	return r
}

// partsInETag reads the number of parts off a composite ETag.
func partsInETag(etag string) int64 {
	_, n, _ := strings.Cut(etag, "-")
	parts, _ := strconv.ParseInt(n, 10, 64)
	return max(parts, 1)
}
