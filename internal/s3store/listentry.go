package s3store

import (
	"bytes"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
)

// The elements of an entry, in the order in which S3 sends them.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
const (
	entryKey = iota
	entryLastModified
	entryETag
	entryChecksumAlgorithm
	entryChecksumType
	entrySize
	entryStorageClass
	entryRestoreStatus
	entryOwner
)

var (
	entryFields = fields{
		entryKey: "Key", entryLastModified: "LastModified", entryETag: "ETag",
		entryChecksumAlgorithm: "ChecksumAlgorithm", entryChecksumType: "ChecksumType", entrySize: "Size",
		entryStorageClass: "StorageClass", entryRestoreStatus: "RestoreStatus", entryOwner: "Owner",
	}
	restoreFieldNames = fields{"IsRestoreInProgress", "RestoreExpiryDate"}
	ownerFields       = fields{"ID", "DisplayName"}
)

// entry is what is known of one object while its element is read. Its texts
// are the scanner's.
type entry struct {
	seen         fieldSet
	key, etag    []byte
	size         int64
	lastModified time.Time
	class        string
	checksumType types.ChecksumType
	inProgress   bool
	expiry       time.Time
}

// entry reads one Contents element.
func (d *listDecoder) entry() {
	begin := d.at
	d.scratch, d.algorithms = d.scratch[:0], d.algorithms[:0]
	var e entry
	for name := d.child(); name != nil; name = d.child() {
		d.entryElement(&e, name)
	}
	switch {
	case len(e.key) == 0 || !e.seen.has(entrySize):
		d.fail(errKey)
	case e.size < 0:
		d.fail(errNegative)
	}
	if d.err != nil {
		return
	}
	if d.objects == nil {
		d.objects = make([]reconcile.Object, 0, d.expected(d.at-begin))
	}
	d.objects = append(d.objects, d.object(&e))
}

func (d *listDecoder) entryElement(e *entry, name []byte) {
	field := entryFields.find(name)
	if field != entryChecksumAlgorithm {
		d.once(&e.seen, field)
	}
	switch field {
	case entryKey:
		e.key = d.value()
	case entryLastModified:
		e.lastModified = d.time()
	case entryETag:
		e.etag = bytes.Trim(d.value(), `"`)
	case entryChecksumAlgorithm:
		d.algorithms = append(d.algorithms, types.ChecksumAlgorithm(intern(d.value())))
	case entryChecksumType:
		e.checksumType = types.ChecksumType(intern(d.value()))
	case entrySize:
		e.size = d.number()
	case entryStorageClass:
		e.class = intern(d.value())
	case entryRestoreStatus:
		d.restoreStatus(e)
	case entryOwner:
		d.owner()
	default:
		d.skip()
	}
}

// restoreStatus reads what S3 says where it was asked for it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreStatus.html
func (d *listDecoder) restoreStatus(e *entry) {
	var seen fieldSet
	for name := d.child(); name != nil; name = d.child() {
		field := restoreFieldNames.find(name)
		d.once(&seen, field)
		switch field {
		case 0:
			e.inProgress = d.bool()
		case 1:
			e.expiry = d.time()
		default:
			d.skip()
		}
	}
}

func (d *listDecoder) owner() {
	for name := d.child(); name != nil; name = d.child() {
		if ownerFields.find(name) < 0 {
			d.skip()
			continue
		}
		d.value()
	}
}

func (d *listDecoder) object(e *entry) reconcile.Object {
	// Key and ETag live and die together: one allocation for both.
	n, begin := len(e.key), len(d.scratch)
	d.scratch = append(append(d.scratch, e.key...), e.etag...)
	text := string(d.scratch[begin:])
	class := classOf(e.class)
	return reconcile.Object{
		Location:     reconcile.Location{Key: text[:n]},
		Size:         e.size,
		ETag:         text[n:],
		StorageClass: class,
		Restore:      reconcile.ListedRestore(class, e.seen.has(entryRestoreStatus), e.inProgress, e.expiry),
		Checksum:     listedChecksum(d.algorithms, e.checksumType),
		LastModified: e.lastModified,
	}
}

// maxPage is how many entries a page of S3 has at most. Other servers can be
// set to more, and then the memory grows.
const maxPage = 1000

// expected returns how many entries the page will have, once the first of
// them is known to take so many bytes. What the answer says of itself is no
// reason to reserve more than the rest of it can hold.
func (d *listDecoder) expected(length int) int {
	n := int64(maxPage)
	if d.seen.has(listKeyCount) {
		n = d.count
	} else if d.seen.has(listMaxKeys) {
		n = d.max
	}
	fits := 1 + 2*(len(d.doc)-d.at)/length
	return int(max(1, min(n, maxPage, int64(fits))))
}

// intern returns one string for all the places where a name of S3's stands.
func intern(name []byte) string {
	if known, ok := interned[string(name)]; ok {
		return known
	}
	return string(name)
}

var interned = func() map[string]string {
	all := map[string]string{}
	for _, v := range types.ObjectStorageClass("").Values() {
		all[string(v)] = string(v)
	}
	for _, v := range types.ChecksumAlgorithm("").Values() {
		all[string(v)] = string(v)
	}
	for _, v := range types.ChecksumType("").Values() {
		all[string(v)] = string(v)
	}
	return all
}()
