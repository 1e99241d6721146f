package s3store

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
)

// listAnswer is the answer to ListObjectsV2 as far as it matters here. Its
// objects are without bucket, and their keys are as they came.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
type listAnswer struct {
	found     bool // the document is a listing
	seen      fieldSet
	bucket    string // Name
	encoding  string
	truncated bool
	next      string // NextContinuationToken
	count     int64  // KeyCount
	max       int64  // MaxKeys
	objects   []reconcile.Object
}

// What is wrong with a listing that is well-formed XML.
var (
	errTwice    = errors.New("an element is there twice")
	errNumber   = errors.New("not a number")
	errBool     = errors.New("neither true nor false")
	errDate     = errors.New("not a date")
	errEncoding = errors.New("an unknown EncodingType")
	errGrouped  = errors.New("CommonPrefixes, which were not asked for")
	errNegative = errors.New("a negative size")
	errKey      = errors.New("an entry without Key or Size")
	errLost     = errors.New("fewer entries than KeyCount says")
)

// The elements of a listing, in the order in which S3 sends them. Those whose
// values do not matter must still be no worse than text.
const (
	listName = iota
	listPrefix
	listKeyCount
	listMaxKeys
	listIsTruncated
	listContents
	listNextToken
	listEncodingType
	listCommonPrefixes
	listToken
	listDelimiter
	listStartAfter
)

var listFields = fields{
	listName: "Name", listPrefix: "Prefix", listKeyCount: "KeyCount", listMaxKeys: "MaxKeys",
	listIsTruncated: "IsTruncated", listContents: "Contents", listNextToken: "NextContinuationToken",
	listEncodingType: "EncodingType", listCommonPrefixes: "CommonPrefixes", listToken: "ContinuationToken",
	listDelimiter: "Delimiter", listStartAfter: "StartAfter",
}

// listDecoder decodes a listing from memory straight into objects: one pass
// over the text, one allocation for each object.
//
// It takes what the SDK's decoder takes, and gives the same: any order of
// elements, any prefix, names without regard to case, what it does not know
// skipped. Where the SDK makes the best of a document that cannot be S3's (a
// second Key in an entry, something behind the end), it refuses: a listing
// decides what is missing, and half of one decides wrongly.
type listDecoder struct {
	scanner
	listAnswer
	algorithms []types.ChecksumAlgorithm // of one entry
}

// decodeListing decodes a whole answer. A document that is no listing, or
// none at all, is not an error but not found.
func decodeListing(doc []byte) (listAnswer, error) {
	d := listDecoder{scanner: scanner{doc: doc}}
	root := d.root()
	if d.found = bytes.EqualFold(root, []byte("ListBucketResult")); !d.found {
		return listAnswer{}, d.err
	}
	for name := d.child(); name != nil; name = d.child() {
		d.element(name)
	}
	d.end()
	if d.seen.has(listKeyCount) && d.count > int64(len(d.objects)) {
		d.fail(errLost)
	}
	if d.err != nil {
		return listAnswer{}, d.err
	}
	return d.listAnswer, nil
}

func (d *listDecoder) element(name []byte) {
	field := listFields.find(name)
	if field != listContents && field != listCommonPrefixes {
		d.once(&d.seen, field)
	}
	switch field {
	case listName:
		d.bucket = string(d.value())
	case listKeyCount:
		d.count = d.number()
	case listMaxKeys:
		d.max = d.number()
	case listIsTruncated:
		d.truncated = d.bool()
	case listContents:
		d.entry()
	case listNextToken:
		d.next = string(d.value())
	case listEncodingType:
		d.encodingType()
	case listCommonPrefixes:
		d.commonPrefixes()
	case listPrefix, listToken, listDelimiter, listStartAfter:
		d.value()
	default:
		d.skip()
	}
}

// encodingType refuses what it does not know: with it, every key would be
// another one.
func (d *listDecoder) encodingType() {
	d.encoding = string(d.value())
	if d.encoding != "" && d.encoding != string(types.EncodingTypeUrl) {
		d.fail(errEncoding)
	}
}

// commonPrefixes refuses keys that are hidden behind a prefix. No delimiter is
// sent, so nothing may be; the element alone does no harm.
func (d *listDecoder) commonPrefixes() {
	for name := d.child(); name != nil; name = d.child() {
		if !bytes.EqualFold(name, []byte("Prefix")) {
			d.skip()
			continue
		}
		d.value()
		d.fail(errGrouped)
	}
}

// once refuses a second element of the same name: one of the two is wrong, and
// nothing says which.
func (d *listDecoder) once(seen *fieldSet, field int) {
	if field >= 0 && seen.has(field) {
		d.fail(errTwice)
	}
	seen.add(field)
}

func (d *listDecoder) number() int64 {
	n, err := strconv.ParseInt(string(d.value()), 10, 64)
	if err != nil {
		d.fail(errNumber)
	}
	return n
}

func (d *listDecoder) bool() bool {
	b, err := strconv.ParseBool(string(d.value()))
	if err != nil {
		d.fail(errBool)
	}
	return b
}

func (d *listDecoder) time() time.Time {
	t, err := parseTime(d.value())
	if err != nil {
		d.fail(fmt.Errorf("%w: %w", errDate, err))
	}
	return t
}

// fields are the names of elements.
type fields []string

// find returns the index of a name, -1 for one that is not known.
func (f fields) find(name []byte) int {
	for i, known := range f {
		if string(name) == known {
			return i
		}
	}
	for i, known := range f {
		if strings.EqualFold(string(name), known) {
			return i
		}
	}
	return -1
}

// fieldSet is a set of indexes of fields.
type fieldSet uint32

func (s fieldSet) has(field int) bool { return s&(1<<field) != 0 }

func (s *fieldSet) add(field int) {
	if field >= 0 {
		*s |= 1 << field
	}
}
