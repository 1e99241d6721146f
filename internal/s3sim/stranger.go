package s3sim

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Stranger is somebody else who uses a bucket beside the program under test: he
// writes objects, opens uploads, and reads his own things back. It is safe for
// concurrent use.
type Stranger struct {
	srv     *Server
	bucket  *bucket
	mu      sync.Mutex
	written map[string]*object // by key
	opened  map[string]opened  // by id
	busy    int
}

// opened is an upload as it was opened. It is never changed where it is, but for
// its parts.
type opened struct {
	*upload
	parts int
}

// Stranger returns a stranger in a bucket.
func (s *Server) Stranger(bucket string) *Stranger {
	return &Stranger{srv: s, bucket: s.mustBucket(bucket), written: map[string]*object{}, opened: map[string]opened{}}
}

// Write writes an object of his own.
func (x *Stranger) Write(key string, size int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.srv.Put(x.bucket.name, key, Object{Size: size, ContentSeed: 50_000 + uint64(len(x.written)), Metadata: map[string]string{"of": "a stranger"}})
	x.written[key] = x.bucket.look(key)
}

// Open opens an upload, with one part where size is not 0, and returns its id.
func (x *Stranger) Open(key string, size int64) (id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	u := &upload{id: x.srv.newID(), key: key, initiated: x.srv.cfg.Now(), alg: algCRC64NVME, parts: map[int]*part{}}
	if size > 0 {
		o := &object{size: size, seed: 50_000}
		u.parts[1] = &part{number: 1, body: o.content(), modified: seconds(u.initiated)}
	}
	x.bucket.mu.Lock()
	x.bucket.uploads[u.id] = u
	x.bucket.mu.Unlock()
	x.opened[u.id] = opened{u, len(u.parts)}
	return u.id
}

// Busy writes a new object, and opens an upload of key, at some of the requests
// of op that others send.
func (x *Stranger) Busy(op, key string, probability float64, seed uint64) {
	x.srv.Inject(Fault{Op: op, Bucket: x.bucket.name, Probability: probability, Seed: seed, Before: func() {
		x.mu.Lock()
		x.busy++
		own := fmt.Sprintf("%s-stranger/%d", key, x.busy)
		x.mu.Unlock()
		x.Write(own, 100)
		x.Open(key, 0)
	}})
}

// Has reports whether an open upload is his.
func (x *Stranger) Has(uploadID string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, his := x.opened[uploadID]
	return his
}

// Keys are the keys of the objects that he has written.
func (x *Stranger) Keys() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Collect(maps.Keys(x.written))
}

// Missing reads everything of his back, and names what is not as he left it: an
// object that was written over or removed, an upload that was filled, completed
// or aborted.
func (x *Stranger) Missing() (all []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for key, o := range x.written {
		if x.bucket.look(key) != o {
			all = append(all, "object "+key)
		}
	}
	x.bucket.mu.RLock()
	defer x.bucket.mu.RUnlock()
	for id, was := range x.opened {
		is := x.bucket.uploads[id]
		if is == nil || is != was.upload {
			all = append(all, "upload "+id+" of "+was.key)
			continue
		}
		is.mu.Lock()
		if len(is.parts) != was.parts {
			all = append(all, "the parts of upload "+id+" of "+was.key)
		}
		is.mu.Unlock()
	}
	return all
}
