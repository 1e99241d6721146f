package bench

import (
	"maps"
	"slices"
	"testing"
)

// sent fails unless exactly these requests arrived.
func (w *world) sent(t *testing.T, want map[string]int64) {
	t.Helper()
	if got := w.Requests(); !maps.Equal(got, want) {
		t.Errorf("requests %v, want %v", got, want)
	}
}

// A small missing object costs one COPY and nothing else, a thousand of them a
// thousand.
func TestRequestsOfSmallObjects(t *testing.T) {
	for _, n := range []int{1, 1000} {
		w := newWorld(t)
		w.small(n)
		copyAll(t, w.store(), options(), w.missing())
		w.sent(t, map[string]int64{"CopyObject": int64(n)})
	}
}

// A large object costs a HEAD, its tags, Create, one request a part, Complete.
func TestRequestsOfALargeObject(t *testing.T) {
	w := newWorld(t)
	w.Put(glacier, "large.hdf", restored(10*gib, 1))
	copyAll(t, w.store(), options(), w.missing())
	w.sent(t, map[string]int64{
		"HeadObject": 1, "GetObjectTagging": 1, "CreateMultipartUpload": 1, "UploadPartCopy": 80, "CompleteMultipartUpload": 1,
	})
}

// One whose layout is kept costs a HEAD for its first part and one for its
// last besides.
func TestRequestsOfAKeptLayout(t *testing.T) {
	w := newWorld(t)
	o := restored(20*64*mib-1, 1)
	o.NoChecksum = true
	o.PartSizes = append(slices.Repeat([]int64{64 * mib}, 19), 64*mib-1)
	w.Put(glacier, "large.hdf", o)
	copyAll(t, w.store(), options(), w.missing())
	w.sent(t, map[string]int64{
		"HeadObject": 3, "GetObjectTagging": 1, "CreateMultipartUpload": 1, "UploadPartCopy": 20, "CompleteMultipartUpload": 1,
	})
}

// The tags of later objects cost nothing where there are none.
func TestRequestsOfTags(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"a.hdf", "b.hdf", "c.hdf"} {
		w.Put(glacier, key, restored(6*gib, 1))
	}
	o := options()
	o.Concurrency = 1
	copyAll(t, w.store(), o, w.missing())
	w.sent(t, map[string]int64{
		"HeadObject": 3, "GetObjectTagging": 1, "CreateMultipartUpload": 3, "UploadPartCopy": 3 * 48, "CompleteMultipartUpload": 3,
	})
}

// Connections are kept: no more are opened than requests were in flight.
func TestConnectionsAreReused(t *testing.T) {
	for _, n := range []int{1, 20, 100} {
		w := newWorld(t)
		w.small(8 * n)
		o := options()
		o.Concurrency = n
		copyAll(t, w.store(), o, w.missing())
		if got := w.Connections(); got > int64(2*n) {
			t.Errorf("%d connections for %d requests, %d at a time", got, 8*n, n)
		}
	}
}
