package s3store

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

const copyResult = `<CopyObjectResult><ETag>"new"</ETag><ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME>` +
	`<ChecksumType>FULL_OBJECT</ChecksumType></CopyObjectResult>`

// headers asserts that the request carried exactly these values; "" is none.
func headers(t *testing.T, r *http.Request, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := r.Header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
}

func TestCopy(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amz-Version-Id", "v2")
		w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
		answerWith(200, copyResult)(w, r)
	})
	source := theSource
	source.VersionID = "v1"
	got, err := s.Copy(t.Context(), reconcile.CopyRequest{Source: source, Target: theTarget})
	want := reconcile.Written{
		ETag: "new", VersionID: "v2", Encryption: reconcile.EncryptionS3,
		Checksum: reconcile.Checksum{Algorithm: "CRC64NVME", Type: "FULL_OBJECT", Value: "AAAAAAAAAAA="},
	}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	r := s.last.Load()
	if r.URL.EscapedPath() != "/protected/a%20b%2Bc.hdf" { // path style, as an endpoint is set
		t.Errorf("path %s", r.URL.EscapedPath())
	}
	headers(t, r, map[string]string{
		"X-Amz-Copy-Source":          "glacier/a%20b%2Bc.hdf?versionId=v1",
		"X-Amz-Copy-Source-If-Match": `"` + theSource.ETag + `"`,
		"If-None-Match":              "*", "If-Match": "",
		"X-Amz-Storage-Class": "STANDARD", "X-Amz-Acl": "",
		"X-Amz-Server-Side-Encryption": "", "X-Amz-Metadata-Directive": "", "X-Amz-Tagging-Directive": "",
		"X-Amz-Expected-Bucket-Owner": "", "X-Amz-Source-Expected-Bucket-Owner": "", "X-Amz-Request-Payer": "",
	})
	if !strings.Contains(r.Header.Get("User-Agent"), "reconcile/") {
		t.Errorf("user agent %q", r.Header.Get("User-Agent"))
	}
}

// TestBucketSettings sends what the buckets' settings say, and the guards.
func TestBucketSettings(t *testing.T) {
	s := serve(t, answerWith(200, copyResult))
	s.config.Buckets = map[string]Bucket{
		"glacier":   {ExpectedOwner: "111", RequesterPays: true},
		"protected": {ExpectedOwner: "222", StorageClass: "STANDARD_IA", KMSKeyID: "key", ACL: "bucket-owner-full-control"},
	}
	req := reconcile.CopyRequest{Source: theSource, Target: theTarget, Precondition: reconcile.Precondition{IfMatch: "old"}}
	if _, err := s.Copy(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	headers(t, s.last.Load(), map[string]string{
		"If-None-Match": "", "If-Match": `"old"`,
		"X-Amz-Storage-Class": "STANDARD_IA", "X-Amz-Acl": "bucket-owner-full-control",
		"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "key",
		"X-Amz-Expected-Bucket-Owner": "222", "X-Amz-Source-Expected-Bucket-Owner": "111", "X-Amz-Request-Payer": "requester",
	})
	req.Precondition, req.Source.ETag = reconcile.Precondition{Off: true, IfMatch: "old"}, ""
	if _, err := s.Copy(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	headers(t, s.last.Load(), map[string]string{"If-None-Match": "", "If-Match": "", "X-Amz-Copy-Source-If-Match": ""})
}

func TestCreateUpload(t *testing.T) {
	s := serve(t, answerWith(200, `<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>`))
	detail := reconcile.Detail{
		Object: theSource,
		Headers: reconcile.Headers{
			ContentType: "application/x-hdf", CacheControl: "no-cache", ContentDisposition: "attachment",
			ContentEncoding: "gzip", ContentLanguage: "de", Expires: "never", WebsiteRedirect: "/x",
		},
		Metadata: map[string]string{"granule": "G1", "empty": ""},
	}
	u, err := s.CreateUpload(t.Context(), reconcile.UploadRequest{
		Source: detail, Target: theTarget, Checksum: "CRC32C", Tags: map[string]string{"b c": "d&e=f+g", "a": "ä"},
	})
	if err != nil || u.ID != "u1" || u.Checksum != "CRC32C" || u.LateTags != nil || u.Target != theTarget {
		t.Errorf("%+v, %v", u, err)
	}
	r := s.last.Load()
	headers(t, r, map[string]string{
		"Content-Type": "application/x-hdf", "Cache-Control": "no-cache", "Content-Disposition": "attachment",
		"Content-Encoding": "gzip", "Content-Language": "de", "Expires": "never", "X-Amz-Website-Redirect-Location": "/x",
		"X-Amz-Meta-Granule": "G1", "X-Amz-Storage-Class": "STANDARD",
		"X-Amz-Tagging":            "a=%C3%A4&b%20c=d%26e%3Df%2Bg",
		"X-Amz-Checksum-Algorithm": "CRC32C", "X-Amz-Checksum-Type": "FULL_OBJECT",
	})
	if _, ok := r.Header["X-Amz-Meta-Empty"]; !ok {
		t.Error("empty metadata was lost")
	}
	for _, algorithm := range []string{"", "SHA256"} {
		long := map[string]string{"k": strings.Repeat("ä", 400)} // 800 bytes, 2402 encoded
		u, err = s.CreateUpload(t.Context(), reconcile.UploadRequest{Target: theTarget, Checksum: algorithm, Tags: long})
		if err != nil || u.LateTags["k"] != long["k"] || u.Checksum != "" {
			t.Errorf("%+v, %v", u, err)
		}
		headers(t, s.last.Load(), map[string]string{"X-Amz-Tagging": "", "X-Amz-Checksum-Algorithm": "", "X-Amz-Checksum-Type": ""})
	}
}

func TestTagHeaderFits(t *testing.T) {
	for n, want := range map[int]bool{maxTagHeader: true, maxTagHeader + 1: false} {
		header, fits := tagHeader(map[string]string{"k": strings.Repeat("x", n-2)})
		if len(header) != n || fits != want {
			t.Errorf("%d bytes: fits %v, want %v", len(header), fits, want)
		}
	}
}

func TestCopyPart(t *testing.T) {
	s := serve(t, answerWith(200, `<CopyPartResult><ETag>"p1"</ETag><ChecksumCRC64NVME>AAAA</ChecksumCRC64NVME></CopyPartResult>`))
	tests := []struct {
		source, offset, size int64
		want                 string
	}{
		{10 << 20, 0, 5 << 20, "bytes=0-5242879"},
		{10 << 20, 5 << 20, 5 << 20, "bytes=5242880-10485759"},
		{10 << 20, 0, 10 << 20, "bytes=0-10485759"},
		{5<<20 + 1, 0, 5<<20 + 1, "bytes=0-5242880"},
		{5 << 20, 0, 5 << 20, ""},
		{0, 0, 0, ""},
	}
	for _, tt := range tests {
		source := theSource
		source.Size = tt.source
		part := reconcile.Part{Number: 7, Offset: tt.offset, Size: tt.size}
		got, err := s.CopyPart(t.Context(), reconcile.PartRequest{Upload: theUpload, Source: source, Part: part})
		if err != nil || got.ETag != "p1" || got.Checksum.Value != "AAAA" || got.Number != 7 || got.Size != tt.size {
			t.Errorf("%+v, %v", got, err)
		}
		headers(t, s.last.Load(), map[string]string{
			"X-Amz-Copy-Source-Range": tt.want, "X-Amz-Copy-Source-If-Match": `"` + theSource.ETag + `"`,
		})
		if q := s.last.Load().URL.Query(); q.Get("partNumber") != "7" || q.Get("uploadId") != "upload-1" {
			t.Errorf("query %v", q)
		}
	}
}

func TestCompleteUpload(t *testing.T) {
	s := serve(t, answerWith(200, `<CompleteMultipartUploadResult><ETag>"e-2"</ETag>`+
		`<ChecksumCRC64NVME>AAAA</ChecksumCRC64NVME></CompleteMultipartUploadResult>`))
	u := theUpload
	u.Checksum = "CRC64NVME"
	sum := reconcile.Checksum{Algorithm: "CRC64NVME", Type: "FULL_OBJECT", Value: "BBBB"}
	got, err := s.CompleteUpload(t.Context(), reconcile.CompleteRequest{Upload: u, Parts: []reconcile.Part{
		{Number: 1, ETag: "p1", Checksum: sum}, {Number: 2, ETag: "p2"},
	}})
	if err != nil || got.ETag != "e-2" || !got.Checksum.FullObject() {
		t.Errorf("%+v, %v", got, err)
	}
	headers(t, s.last.Load(), map[string]string{"If-None-Match": "*"})
	body := s.body.Load().(string)
	for _, want := range []string{
		"<ChecksumCRC64NVME>BBBB</ChecksumCRC64NVME><ETag>&#34;p1&#34;</ETag><PartNumber>1</PartNumber>",
		"<Part><ETag>&#34;p2&#34;</ETag><PartNumber>2</PartNumber></Part>",
	} {
		if !strings.Contains(strings.ReplaceAll(body, "&quot;", "&#34;"), want) {
			t.Errorf("body %s\nlacks %s", body, want)
		}
	}
}

// TestEarlyHeader answers Complete as S3 does: the header at once, the
// document when it is done. The SDK used to lose the connection under it.
func TestEarlyHeader(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 3 {
			w.Write([]byte(" "))
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
		w.Write([]byte(`<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>`))
	})
	for range 100 {
		if err := everyCall["CompleteMultipartUpload"](t.Context(), s.Store); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAbortUpload(t *testing.T) {
	if err := serve(t, answerWith(404, errorXML("NoSuchUpload", ""))).AbortUpload(t.Context(), theUpload); err != nil {
		t.Errorf("gone already: %v", err)
	}
	if err := serve(t, answerWith(404, errorXML("NoSuchBucket", ""))).AbortUpload(t.Context(), theUpload); err == nil {
		t.Error("no bucket: no error")
	}
	if err := serve(t, answerWith(204, "")).AbortUpload(t.Context(), theUpload); err != nil {
		t.Error(err)
	}
}

func TestTags(t *testing.T) {
	s := serve(t, answerWith(200, `<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>`))
	tags, err := s.Tags(t.Context(), theTarget)
	if err != nil || len(tags) != 1 || tags["a"] != "b c" {
		t.Errorf("%v, %v", tags, err)
	}
	tags, err = serve(t, answerWith(200, `<Tagging><TagSet></TagSet></Tagging>`)).Tags(t.Context(), theTarget)
	if err != nil || len(tags) != 0 {
		t.Errorf("no tags: %v, %v", tags, err)
	}
}
