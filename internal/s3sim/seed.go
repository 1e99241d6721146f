package s3sim

import (
	"fmt"
	"iter"
	"maps"
	"time"
)

// Object is an object to be put into a bucket without HTTP. All of it is
// optional but Size or Body.
type Object struct {
	// Body is the content. Where it is nil, the content is the first Size bytes
	// of the synthetic content of ContentSeed: equal seeds are equal content.
	Body        []byte
	Size        int64 // bytes
	ContentSeed uint64
	// PartSizes makes a multipart object of parts with these sizes in bytes,
	// which must add up; nil is an object from one PUT.
	PartSizes []int64
	// StorageClass as S3 names it; "" is STANDARD.
	StorageClass string
	// Restore is "", "ongoing" or "restored". An ongoing restore ends at
	// RestoreReady, or never where that is zero. RestoreExpiry is when the
	// restored copy goes away. Times are kept in whole seconds.
	Restore                     string
	RestoreReady, RestoreExpiry time.Time
	// ArchiveStatus archives an INTELLIGENT_TIERING object: ARCHIVE_ACCESS or
	// DEEP_ARCHIVE_ACCESS.
	ArchiveStatus string
	// Metadata is user metadata without the x-amz-meta- prefix.
	Metadata, Tags map[string]string

	ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, Expires string

	// NoChecksum makes an object as from before 2025. ChecksumAlgorithm is
	// CRC64NVME where it is "". A multipart object has a composite checksum of
	// the SHA algorithms, and of CRC32 and CRC32C too with CompositeChecksum.
	NoChecksum        bool
	ChecksumAlgorithm string
	CompositeChecksum bool
	// KMSKeyID encrypts the object with aws:kms; so does the bucket's default.
	KMSKeyID string
	// ACL is a canned one.
	ACL          string
	LastModified time.Time // now where zero
}

// Info is what the server knows of an object.
type Info struct {
	Bucket, Key, VersionID string
	ETag                   string // unquoted
	Size                   int64
	PartSizes              []int64 // nil for an object from one PUT
	StorageClass           string
	Metadata, Tags         map[string]string

	ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, Expires string

	KMSKeyID, ACL string
	Checksums     map[string]string // base64 by algorithm
	LastModified  time.Time
	Restore       string // "", "ongoing" or "restored", at this moment
	RestoreExpiry time.Time
	ArchiveStatus string
}

// Put stores an object under a key, over what is there. It panics where the
// bucket is not there or the object contradicts itself: both are mistakes of
// the program that seeds.
func (s *Server) Put(bucket, key string, o Object) Info {
	b := s.mustBucket(bucket)
	made, err := s.seed(b, key, o)
	if err != nil {
		panic(fmt.Sprintf("s3sim: put %s/%s: %v", bucket, key, err))
	}
	b.mu.Lock()
	s.store(b, made)
	b.mu.Unlock()
	return s.info(b, made)
}

// Seed stores many objects, as Put does, but computes none of their digests
// before somebody asks for them: a million take about a second, whatever their
// size. The sequence must not use the bucket itself, which is locked meanwhile.
func (s *Server) Seed(bucket string, objects iter.Seq2[string, Object]) {
	b := s.mustBucket(bucket)
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, o := range objects {
		made, err := s.seed(b, key, o)
		if err != nil {
			panic(fmt.Sprintf("s3sim: seed %s/%s: %v", bucket, key, err))
		}
		s.store(b, made)
	}
}

// seed makes the object that Put stores.
func (s *Server) seed(b *bucket, key string, in Object) (*object, error) {
	cl, ok := parseClass(in.StorageClass)
	if !ok {
		return nil, fmt.Errorf("unknown storage class %q", in.StorageClass)
	}
	o := &object{key: key, class: cl, modified: seconds(s.cfg.Now())}
	if !in.LastModified.IsZero() {
		o.modified = seconds(in.LastModified)
	}
	if in.Body != nil {
		o.setContent(literal(in.Body))
	} else {
		o.size, o.seed = in.Size, in.ContentSeed
	}
	if err := o.seedRestore(in); err != nil {
		return nil, err
	}
	a := in.attributes(b)
	if err := a.seedParts(in.PartSizes, o.size); err != nil {
		return nil, err
	}
	o.setAttrs(a)
	return o, s.seedChecksum(o, in)
}

func (o *object) seedRestore(in Object) error {
	switch in.Restore {
	case "":
	case "ongoing":
		o.restore = restoreOngoing
		if !in.RestoreReady.IsZero() {
			o.ready = max(seconds(in.RestoreReady), 1)
		}
	case "restored":
		o.restore = restoreDone
	default:
		return fmt.Errorf("unknown restore state %q", in.Restore)
	}
	if !in.RestoreExpiry.IsZero() {
		o.expiry = seconds(in.RestoreExpiry)
	}
	return nil
}

func (in *Object) attributes(b *bucket) attributes {
	a := attributes{
		headers: contentHeaders{
			contentType: in.ContentType, cacheControl: in.CacheControl,
			disposition: in.ContentDisposition, encoding: in.ContentEncoding,
			language: in.ContentLanguage, expires: in.Expires,
		},
		acl: in.ACL, archive: in.ArchiveStatus,
	}
	if len(in.Metadata) > 0 {
		a.meta = maps.Clone(in.Metadata)
	}
	if len(in.Tags) > 0 {
		a.tags = maps.Clone(in.Tags)
	}
	key := in.KMSKeyID
	setDefault(&key, b.kmsKey)
	if key != "" {
		a.sse = encryption{algorithm: "aws:kms", keyID: key}
	}
	return a
}

func (a *attributes) seedParts(sizes []int64, total int64) error {
	for _, n := range sizes {
		a.parts = append(a.parts, partInfo{size: n})
		total -= n
	}
	if len(sizes) > 0 && total != 0 {
		return fmt.Errorf("part sizes %v are %d bytes less than the object", sizes, total)
	}
	return nil
}

func (s *Server) seedChecksum(o *object, in Object) error {
	name := in.ChecksumAlgorithm
	setDefault(&name, "CRC64NVME")
	alg, ok := parseAlgorithm(name)
	if !ok {
		return fmt.Errorf("unknown checksum algorithm %q", name)
	}
	if in.NoChecksum {
		alg = noChecksum
	}
	composite := in.CompositeChecksum && alg != noChecksum || alg == algSHA1 || alg == algSHA256
	if !composite || o.partCount() == 0 {
		s.finish(o, alg, "")
		return nil
	}
	if alg == algCRC64NVME {
		return fmt.Errorf("%v is never composite", alg)
	}
	s.finish(o, noChecksum, "") // for the encryption only
	return o.seedComposite(alg)
}

// seedComposite gives a multipart object the checksum of its parts' checksums.
func (o *object) seedComposite(alg algorithm) error {
	a := *o.attrs()
	a.parts = append([]partInfo{}, a.parts...)
	sums := make([]string, len(a.parts))
	var off int64
	for i, p := range a.parts {
		sums[i] = alg.sum(o.content().slice(off, p.size))
		a.parts[i].sum = sums[i]
		off += p.size
	}
	sum, err := alg.composite(sums)
	if err != nil {
		return err
	}
	a.sum = sum
	o.alg, o.flags = alg, o.flags|flagComposite
	o.setAttrs(a)
	return nil
}

// Get returns the current version of an object. It panics where the bucket does
// not exist.
func (s *Server) Get(bucket, key string) (Info, bool) {
	b := s.mustBucket(bucket)
	o := b.look(key)
	if o == nil {
		return Info{}, false
	}
	return s.info(b, o), true
}

// Delete deletes an object as DeleteObject does.
func (s *Server) Delete(bucket, key string) {
	b := s.mustBucket(bucket)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(key, s.newID(), s.cfg.Now())
}

// Keys returns all keys of a bucket in byte order.
func (s *Server) Keys(bucket string) []string {
	b := s.mustBucket(bucket)
	b.mu.RLock()
	defer b.mu.RUnlock()
	keys := make([]string, 0, b.objects.Len())
	b.scan("", func(o *object) bool {
		keys = append(keys, o.key)
		return true
	})
	return keys
}

// Len returns how many objects a bucket has.
func (s *Server) Len(bucket string) int {
	b := s.mustBucket(bucket)
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.objects.Len()
}

// Read returns n bytes of an object's content from off on, fewer where it ends;
// nil where there is no such object. Archived objects can be read as well.
func (s *Server) Read(bucket, key string, off, n int64) []byte {
	o := s.mustBucket(bucket).look(key)
	if o == nil || off < 0 || off > o.size || n < 0 {
		return nil
	}
	return o.content().slice(off, min(n, o.size-off)).bytes()
}

// SameContent reports whether two objects exist and hold the same bytes. For
// synthetic content that takes no time, whatever the size.
func (s *Server) SameContent(bucketA, keyA, bucketB, keyB string) bool {
	a, b := s.mustBucket(bucketA).look(keyA), s.mustBucket(bucketB).look(keyB)
	return a != nil && b != nil && sameContent(a.content(), b.content())
}

func (s *Server) info(b *bucket, o *object) Info {
	a := o.attrs()
	state := o.at(seconds(s.cfg.Now()))
	i := Info{
		Bucket: b.name, Key: o.key, VersionID: a.versionID,
		ETag: o.etag(s.cfg.MD5Limit), Size: o.size, StorageClass: o.class.String(),
		Metadata: maps.Clone(a.meta), Tags: maps.Clone(a.tags),
		ContentType: a.headers.contentType, CacheControl: a.headers.cacheControl,
		ContentDisposition: a.headers.disposition, ContentEncoding: a.headers.encoding,
		ContentLanguage: a.headers.language, Expires: a.headers.expires,
		KMSKeyID: a.sse.keyID, ACL: a.acl, LastModified: o.modifiedAt(), ArchiveStatus: state.archive,
	}
	for _, p := range a.parts {
		i.PartSizes = append(i.PartSizes, p.size)
	}
	if o.alg != noChecksum {
		i.Checksums = map[string]string{o.alg.String(): o.checksum()}
	}
	switch state.state {
	case restoreOngoing:
		i.Restore = "ongoing"
	case restoreDone:
		i.Restore, i.RestoreExpiry = "restored", fromSeconds(state.expiry)
	}
	return i
}

// Versions returns how many versions of an object there are, delete markers
// counted. It panics where the bucket does not exist.
func (s *Server) Versions(bucket, key string) int {
	b := s.mustBucket(bucket)
	b.mu.RLock()
	defer b.mu.RUnlock()
	old, _ := b.history.Get(key)
	n := len(old)
	if _, current := b.objects.Get(&object{key: key}); current {
		n++
	}
	return n
}
