package job

import "reconcile/internal/s3store"

// byBucket counts requests by bucket and operation.
type byBucket map[string]map[string]int64

// requests counts what a store has sent since the job began.
type requests struct {
	store  *s3store.Store
	before byBucket // what it had sent for others
}

// sent are the requests that the store has sent for this job.
func (r requests) sent() byBucket {
	sent := byBucket(r.store.RequestsByBucket())
	for bucket, some := range r.before {
		for op, n := range some {
			if sent[bucket][op] -= n; sent[bucket][op] == 0 {
				delete(sent[bucket], op)
			}
		}
	}
	return sent
}

// byOperation adds requests up over all buckets.
func (all byBucket) byOperation() map[string]int64 {
	sum := map[string]int64{}
	for _, some := range all {
		for op, n := range some {
			sum[op] += n
		}
	}
	return sum
}

// together adds up requests by bucket and operation.
func together(all ...byBucket) byBucket {
	sum := byBucket{}
	for _, some := range all {
		for bucket, ops := range some {
			for op, n := range ops {
				if sum[bucket] == nil {
					sum[bucket] = map[string]int64{}
				}
				sum[bucket][op] += n
			}
		}
	}
	return sum
}
