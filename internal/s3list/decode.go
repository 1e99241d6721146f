package s3list

import (
	"bytes"
	"errors"
	"strconv"
)

// What is wrong with a listing that is well-formed XML.
var (
	errTwice    = errors.New("an element is there twice")
	errNumber   = errors.New("not a number")
	errBool     = errors.New("neither true nor false")
	errEncoding = errors.New("an unknown EncodingType")
	errGrouped  = errors.New("CommonPrefixes, which were not asked for")
	errNegative = errors.New("a negative size")
	errKey      = errors.New("an entry without Key or Size")
	errLost     = errors.New("fewer entries than KeyCount says")
)

// encodedKeys is the only EncodingType there is.
const encodedKeys = "url"

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

var listFields = newFields([]string{
	listName: "Name", listPrefix: "Prefix", listKeyCount: "KeyCount", listMaxKeys: "MaxKeys",
	listIsTruncated: "IsTruncated", listContents: "Contents", listNextToken: "NextContinuationToken",
	listEncodingType: "EncodingType", listCommonPrefixes: "CommonPrefixes", listToken: "ContinuationToken",
	listDelimiter: "Delimiter", listStartAfter: "StartAfter",
})

// decoder decodes a listing from memory straight into objects: one pass
// over the text, and one allocation for all the texts of a page.
//
// It takes what the SDK's decoder takes, and gives the same: any order of
// elements, any prefix, names without regard to case, what it does not know
// skipped. Where the SDK makes the best of a document that cannot be S3's (a
// second Key in an entry, something behind the end), it refuses: a listing
// decides what is missing, and half of one decides wrongly.
type decoder struct {
	scanner
	Answer
	begun      bool
	texts      pageTexts
	modified   dates
	expiring   dates
	algorithms []string  // of one entry
	known      [3]string // the last of the names that an entry has of S3's
}

// piece decodes the next piece of the document: what comes before its first
// element, an element, or what comes behind the last. done is true when there
// is no more. A document that is no listing, or none at all, is not an error
// but not found.
func (d *decoder) piece() (done bool) {
	d.scratch = d.scratch[:0] // what was in it has been put elsewhere
	switch {
	case !d.begun:
		d.begin()
		return !d.found
	case d.depth > 0:
		d.element()
		return false
	}
	d.end()
	if d.seen.has(listKeyCount) && d.count > int64(len(d.objects)) {
		d.fail(errLost)
	}
	return true
}

func (d *decoder) begin() {
	root := d.root()
	d.begun, d.found = true, bytes.EqualFold(root, []byte("ListBucketResult"))
}

// element decodes an element of the listing, or its end tag.
func (d *decoder) element() {
	guess := listName
	if len(d.objects) > 0 {
		guess = listContents
	}
	field, ok := d.field(listFields, guess)
	if !ok {
		return
	}
	if field != listContents && field != listCommonPrefixes {
		d.once(&d.seen, field)
	}
	switch field {
	case listName:
		d.bucket = string(d.value())
	case listKeyCount:
		d.count = d.hint()
	case listMaxKeys:
		d.max = d.hint()
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
func (d *decoder) encodingType() {
	d.encoding = string(d.value())
	if d.encoding != "" && d.encoding != encodedKeys {
		d.fail(errEncoding)
	}
}

// commonPrefixes refuses keys that are hidden behind a prefix. No delimiter is
// sent, so nothing may be; the element alone does no harm.
func (d *decoder) commonPrefixes() {
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
func (d *decoder) once(seen *fieldSet, field int) {
	if field >= 0 && seen.has(field) {
		d.fail(errTwice)
	}
	seen.add(field)
}

func (d *decoder) number() int64 {
	text := d.value()
	if n, ok := plainNumber(text); ok {
		return n
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		d.fail(errNumber)
	}
	return n
}

// hint reads a number that decides nothing, as 0 where it is none. KeyCount
// does decide, but only by being larger than the number of entries.
func (d *decoder) hint() int64 {
	n, _ := strconv.ParseInt(string(bytes.TrimSpace(d.value())), 10, 64)
	return n
}

// plainNumber reads digits, as many as cannot be too large a number.
func plainNumber(text []byte) (n int64, ok bool) {
	for _, c := range text {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, 0 < len(text) && len(text) <= 18
}

func (d *decoder) bool() bool {
	text := d.value()
	b, err := strconv.ParseBool(string(text))
	if err != nil {
		d.fail(errBool)
	}
	return b
}
