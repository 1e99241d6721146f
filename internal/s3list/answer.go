package s3list

import (
	"errors"
	"fmt"
	"strings"

	"reconcile/internal/reconcile"
)

// Answer is the answer to ListObjectsV2 as far as it matters here. Its
// objects are without bucket.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
type Answer struct {
	found     bool // the document is a listing
	seen      fieldSet
	bucket    string // Name
	encoding  string
	truncated bool
	next      string // NextContinuationToken
	count     int64  // KeyCount
	max       int64  // MaxKeys
	objects   []reconcile.Object
	badKey    error // of the first key that is not encoded as the answer says
}

// ErrNotListing says that the document is well-formed and no listing, or does
// not say whether it goes on: a page of a proxy, an error document, nothing.
var ErrNotListing = errors.New("not a listing")

var (
	errNoListing = fmt.Errorf("%w: no ListBucketResult", ErrNotListing)
	errNoEnd     = fmt.Errorf("%w: no IsTruncated", ErrNotListing)
	errNowhere   = errors.New("the listing goes on and the answer does not say where")
	errBadKey    = errors.New("a key that is not encoded as the answer says")
)

// Next returns the token of the next page, "" where the listing ends. A page
// with entries that says that it is the last, and names a next one all the same,
// is not believed to be the last: the next one then has entries or none.
func (a *Answer) Next() string {
	if !a.truncated && len(a.objects) == 0 {
		return ""
	}
	return a.next
}

// Check refuses what is not the listing of the bucket that was asked for. It
// says nothing of the entries, and can be called before they have been read.
func (a *Answer) Check(bucket string) error {
	switch {
	case !a.found:
		return errNoListing
	case !a.seen.has(listIsTruncated):
		return errNoEnd
	case a.seen.has(listName) && a.bucket != bucket && !sameBucket(a.bucket, bucket):
		return fmt.Errorf("the answer lists another bucket, %q", a.bucket)
	case a.truncated && a.next == "":
		return errNowhere
	}
	return nil
}

// Page turns the answer, read to its end, into a page of the bucket that was
// asked for.
func (a *Answer) Page(bucket string) (reconcile.Page, error) {
	if err := a.Check(bucket); err != nil {
		return reconcile.Page{}, err
	}
	if a.badKey != nil {
		return reconcile.Page{}, fmt.Errorf("%w: %w", errBadKey, a.badKey)
	}
	for i := range a.objects {
		a.objects[i].Bucket = bucket
	}
	return reconcile.Page{Objects: a.objects, Next: a.Next()}, nil
}

// sameBucket reports whether a listing of the bucket asked for may carry the
// other name: access points answer with the bucket behind them, and Ceph may
// leave the tenant out.
func sameBucket(listed, asked string) bool {
	_, name, tenant := strings.Cut(asked, ":")
	return strings.HasPrefix(asked, "arn:") || strings.HasSuffix(asked, "-s3alias") || strings.Contains(asked, "--") ||
		tenant && listed == name
}
