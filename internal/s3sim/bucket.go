package s3sim

import (
	"strings"
	"sync"
	"time"

	"github.com/tidwall/btree"
)

// bucket holds objects by key, in byte order.
type bucket struct {
	name          string
	owner         string // account id
	kmsKey        string // default encryption; "" = SSE-S3
	requesterPays bool
	created       time.Time

	mu         sync.RWMutex
	versioning string                        // "", "Enabled" or "Suspended"
	objects    *btree.BTreeG[*object]        // the current version of each key
	history    *btree.Map[string, []*object] // what is not current, newest first
	uploads    map[string]*upload            // by upload id
}

// BucketOption is an option of [Server.CreateBucket].
type BucketOption func(*bucket)

// OwnerID sets the account that owns the bucket, which requests may demand with
// x-amz-expected-bucket-owner; default [DefaultOwnerID].
func OwnerID(id string) BucketOption { return func(b *bucket) { b.owner = id } }

// DefaultKMS encrypts new objects with aws:kms under that key unless a request
// says otherwise; their ETags are not MD5s.
func DefaultKMS(keyID string) BucketOption { return func(b *bucket) { b.kmsKey = keyID } }

// Versioned enables versioning.
func Versioned() BucketOption { return func(b *bucket) { b.versioning = "Enabled" } }

// RequesterPays refuses requests without x-amz-request-payer: requester.
func RequesterPays() BucketOption { return func(b *bucket) { b.requesterPays = true } }

// DefaultOwnerID is the account that owns buckets unless [OwnerID] says
// otherwise.
const DefaultOwnerID = "111122223333"

func newBucket(name string, created time.Time, opts []BucketOption) *bucket {
	b := &bucket{
		name:    name,
		owner:   DefaultOwnerID,
		created: created,
		objects: btree.NewBTreeGOptions(
			func(x, y *object) bool { return x.key < y.key },
			btree.Options{NoLocks: true}),
		history: &btree.Map[string, []*object]{},
		uploads: map[string]*upload{},
	}
	for _, opt := range opts {
		opt(b)
	}
	return b
}

// current returns the current version of a key, or nil. The caller holds mu.
func (b *bucket) current(key string) *object {
	o, _ := b.objects.Get(&object{key: key})
	return o
}

// look returns the current version of a key, or nil.
func (b *bucket) look(key string) *object {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.current(key)
}

// find returns a version of an object. An empty version is the current one.
func (b *bucket) find(key, version string) (*object, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.locate(key, version)
}

// locate is find for a caller that holds mu.
func (b *bucket) locate(key, version string) (*object, error) {
	if version == "" {
		if o := b.current(key); o != nil {
			return o, nil
		}
		if old, _ := b.history.Get(key); len(old) > 0 && old[0].is(flagDeleteMarker) {
			return nil, errNoSuchKey.field("Key", key).header("x-amz-delete-marker", "true").
				header("x-amz-version-id", old[0].versionID())
		}
		return nil, errNoSuchKey.field("Key", key)
	}
	o := b.version(key, version)
	switch {
	case o == nil:
		return nil, errNoSuchVersion.field("Key", key).field("VersionId", version)
	case o.is(flagDeleteMarker):
		return nil, errMethodNotAllowed.header("x-amz-delete-marker", "true").
			header("x-amz-version-id", version)
	}
	return o, nil
}

// version returns that version of a key, which may be a delete marker, or nil.
// The caller holds mu.
func (b *bucket) version(key, id string) *object {
	if o := b.current(key); o != nil && o.versionID() == id {
		return o
	}
	old, _ := b.history.Get(key)
	for _, o := range old {
		if o.versionID() == id {
			return o
		}
	}
	return nil
}

// store makes o the current version of its key. The caller holds mu.
func (b *bucket) store(o *object) {
	previous, replaced := b.objects.Set(o)
	if b.versioning == "" {
		return
	}
	isNull := o.versionID() == nullVersion
	if isNull {
		b.forget(o.key, nullVersion)
	}
	if replaced && !(isNull && previous.versionID() == nullVersion) {
		b.remember(previous)
	}
}

// remember puts a version that is no longer current into the history.
func (b *bucket) remember(o *object) {
	old, _ := b.history.Get(o.key)
	b.history.Set(o.key, append([]*object{o}, old...))
}

// forget takes a version out of the history and returns it, or nil.
func (b *bucket) forget(key, id string) *object {
	old, _ := b.history.Get(key)
	for i, o := range old {
		if o.versionID() != id {
			continue
		}
		rest := append(append([]*object{}, old[:i]...), old[i+1:]...)
		if len(rest) == 0 {
			b.history.Delete(key)
		} else {
			b.history.Set(key, rest)
		}
		return o
	}
	return nil
}

// replace puts changed in the place of the version that it was cloned from.
// The caller holds mu.
func (b *bucket) replace(changed *object) {
	id := changed.versionID()
	if o := b.current(changed.key); o != nil && o.versionID() == id {
		b.objects.Set(changed)
		return
	}
	old, _ := b.history.Get(changed.key)
	fresh := append([]*object{}, old...)
	for i, o := range fresh {
		if o.versionID() == id {
			fresh[i] = changed
		}
	}
	b.history.Set(changed.key, fresh)
}

// remove deletes the current version of a key, or hides it behind a delete
// marker where there is versioning; it returns the marker. The caller holds mu.
func (b *bucket) remove(key, newVersion string, now time.Time) *object {
	previous, existed := b.objects.Delete(&object{key: key})
	if b.versioning == "" {
		return nil
	}
	if existed && !(b.versioning == "Suspended" && previous.versionID() == nullVersion) {
		b.remember(previous)
	}
	marker := &object{key: key, flags: flagDeleteMarker, modified: seconds(now)}
	if b.versioning == "Enabled" {
		marker.more = &attributes{versionID: newVersion}
	} else {
		b.forget(key, nullVersion)
	}
	b.remember(marker)
	return marker
}

// removeVersion deletes one version for good and returns it, or nil. What was
// behind it becomes current. The caller holds mu.
func (b *bucket) removeVersion(key, id string) *object {
	if o := b.current(key); o != nil && o.versionID() == id {
		b.objects.Delete(o)
		b.promote(key)
		return o
	}
	old, _ := b.history.Get(key)
	wasNewest := len(old) > 0 && old[0].versionID() == id
	gone := b.forget(key, id)
	if wasNewest && b.current(key) == nil {
		b.promote(key)
	}
	return gone
}

// promote makes the newest version in the history current unless it is a
// delete marker.
func (b *bucket) promote(key string) {
	old, _ := b.history.Get(key)
	if len(old) == 0 || old[0].is(flagDeleteMarker) {
		return
	}
	b.forget(key, old[0].versionID())
	b.objects.Set(old[0])
}

// scan calls yield for the current objects from key from on, in byte order,
// until yield returns false. The caller holds mu.
func (b *bucket) scan(from string, yield func(*object) bool) {
	b.objects.Ascend(&object{key: from}, yield)
}

// afterPrefix is the smallest key behind all keys with that prefix; "" where
// there is none.
func afterPrefix(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}

// validBucketName reports whether S3 would take that name; roughly.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func validBucketName(name string) bool {
	return len(name) >= 3 && len(name) <= 63 &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" &&
		!strings.HasPrefix(name, "-") && !strings.HasPrefix(name, ".") && !strings.Contains(name, "..")
}
