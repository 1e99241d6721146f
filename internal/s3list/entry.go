package s3list

import (
	"bytes"
	"cmp"
	"time"

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
	checksumType string
	inProgress   bool
	expiry       time.Time
}

// entry reads one Contents element.
func (d *decoder) entry() {
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
func (d *decoder) add() *reconcile.Object {
	if d.objects == nil {
		d.objects = make([]reconcile.Object, 0, d.expected())
	}
	if n := len(d.objects); n < cap(d.objects) {
		d.objects = d.objects[:n+1] // see reader.back
	} else {
		d.objects = append(d.objects, reconcile.Object{})
	}
	return &d.objects[len(d.objects)-1]
}

// finish fills in what takes more than one element.
func (d *decoder) finish(e *entry, o *reconcile.Object) {
	d.texts.add(e.key, e.etag)
	o.StorageClass = cmp.Or(e.class, reconcile.ClassStandard)
	o.Restore = reconcile.ListedRestore(o.StorageClass, e.seen.has(entryRestoreStatus), e.inProgress, e.expiry)
	o.Checksum = listed(d.algorithms, e.checksumType)
}

func (d *decoder) entryElement(e *entry, o *reconcile.Object, field int) {
	if field != entryChecksumAlgorithm {
		d.once(&e.seen, field)
	}
	switch field {
	case entryKey:
		e.key = d.value()
	case entryLastModified:
		o.LastModified, _ = d.modified.parse(d.value()) // decides nothing
	case entryETag:
		e.etag = d.etag()
	case entryChecksumAlgorithm:
		d.algorithms = append(d.algorithms, d.named(0))
	case entryChecksumType:
		e.checksumType = d.named(1)
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
func (d *decoder) etag() []byte {
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
	return bytes.Trim(bytes.TrimPrefix(d.value(), []byte("W/")), `"`) // a weak one by its value
}

// restoreStatus reads what S3 says where it was asked for it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreStatus.html
func (d *decoder) restoreStatus(e *entry) {
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
			e.expiry = d.expiry()
		default:
			d.skip()
		}
		guess = field + 1
	}
}

func (d *decoder) owner() {
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

// expiry reads the end of a restored copy, zero where the element is empty or
// cannot be read as a date. That decides about one object and must not end a
// listing: its copy is tried; see reconcile.ListedRestore.
func (d *decoder) expiry() time.Time {
	t, _ := d.expiring.parse(d.value())
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
func (d *decoder) expected() int {
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
func (d *decoder) named(i int) string {
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

// interned are the names that S3 has today. Others are taken as they are.
var interned = func() map[string]string {
	all := map[string]string{}
	for _, name := range []string{
		"STANDARD", "REDUCED_REDUNDANCY", "GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE",
		"OUTPOSTS", "GLACIER_IR", "SNOW", "EXPRESS_ONEZONE", "FSX_OPENZFS", "FSX_ONTAP",
		"CRC64NVME", "CRC32C", "CRC32", "SHA1", "SHA256", "SHA512", "MD5", "XXHASH3", "XXHASH64", "XXHASH128",
		reconcile.FullObject, reconcile.Composite,
	} {
		all[name] = name
	}
	return all
}()
