package audit_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"

	"reconcile/internal/reconcile"
)

// world is a Store in memory. It counts what it is asked.
type world struct {
	pageSize int
	mu       sync.Mutex
	buckets  map[string][]reconcile.Object
	asked    map[string]int
	// before is called before each request with its name, without the lock.
	before func(op, bucket, key string) error
}

func newWorld(pageSize int) *world {
	return &world{pageSize: pageSize, buckets: map[string][]reconcile.Object{}, asked: map[string]int{}}
}

func (w *world) put(bucket, key, content string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := reconcile.Object{
		Location: reconcile.Location{Bucket: bucket, Key: key}, Size: int64(len(content)), ETag: etag(content),
		StorageClass: reconcile.ClassStandard, Restore: reconcile.RestoreState{Phase: reconcile.Online},
	}
	i, found := w.find(bucket, key)
	if found {
		w.buckets[bucket][i] = o
		return
	}
	w.buckets[bucket] = slices.Insert(w.buckets[bucket], i, o)
}

func (w *world) remove(bucket, key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i, found := w.find(bucket, key); found {
		// A page that was handed out keeps what it has.
		w.buckets[bucket] = append(slices.Clone(w.buckets[bucket][:i]), w.buckets[bucket][i+1:]...)
	}
}

func (w *world) find(bucket, key string) (int, bool) {
	return slices.BinarySearchFunc(w.buckets[bucket], key, func(o reconcile.Object, key string) int { return cmp.Compare(o.Key, key) })
}

// etag has the form of an MD5, and is equal for equal contents.
func etag(content string) string {
	return fmt.Sprintf("%032x", []byte(content + strings.Repeat(".", 16))[:16])
}

func (w *world) ask(op, bucket, key string) error {
	if w.before != nil {
		if err := w.before(op, bucket, key); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[op]++
	return nil
}

func (w *world) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	after := max(req.StartAfter, strings.TrimPrefix(req.Token, "after "))
	if err := w.ask("List", req.Bucket, after); err != nil {
		return reconcile.Page{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.buckets[req.Bucket]
	all = all[sort.Search(len(all), func(i int) bool { return all[i].Key > after && all[i].Key >= req.Prefix }):]
	var page reconcile.Page
	for _, o := range all {
		if !strings.HasPrefix(o.Key, req.Prefix) {
			break
		}
		if len(page.Objects) == w.pageSize {
			page.Next = "after " + page.Objects[w.pageSize-1].Key
			break
		}
		page.Objects = append(page.Objects, o)
	}
	return page, ctx.Err()
}

func (w *world) Head(ctx context.Context, at reconcile.Location) (d reconcile.Detail, err error) {
	if err := w.ask("Head", at.Bucket, at.Key); err != nil {
		return d, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	i, found := w.find(at.Bucket, at.Key)
	if !found {
		return d, &reconcile.Error{Op: "HeadObject", Location: at, Kind: reconcile.NotFound, Status: 404}
	}
	d.Object = w.buckets[at.Bucket][i]
	d.Encryption = reconcile.EncryptionS3
	return d, ctx.Err()
}

func (w *world) Tags(context.Context, reconcile.Location) (map[string]string, error) {
	return map[string]string{}, w.ask("Tags", "", "")
}

// add and sort fill a world with many objects.
func (w *world) add(bucket, key string) {
	w.buckets[bucket] = append(w.buckets[bucket], reconcile.Object{
		Location: reconcile.Location{Bucket: bucket, Key: key}, Size: 10, ETag: sameETag,
		StorageClass: reconcile.ClassStandard, Restore: reconcile.RestoreState{Phase: reconcile.Online},
	})
}

const sameETag = "00000000000000000000000000000001"

func (w *world) sort() {
	for _, all := range w.buckets {
		slices.SortFunc(all, func(a, b reconcile.Object) int { return cmp.Compare(a.Key, b.Key) })
	}
}
