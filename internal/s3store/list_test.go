package s3store

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

const listing = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>glacier</Name><Prefix></Prefix>` +
	`<MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><KeyCount>4</KeyCount><IsTruncated>true</IsTruncated>` +
	`<NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>` +
	`<Contents><Key>a+b%2Bc/%C3%A4%01.hdf</Key><LastModified>2024-05-06T07:08:09.000Z</LastModified>` +
	`<ETag>&quot;5eb63bbbe01eeed093cb22bb8f5acdc3&quot;</ETag><ChecksumAlgorithm>SHA256</ChecksumAlgorithm>` +
	`<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>` +
	`<Size>12345678901</Size><StorageClass>GLACIER</StorageClass>` +
	`<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2026-12-01T00:00:00.000Z</RestoreExpiryDate></RestoreStatus></Contents>` +
	`<Contents><Key>b</Key><ETag>"x-2"</ETag><Size>0</Size><StorageClass>DEEP_ARCHIVE</StorageClass>` +
	`<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus></Contents>` +
	`<Contents><Key>c</Key><ETag>"y"</ETag><Size>1</Size></Contents>` +
	`<Contents><Key>d</Key><Size>1</Size><StorageClass>GLACIER</StorageClass></Contents>` +
	`</ListBucketResult>`

func TestList(t *testing.T) {
	s := serve(t, answerWith(200, listing))
	page, err := s.List(t.Context(), reconcile.ListRequest{Bucket: "glacier", Prefix: "p/", StartAfter: "p/a", Token: "t", Restore: true})
	if err != nil {
		t.Fatal(err)
	}
	at := func(key string) reconcile.Location { return reconcile.Location{Bucket: "glacier", Key: key} }
	want := []reconcile.Object{
		{
			Location: at("a b+c/ä\x01.hdf"), Size: 12345678901, ETag: "5eb63bbbe01eeed093cb22bb8f5acdc3", StorageClass: "GLACIER",
			Restore:      reconcile.RestoreState{Phase: reconcile.Restored, Expiry: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)},
			Checksum:     reconcile.Checksum{Algorithm: "CRC64NVME", Type: "FULL_OBJECT"},
			LastModified: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC),
		},
		{Location: at("b"), ETag: "x-2", StorageClass: "DEEP_ARCHIVE", Restore: reconcile.RestoreState{Phase: reconcile.Restoring}},
		{Location: at("c"), Size: 1, ETag: "y", StorageClass: "STANDARD", Restore: reconcile.RestoreState{Phase: reconcile.Online}},
		{Location: at("d"), Size: 1, StorageClass: "GLACIER"},
	}
	if !reflect.DeepEqual(page.Objects, want) {
		t.Errorf("got  %+v\nwant %+v", page.Objects, want)
	}
	if page.Next != "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=" {
		t.Errorf("next %q", page.Next)
	}
	q := s.last.Load().URL.Query()
	for name, want := range map[string]string{
		"list-type": "2", "encoding-type": "url", "prefix": "p/", "start-after": "p/a", "continuation-token": "t",
	} {
		if q.Get(name) != want {
			t.Errorf("%s=%q, want %q", name, q.Get(name), want)
		}
	}
	if got := s.last.Load().Header.Get("X-Amz-Optional-Object-Attributes"); got != "RestoreStatus" {
		t.Errorf("optional attributes %q", got)
	}
}

// TestListUnencoded takes keys as they are from servers that ignore the
// request for encoded ones.
func TestListUnencoded(t *testing.T) {
	s := serve(t, answerWith(200, strings.Replace(listing, "<EncodingType>url</EncodingType>", "", 1)))
	page, err := s.List(t.Context(), reconcile.ListRequest{Bucket: "glacier"})
	if err != nil || page.Objects[0].Key != "a+b%2Bc/%C3%A4%01.hdf" {
		t.Errorf("%v, %v", page.Objects, err)
	}
	if got := s.last.Load().Header.Get("X-Amz-Optional-Object-Attributes"); got != "" {
		t.Errorf("optional attributes %q were not asked for", got)
	}
}

// TestListEndsNowhere cuts the page at every byte, under a status and a
// length that say it is whole: no piece of it may pass for a listing.
func TestListEndsNowhere(t *testing.T) {
	var n int
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(listing[:n])) })
	for n = 0; n < len(listing); n += 7 { // s3list cuts at every byte
		page, err := s.List(t.Context(), reconcile.ListRequest{Bucket: "glacier"})
		if err == nil {
			t.Fatalf("cut after %q: %v", listing[:n], page)
		}
		if !reconcile.Retryable(err) {
			t.Fatalf("cut after %q: not retryable: %v", listing[:n], err)
		}
	}
}

func TestListRefused(t *testing.T) {
	for name, change := range map[string][2]string{
		"another bucket":   {"<Name>glacier</Name>", "<Name>protected</Name>"},
		"no token":         {"<NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>", ""},
		"entry, no key":    {"<Key>c</Key>", ""},
		"entry, no size":   {"<Size>0</Size>", ""},
		"key not encoded":  {"<Key>c</Key>", "<Key>%zz</Key>"},
		"size is no size":  {"<Size>0</Size>", "<Size>zero</Size>"},
		"control in a key": {"<Key>c</Key>", "<Key>\x01</Key>"},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(listing, change[0], change[1], 1)
			_, err := serve(t, answerWith(200, body)).List(t.Context(), reconcile.ListRequest{Bucket: "glacier"})
			if e := asOurs(t, err); body == listing || e.Status != 200 {
				t.Errorf("%v", e)
			}
		})
	}
}

// TestListUnreadableExpiry: an expiry that cannot be read is about one object.
// It ends no listing, and the object's copy is tried.
func TestListUnreadableExpiry(t *testing.T) {
	for _, date := range []string{"soon", "", "0", "2026-13-45T00:00:00Z"} {
		body := strings.Replace(listing, "2026-12-01T00:00:00.000Z", date, 1)
		page, err := serve(t, answerWith(200, body)).List(t.Context(), reconcile.ListRequest{Bucket: "glacier"})
		if err != nil {
			t.Errorf("%q: %v", date, err)
			continue
		}
		states := map[reconcile.RestoreState]int{}
		for _, o := range page.Objects {
			states[o.Restore]++
		}
		if states[reconcile.RestoreState{Phase: reconcile.Restored}] != 1 {
			t.Errorf("%q: %v", date, states)
		}
	}
}

// TestListOtherServers accepts the empty listings of servers that leave out
// what S3 sends.
func TestListOtherServers(t *testing.T) {
	for name, body := range map[string]string{
		"moto":    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>glacier</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>`,
		"minimal": `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`,
		"token but the end": `<ListBucketResult><Name>glacier</Name><IsTruncated>false</IsTruncated>` +
			`<NextContinuationToken>x</NextContinuationToken></ListBucketResult>`,
	} {
		page, err := serve(t, answerWith(200, body)).List(t.Context(), reconcile.ListRequest{Bucket: "glacier"})
		if err != nil || len(page.Objects) != 0 || page.Next != "" {
			t.Errorf("%s: %v, %v", name, page, err)
		}
	}
}

func TestListUploads(t *testing.T) {
	const body = `<ListMultipartUploadsResult><Bucket>protected</Bucket><EncodingType>url</EncodingType>` +
		`<IsTruncated>true</IsTruncated><NextKeyMarker>a+b</NextKeyMarker><NextUploadIdMarker>2</NextUploadIdMarker>` +
		`<Upload><Key>a+b</Key><UploadId>2</UploadId><Initiated>2024-05-06T07:08:09.000Z</Initiated>` +
		`<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm></Upload></ListMultipartUploadsResult>`
	s := serve(t, answerWith(200, body))
	got, next, err := s.ListUploads(t.Context(), "protected", "a", reconcile.UploadMarker{Key: "k", ID: "i"})
	want := []reconcile.OpenUpload{{
		Upload:    reconcile.Upload{Target: reconcile.Location{Bucket: "protected", Key: "a b"}, ID: "2", Checksum: "CRC64NVME"},
		Initiated: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC),
	}}
	if err != nil || next != (reconcile.UploadMarker{Key: "a b", ID: "2"}) || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, %v", got, next, err)
	}
	if q := s.last.Load().URL.Query(); q.Get("key-marker") != "k" || q.Get("upload-id-marker") != "i" || q.Get("prefix") != "a" {
		t.Errorf("query %v", q)
	}
	s = serve(t, answerWith(200, strings.NewReplacer("<NextKeyMarker>a+b</NextKeyMarker>", "", "<NextUploadIdMarker>2</NextUploadIdMarker>", "").Replace(body)))
	if _, _, err = s.ListUploads(t.Context(), "protected", "", reconcile.UploadMarker{}); !errors.Is(err, reconcile.Other) {
		t.Errorf("no marker: %v", err)
	}
}

// TestListEarly sends the beginning of a page, and the rest only when the
// caller knows where the listing goes on.
func TestListEarly(t *testing.T) {
	doc := pageOf(1000)
	head, rest, _ := strings.Cut(doc, "<Contents>")
	known := make(chan string, 1)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, head)
		w.(http.Flusher).Flush()
		select {
		case token := <-known:
			known <- token
			io.WriteString(w, "<Contents>"+rest)
		case <-time.After(10 * time.Second):
			t.Error("the caller does not know")
		}
	})
	page, err := s.List(t.Context(), reconcile.ListRequest{Bucket: "glacier", Early: func(next string) { known <- next }})
	if err != nil || len(page.Objects) != 1000 {
		t.Fatal(len(page.Objects), err)
	}
	if token := <-known; token != page.Next || token == "" {
		t.Errorf("token %q, next %q", token, page.Next)
	}
}

// TestListEarlyOrNever: nothing is said too early, or more than once, or of an
// answer that does not go on or is going to be refused.
func TestListEarlyOrNever(t *testing.T) {
	const yes, token = "<IsTruncated>true</IsTruncated>", "<NextContinuationToken>t&amp;1</NextContinuationToken>"
	const entry = "<Contents><Key>k</Key><Size>1</Size></Contents>"
	for name, c := range map[string]struct {
		inside string
		told   []string
	}{
		"S3's order":     {"<Name>glacier</Name>" + token + yes + entry, []string{"t&1"}},
		"another order":  {yes + "<Name>glacier</Name>" + token + entry, []string{"t&1"}},
		"at last":        {entry + "<Name>glacier</Name>" + yes + token, []string{"t&1"}},
		"the end":        {token + "<IsTruncated>false</IsTruncated>" + entry, nil},
		"no token":       {yes + entry, nil},
		"empty token":    {yes + "<NextContinuationToken/>" + entry, nil},
		"another bucket": {"<Name>public</Name>" + token + yes + entry, nil},
		"not at the top": {"<New>" + token + yes + "</New><IsTruncated>false</IsTruncated>" + entry, nil},
		"in a comment":   {"<!--" + token + yes + "--><IsTruncated>false</IsTruncated>" + entry, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var told []string
			s := serve(t, answerWith(200, "<ListBucketResult>"+c.inside+"</ListBucketResult>"))
			page, err := s.List(t.Context(), reconcile.ListRequest{Bucket: "glacier", Early: func(next string) { told = append(told, next) }})
			if !reflect.DeepEqual(told, c.told) || len(told) > 0 && (err != nil || page.Next != told[0]) {
				t.Errorf("told %q, want %q; page %+v, %v", told, c.told, page, err)
			}
		})
	}
}
