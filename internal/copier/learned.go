package copier

import (
	"sync"
	"sync/atomic"

	"reconcile/internal/reconcile"
)

// Learned is what copying has shown of servers and buckets, and what holds for
// the next run too. The zero value knows nothing; it is safe for concurrent use.
type Learned struct {
	buckets    table[string, bucketFacts]
	conditions table[writeKind, condition]
}

// bucketFacts are what was learned about one bucket.
type bucketFacts struct {
	opaque   atomic.Bool // holds objects whose ETags say nothing (KMS)
	checked  atomic.Bool // holds objects that have checksums
	tagsRead atomic.Bool // its objects' tags may be read
	secret   atomic.Bool // whether its objects have annotations may not be asked

	noParts     atomic.Bool  // UploadPartCopy is not there
	noCondition atomic.Bool  // CopyObject takes no condition, and Complete does
	largest     atomic.Int64 // bytes; objects of this size and above are too large for CopyObject; 0: not known
}

// note learns from a HEAD.
func (l *Learned) note(o *reconcile.Detail) {
	b := l.buckets.of(o.Bucket)
	if o.Encryption.Opaque() {
		b.opaque.Store(true)
	}
	if len(o.Checksums) > 0 {
		b.checked.Store(true)
	}
}

// tooLarge notes that an object of size bytes is too large for CopyObject.
func (b *bucketFacts) tooLarge(size int64) {
	for old := b.largest.Load(); (old == 0 || size < old) && !b.largest.CompareAndSwap(old, size); {
		old = b.largest.Load()
	}
}

// table holds one V for each K, made when it is first asked for. It is safe for
// concurrent use.
type table[K comparable, V any] struct{ values sync.Map } // K → *V

func (t *table[K, V]) of(k K) *V {
	v, ok := t.values.Load(k)
	if !ok {
		v, _ = t.values.LoadOrStore(k, new(V))
	}
	return v.(*V)
}

func (t *table[K, V]) each(f func(K, *V)) {
	t.values.Range(func(k, v any) bool {
		f(k.(K), v.(*V))
		return true
	})
}
