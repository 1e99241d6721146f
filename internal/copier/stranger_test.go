package copier_test

import (
	"fmt"
	"maps"
	"sync"

	"reconcile/internal/s3sim"
)

// stranger is somebody else who uses the archive bucket: he writes objects and
// opens uploads, some of them of keys that are being copied.
type stranger struct {
	w       *world
	mu      sync.Mutex
	objects map[string]s3sim.Info
	seeds   map[string]uint64
	uploads map[string]s3sim.Upload // by id
}

func newStranger(w *world) *stranger {
	return &stranger{w: w, objects: map[string]s3sim.Info{}, seeds: map[string]uint64{}, uploads: map[string]s3sim.Upload{}}
}

// write writes an object of his own.
func (s *stranger) write(key string, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seed := 50_000 + uint64(len(s.seeds))
	s.objects[key], s.seeds[key] = s.w.Put(archive, key, s3sim.Object{Size: size, ContentSeed: seed}), seed
}

// writeOn writes a new object of his own at some of the requests of a run.
func (s *stranger) writeOn(op string, probability float64, seed uint64) {
	n := 0
	s.w.Inject(s3sim.Fault{Op: op, Probability: probability, Seed: seed, Before: func() {
		s.mu.Lock()
		n++
		key := fmt.Sprintf("k-strangers/%d", n)
		s.mu.Unlock()
		s.write(key, 100)
	}})
}

// open opens an upload.
func (s *stranger) open(key string) {
	id := s.w.openFor(key).ID
	for _, u := range s.w.OpenUploads(archive) {
		if u.UploadID == id {
			s.uploads[id] = u
		}
	}
}

// readBack wants all that is his as he left it: content, properties, uploads.
func (s *stranger) readBack() {
	t := s.w.t
	t.Helper()
	for key, was := range s.objects {
		is, there := s.w.Get(archive, key)
		if !there || is.ETag != was.ETag || is.Size != was.Size || !is.LastModified.Equal(was.LastModified) || !maps.Equal(is.Metadata, was.Metadata) {
			t.Errorf("the stranger's %s is not as he left it: %+v", key, is)
		}
		mine := fmt.Sprintf("stranger's original of %s", key)
		s.w.Put(glacier, mine, s3sim.Object{Size: was.Size, ContentSeed: s.seeds[key]})
		if !s.w.SameContent(archive, key, glacier, mine) {
			t.Errorf("the stranger's %s has other content", key)
		}
	}
	open := map[string]s3sim.Upload{}
	for _, u := range s.w.OpenUploads(archive) {
		open[u.UploadID] = u
	}
	for id, was := range s.uploads {
		if is, there := open[id]; !there || is.Parts != was.Parts {
			t.Errorf("the stranger's upload of %s is not as he left it: %v, %+v", was.Key, there, is)
		}
	}
}
