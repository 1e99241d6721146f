package s3list

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
)

// body is an HTTP client that answers everything with itself.
type body string

func (b body) Do(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Status: "200 OK", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(string(b))), ContentLength: int64(len(b)),
	}, nil
}

// listBySDK reads an answer by the SDK's decoder, with the checks that go with
// it: what the decoder of this package is measured by.
func listBySDK(doc string) (reconcile.Page, error) {
	client := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://s3.invalid"), UsePathStyle: true,
		Credentials: aws.AnonymousCredentials{}, Retryer: aws.NopRetryer{}, HTTPClient: body(doc),
	})
	out, err := client.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: aws.String("glacier")})
	switch {
	case err != nil:
		return reconcile.Page{}, err
	case out.Name == nil && out.IsTruncated == nil, out.Name != nil && *out.Name != "glacier":
		return reconcile.Page{}, errors.New("not the listing")
	case aws.ToBool(out.IsTruncated) && aws.ToString(out.NextContinuationToken) == "":
		return reconcile.Page{}, errors.New("no token")
	}
	var page reconcile.Page
	for _, entry := range out.Contents {
		o, err := objectBySDK(&entry, out.EncodingType == types.EncodingTypeUrl)
		if err != nil {
			return reconcile.Page{}, err
		}
		page.Objects = append(page.Objects, o)
	}
	if aws.ToBool(out.IsTruncated) || len(page.Objects) > 0 {
		page.Next = aws.ToString(out.NextContinuationToken)
	}
	return page, nil
}

func objectBySDK(entry *types.Object, encoded bool) (reconcile.Object, error) {
	if entry.Key == nil || entry.Size == nil {
		return reconcile.Object{}, errors.New("no key or size")
	}
	key := *entry.Key
	if encoded {
		var err error
		if key, err = url.QueryUnescape(key); err != nil {
			return reconcile.Object{}, err
		}
	}
	class := cmp.Or(string(entry.StorageClass), reconcile.ClassStandard)
	restore := reconcile.ListedRestore(class, false, false, time.Time{})
	if status := entry.RestoreStatus; status != nil {
		restore = reconcile.ListedRestore(class, true, aws.ToBool(status.IsRestoreInProgress), aws.ToTime(status.RestoreExpiryDate))
	}
	var algorithms []string
	for _, a := range entry.ChecksumAlgorithm {
		algorithms = append(algorithms, string(a))
	}
	return reconcile.Object{
		Location:     reconcile.Location{Bucket: "glacier", Key: key},
		Size:         *entry.Size,
		ETag:         strings.Trim(strings.TrimPrefix(aws.ToString(entry.ETag), "W/"), `"`),
		StorageClass: class,
		Restore:      restore,
		Checksum:     listed(algorithms, string(entry.ChecksumType)),
		LastModified: aws.ToTime(entry.LastModified),
	}, nil
}

// listByUs reads an answer as Store.List does.
func listByUs(doc string) (reconcile.Page, error) {
	l, err := Read(strings.NewReader(doc), nil)
	if err != nil {
		return reconcile.Page{}, err
	}
	return l.Page("glacier")
}

// lenient reports whether the SDK refused a value that decides nothing: a date
// in another form, a number that is none.
func lenient(errSDK error) bool {
	text := errSDK.Error()
	return strings.Contains(text, "parsing time") || strings.Contains(text, "unable to parse") || strings.Contains(text, "strconv.ParseInt")
}

// stricter are the reasons for which an answer is refused that the SDK takes.
// For every other reason it has to refuse it as well.
var stricter = []error{
	errTrailing,    // something behind the end of the listing
	errText,        // text before it, or in it and beside the elements
	errDirective,   // a document type, entities and all
	errDeclaration, // an XML declaration that is not at the beginning, or is malformed
	errAside,       // instructions whose name is none
	errName,        // names that are not ASCII or have a colon too many
	errAttribute,   // attributes with nothing between them
	errReference,   // surrogates, and longer digits than any character has
	errDeep,        // elements in elements without end
	errTwice,       // two keys in an entry: the SDK takes the last one
	errEncoding,    // keys encoded in an unknown way
	errGrouped,     // keys hidden behind a common prefix
	errNegative,    // sizes below zero
	errKey,         // empty keys
	errLost,        // less than KeyCount

	errNoListing, // another document with Name or IsTruncated in it
	errNoEnd,     // no IsTruncated
}

// sameAsSDK reads doc both ways and fails where they disagree.
func sameAsSDK(t *testing.T, doc string) (reconcile.Page, error) {
	t.Helper()
	want, errSDK := listBySDK(doc)
	got, err := listByUs(doc)
	switch {
	case err == nil && errSDK != nil && lenient(errSDK):
		return got, nil
	case err == nil && errSDK != nil:
		t.Fatalf("taken, and the SDK says %v:\n%s", errSDK, doc)
	case err != nil && errSDK == nil && !slices.ContainsFunc(stricter, func(reason error) bool { return errors.Is(err, reason) }):
		t.Fatalf("refused, and the SDK takes it: %v\n%s", err, doc)
	case err == nil && !samePage(got, want):
		t.Fatalf("got  %+v\nwant %+v\n%s", got, want, doc)
	}
	return got, err
}

func samePage(a, b reconcile.Page) bool {
	return a.Next == b.Next && slices.EqualFunc(a.Objects, b.Objects, func(a, b reconcile.Object) bool {
		same := a.LastModified.Equal(b.LastModified) && a.Restore.Expiry.Equal(b.Restore.Expiry)
		a.LastModified, a.Restore.Expiry = b.LastModified, b.Restore.Expiry
		return same && a == b
	})
}
