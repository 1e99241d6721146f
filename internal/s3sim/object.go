package s3sim

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"time"
)

// object is one version of an object, or a delete marker. It is not changed
// once it stands in a bucket, only replaced, so that a listing can take
// pointers under the lock and read them after it; the digest is filled in when
// somebody asks for it. It is kept to 96 bytes because there may be millions.
type object struct {
	key      string
	size     int64
	seed     uint64      // of the content, where body is nil
	body     *content    // nil: all of it is the synthetic content of seed
	more     *attributes // nil: nothing out of the ordinary
	digest   digest
	modified uint32 // seconds since 1970, as all times here
	ready    uint32 // when an ongoing restore ends; 0 = never
	expiry   uint32 // when the restored copy goes away
	class    class
	restore  restoreState
	alg      algorithm
	flags    objectFlags
}

type objectFlags uint8

const (
	flagDeleteMarker objectFlags = 1 << iota
	flagComposite                // the checksum is one of the parts' checksums
	flagBulk                     // the restore under way is by this tier …
	flagExpedited                // … or this one; neither: Standard
	flagOddETag                  // its ETag is 24 characters
)

// class is an index into classNames.
type class uint8

var classNames = [...]string{
	"STANDARD", "GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING", "STANDARD_IA",
	"ONEZONE_IA", "GLACIER_IR", "REDUCED_REDUNDANCY", "EXPRESS_ONEZONE", "OUTPOSTS", "SNOW",
}

const (
	classStandard class = iota
	classGlacier
	classDeepArchive
	classIntelligent
)

func (c class) String() string { return classNames[c] }

// archive reports whether objects of the class need a restore to be read.
func (c class) archive() bool { return c == classGlacier || c == classDeepArchive }

// parseClass returns the storage class of that name; an empty one is STANDARD.
func parseClass(name string) (class, bool) {
	if name == "" {
		return classStandard, true
	}
	for i, known := range classNames {
		if known == name {
			return class(i), true
		}
	}
	return classStandard, false
}

// attributes are what most objects do not have.
type attributes struct {
	versionID string
	headers   contentHeaders
	meta      map[string]string // user metadata, by lower-case name without prefix
	tags      map[string]string
	sse       encryption
	acl       string
	redirect  string
	archive   string // INTELLIGENT_TIERING: ARCHIVE_ACCESS or DEEP_ARCHIVE_ACCESS
	parts     []partInfo
	sum       string // base64; a composite checksum or a SHA
}

// partInfo is what is remembered of a part of a multipart object.
type partInfo struct {
	size int64
	sum  string // base64; "" where the part had none
}

// contentHeaders are the headers that S3 keeps and hands back as they came.
type contentHeaders struct {
	contentType, cacheControl, disposition, encoding, language, expires string
}

// encryption is how an object is encrypted at rest; zero means SSE-S3.
type encryption struct {
	algorithm   string // aws:kms or aws:kms:dsse
	keyID       string
	customerMD5 string // SSE-C: the MD5 of the key
}

// opaque reports whether the ETag is not the MD5 of the content.
func (e encryption) opaque() bool { return e.algorithm != "" || e.customerMD5 != "" }

var noAttributes attributes

// attrs returns o's attributes for reading.
func (o *object) attrs() *attributes {
	if o.more == nil {
		return &noAttributes
	}
	return o.more
}

// setAttrs keeps a only if it holds anything.
func (o *object) setAttrs(a attributes) {
	if a.empty() {
		o.more = nil
		return
	}
	o.more = &a
}

func (a *attributes) empty() bool {
	return a.versionID == "" && a.headers == contentHeaders{} && a.meta == nil && a.tags == nil &&
		a.sse == encryption{} && a.acl == "" && a.redirect == "" && a.archive == "" &&
		a.parts == nil && a.sum == ""
}

func (o *object) setContent(c *content) {
	o.size = c.size
	if seed, ok := c.plainSeed(); ok {
		o.seed, o.body = seed, nil
		return
	}
	o.seed, o.body = 0, c
}

func (o *object) content() *content {
	if o.body != nil {
		return o.body
	}
	return synthetic(o.seed, o.size)
}

func (o *object) is(f objectFlags) bool { return o.flags&f != 0 }

// clone returns a copy that may be changed and then put in o's place.
func (o *object) clone() *object {
	c := &object{
		key: o.key, size: o.size, seed: o.seed, body: o.body, more: o.more,
		modified: o.modified, ready: o.ready, expiry: o.expiry,
		class: o.class, restore: o.restore, alg: o.alg, flags: o.flags,
	}
	c.digest.copyFrom(&o.digest)
	return c
}

// versionID is the version's name as S3 shows it; "null" outside versioning.
func (o *object) versionID() string {
	if id := o.attrs().versionID; id != "" {
		return id
	}
	return nullVersion
}

const nullVersion = "null"

// partCount is the number of parts of a multipart object, else 0.
func (o *object) partCount() int { return len(o.attrs().parts) }

// appendETag appends the ETag without quotes.
func (o *object) appendETag(dst []byte, md5Limit int64) []byte {
	sum := o.md5(md5Limit)
	if o.is(flagOddETag) {
		return base64.StdEncoding.AppendEncode(dst, sum[:])
	}
	dst = hex.AppendEncode(dst, sum[:])
	if n := o.partCount(); n > 0 {
		dst = append(dst, '-')
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	return dst
}

func (o *object) etag(md5Limit int64) string {
	return string(o.appendETag(make([]byte, 0, 40), md5Limit))
}

func (o *object) modifiedAt() time.Time { return fromSeconds(o.modified) }

// seconds brings a time into the range that objects can hold, 1970 to 2106.
func seconds(t time.Time) uint32 {
	return uint32(min(max(t.Unix(), 0), math.MaxUint32))
}

func fromSeconds(s uint32) time.Time { return time.Unix(int64(s), 0).UTC() }
