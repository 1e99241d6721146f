package s3store

import (
	"bytes"
	"fmt"
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
	entryFields = newFields([]string{
		entryKey: "Key", entryLastModified: "LastModified", entryETag: "ETag",
		entryChecksumAlgorithm: "ChecksumAlgorithm", entryChecksumType: "ChecksumType", entrySize: "Size",
		entryStorageClass: "StorageClass", entryRestoreStatus: "RestoreStatus", entryOwner: "Owner",
	})
	restoreFieldNames = newFields([]string{"IsRestoreInProgress", "RestoreExpiryDate"})
	ownerFields       = newFields([]string{"ID", "DisplayName"})
)

// entry is what is known of one object while its element is read. Its texts
// are the scanner's.
type entry struct {
	seen         fieldSet
	key, etag    []byte
	class        string
	checksumType types.ChecksumType
	inProgress   bool
	expiry       time.Time
}

// entry reads one Contents element.
func (d *listDecoder) entry() {
	o := d.add()
	d.algorithms = d.algorithms[:0]
	var e entry
	for guess := 0; ; {
		field, ok := d.field(entryFields, guess)
		if !ok {
			break
		}
		d.entryElement(&e, o, field)
		guess = field + 1
	}
	switch {
	case len(e.key) == 0 || !e.seen.has(entrySize):
		d.fail(errKey)
	case o.Size < 0:
		d.fail(errNegative)
	}
	if d.err == nil {
		d.finish(&e, o)
	}
}

// add makes room for one more object, which is zero.
func (d *listDecoder) add() *reconcile.Object {
	if d.objects == nil {
		d.objects = make([]reconcile.Object, 0, d.expected())
	}
	if n := len(d.objects); n < cap(d.objects) {
		d.objects = d.objects[:n+1] // see listReader.back
	} else {
		d.objects = append(d.objects, reconcile.Object{})
	}
	return &d.objects[len(d.objects)-1]
}

// finish fills in what takes more than one element.
func (d *listDecoder) finish(e *entry, o *reconcile.Object) {
	d.texts.add(e.key, e.etag)
	o.StorageClass = classOf(e.class)
	o.Restore = reconcile.ListedRestore(o.StorageClass, e.seen.has(entryRestoreStatus), e.inProgress, e.expiry)
	o.Checksum = listedChecksum(d.algorithms, e.checksumType)
}

func (d *listDecoder) entryElement(e *entry, o *reconcile.Object, field int) {
	if field != entryChecksumAlgorithm {
		d.once(&e.seen, field)
	}
	switch field {
	case entryKey:
		e.key = d.value()
	case entryLastModified:
		o.LastModified = d.time(&d.modified)
	case entryETag:
		e.etag = d.etag()
	case entryChecksumAlgorithm:
		d.algorithms = append(d.algorithms, types.ChecksumAlgorithm(d.named(0)))
	case entryChecksumType:
		e.checksumType = types.ChecksumType(d.named(1))
	case entrySize:
		o.Size = d.number()
	case entryStorageClass:
		e.class = d.named(2)
	case entryRestoreStatus:
		d.restoreStatus(e)
	case entryOwner:
		d.owner()
	default:
		d.skip()
	}
}

// etag reads an ETag and takes its quotes off. S3 writes them as references:
// what is between them then needs not be copied.
func (d *listDecoder) etag() []byte {
	const quote = "&quot;"
	begin := d.at
	if d.err == nil && !d.closed && d.has(quote) {
		d.at += len(quote)
		inside := d.at
		d.plain()
		text := d.doc[inside:d.at]
		if d.has(quote + "</") {
			d.at += len(quote)
			d.endTag()
			return text
		}
		d.at = begin
	}
	return bytes.Trim(d.value(), `"`)
}

// restoreStatus reads what S3 says where it was asked for it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreStatus.html
func (d *listDecoder) restoreStatus(e *entry) {
	var seen fieldSet
	for guess := 0; ; {
		field, ok := d.field(restoreFieldNames, guess)
		if !ok {
			return
		}
		d.once(&seen, field)
		switch field {
		case 0:
			e.inProgress = d.bool()
		case 1:
			e.expiry = d.time(&d.expiring)
		default:
			d.skip()
		}
		guess = field + 1
	}
}

func (d *listDecoder) owner() {
	for {
		field, ok := d.field(ownerFields, 0)
		switch {
		case !ok:
			return
		case field < 0:
			d.skip()
		default:
			d.value()
		}
	}
}

func (d *listDecoder) time(near *dates) time.Time {
	t, err := near.parse(d.value())
	if err != nil {
		d.fail(fmt.Errorf("%w: %w", errDate, err))
	}
	return t
}

const (
	// maxPage is how many entries a page of S3 has at most. Other servers can
	// be set to more, and then the memory grows.
	maxPage = 1000
	// minEntry is the length in bytes of the shortest entry.
	minEntry = len("<Contents><Key>k</Key><Size>1</Size></Contents>")
)

// expected returns how many entries the page will have, once the first of
// them is there. What the answer says of itself is no reason to reserve more
// than a page of S3's, or more than what has arrived of it can hold where that
// is all of it.
func (d *listDecoder) expected() int {
	n := int64(maxPage)
	if d.seen.has(listKeyCount) {
		n = d.count
	} else if d.seen.has(listMaxKeys) {
		n = d.max
	}
	n = min(n, maxPage)
	if d.whole {
		n = min(n, int64(len(d.doc)/minEntry))
	}
	return int(max(1, n))
}

// named reads one of the names that S3 has few of and every entry has one of.
// There is one string for all the places where one stands; i says which is
// likely: that of the entry before.
func (d *listDecoder) named(i int) string {
	name := d.value()
	if string(name) != d.known[i] {
		d.known[i] = intern(name)
	}
	return d.known[i]
}

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
