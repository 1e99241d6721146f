package s3store

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// headWith answers HEAD with the headers, a size and an ETag.
func headWith(headers map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "42")
		w.Header().Set("ETag", `"e"`)
		for name, value := range headers {
			w.Header().Set(name, value)
		}
	}
}

func TestHead(t *testing.T) {
	s := serve(t, headWith(map[string]string{
		"Content-Type": "application/x-hdf", "Cache-Control": "no-cache", "Content-Disposition": "attachment",
		"Content-Encoding": "gzip", "Content-Language": "de", "Expires": "when the cows come home",
		"X-Amz-Website-Redirect-Location": "/x", "Last-Modified": "Mon, 06 May 2024 07:08:09 GMT",
		"X-Amz-Meta-Granule": "G1", "X-Amz-Meta-Empty": "", "X-Amz-Tagging-Count": "3", "X-Amz-Storage-Class": "GLACIER",
		"X-Amz-Restore":                `ongoing-request="false", expiry-date="Tue, 01 Dec 2026 00:00:00 GMT"`,
		"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Checksum-Crc64nvme": "AAAAAAAAAAA=",
		"X-Amz-Checksum-Sha256": "c2hh", "X-Amz-Checksum-Type": "FULL_OBJECT",
	}))
	at := theTarget
	at.VersionID = "v1"
	got, err := s.Head(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	crc := reconcile.Checksum{Algorithm: "CRC64NVME", Type: "FULL_OBJECT", Value: "AAAAAAAAAAA="}
	want := reconcile.Detail{
		Object: reconcile.Object{
			Location: at, Size: 42, ETag: "e", StorageClass: "GLACIER",
			Restore:  reconcile.RestoreState{Phase: reconcile.Restored, Expiry: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)},
			Checksum: crc, Encryption: reconcile.EncryptionKMS, LastModified: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC),
		},
		Headers: reconcile.Headers{
			ContentType: "application/x-hdf", CacheControl: "no-cache", ContentDisposition: "attachment",
			ContentEncoding: "gzip", ContentLanguage: "de", Expires: "when the cows come home", WebsiteRedirect: "/x",
		},
		Metadata: map[string]string{"granule": "G1", "empty": ""},
		TagCount: 3,
		Checksums: []reconcile.Checksum{
			crc, {Algorithm: "SHA256", Type: "FULL_OBJECT", Value: "c2hh"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	r := s.last.Load()
	if r.URL.Query().Get("versionId") != "v1" || r.Header.Get("X-Amz-Checksum-Mode") != "ENABLED" {
		t.Errorf("asked %s, %v", r.URL, r.Header)
	}
}

func TestHeadRules(t *testing.T) {
	type headers = map[string]string
	tests := []struct {
		name    string
		headers headers
		check   func(reconcile.Detail) bool
	}{
		{"silence", nil, func(d reconcile.Detail) bool {
			return d.StorageClass == "STANDARD" && d.Encryption == reconcile.EncryptionS3 && d.Restore.Phase == reconcile.Online
		}},
		{"archived", headers{"X-Amz-Storage-Class": "DEEP_ARCHIVE"},
			func(d reconcile.Detail) bool { return d.Restore.Phase == reconcile.Archived }},
		{"restoring", headers{"X-Amz-Storage-Class": "GLACIER", "X-Amz-Restore": `ongoing-request="true"`},
			func(d reconcile.Detail) bool { return d.Restore.Phase == reconcile.Restoring }},
		{"archived by tiering", headers{"X-Amz-Storage-Class": "INTELLIGENT_TIERING", "X-Amz-Archive-Status": "ARCHIVE_ACCESS"},
			func(d reconcile.Detail) bool { return d.Restore.Phase == reconcile.Archived }},
		{"customer key", headers{"X-Amz-Server-Side-Encryption-Customer-Algorithm": "AES256"},
			func(d reconcile.Detail) bool { return d.Encryption == reconcile.EncryptionSSEC }},
		{"dsse", headers{"X-Amz-Server-Side-Encryption": "aws:kms:dsse"},
			func(d reconcile.Detail) bool { return d.Encryption == reconcile.EncryptionKMSDSSE }},
		{"composite by its value", headers{"X-Amz-Checksum-Crc32": "AAAAAA==-3"},
			func(d reconcile.Detail) bool { return d.Checksum.Type == reconcile.Composite }},
		{"no type, one part", headers{"X-Amz-Checksum-Sha1": "AAAA"},
			func(d reconcile.Detail) bool { return d.Checksum.FullObject() }},
		{"no type, parts", headers{"ETag": `"e-2"`, "X-Amz-Checksum-Sha1": "AAAA"},
			func(d reconcile.Detail) bool { return d.Checksum.Type == reconcile.Composite }},
		{"no type, parts, crc64nvme", headers{"ETag": `"e-2"`, "X-Amz-Checksum-Crc64nvme": "AAAA"},
			func(d reconcile.Detail) bool { return d.Checksum.FullObject() }},
		{"full object goes first", headers{"X-Amz-Checksum-Crc32c": "AAAA-2", "X-Amz-Checksum-Sha1": "BBBB"},
			func(d reconcile.Detail) bool { return d.Checksum.Algorithm == "SHA1" && len(d.Checksums) == 2 }},
		{"restore that cannot be read", headers{"X-Amz-Restore": "yes", "X-Amz-Storage-Class": "GLACIER"},
			func(d reconcile.Detail) bool { return d.Restore == reconcile.RestoreState{Phase: reconcile.Restored} }},
		{"restore that says nothing", headers{"X-Amz-Restore": "", "Last-Modified": "yesterday", "X-Amz-Delete-Marker": "no"},
			func(d reconcile.Detail) bool { return d.LastModified.IsZero() }},
		{"checksum of tomorrow", headers{"X-Amz-Checksum-Blake3": "AAAA", "X-Amz-Checksum-Type": "FULL_OBJECT"},
			func(d reconcile.Detail) bool {
				return d.Checksum == reconcile.Checksum{Algorithm: "BLAKE3", Type: "FULL_OBJECT", Value: "AAAA"}
			}},
		{"class of tomorrow", headers{"X-Amz-Storage-Class": "FROZEN"}, func(d reconcile.Detail) bool { return d.StorageClass == "FROZEN" }},
		{"weak ETag", headers{"ETag": `W/"e-2"`}, func(d reconcile.Detail) bool { return d.ETag == "e-2" && d.Multipart() }},
		{"metadata that cannot be shown", headers{"X-Amz-Missing-Meta": "2"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := serve(t, headWith(tt.headers)).Head(t.Context(), theTarget)
			if tt.check == nil {
				if e := asOurs(t, err); e.Kind != reconcile.Other || reconcile.Retryable(e) {
					t.Errorf("%v", e)
				}
				return
			}
			if err != nil || !tt.check(d) {
				t.Errorf("%+v, %v", d, err)
			}
		})
	}
}

func TestHeadPart(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "8388608")
		w.Header().Set("X-Amz-Mp-Parts-Count", "3")
		w.WriteHeader(http.StatusPartialContent)
	})
	size, parts, err := s.HeadPart(t.Context(), theSource, 2)
	if size != 8<<20 || parts != 3 || err != nil {
		t.Errorf("%d, %d, %v", size, parts, err)
	}
	r := s.last.Load()
	if r.URL.Query().Get("partNumber") != "2" || r.Header.Get("If-Match") != `"`+theSource.ETag+`"` {
		t.Errorf("asked %s, %v", r.URL, r.Header)
	}
}

func TestParseRestore(t *testing.T) {
	day := time.Date(2012, 12, 21, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		header  string
		ongoing bool
		expiry  time.Time
		ok      bool
	}{
		{`ongoing-request="true"`, true, time.Time{}, true},
		{`ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`, false, day, true},
		{`ongoing-request="false",expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`, false, day, true},
		{`expiry-date="Fri, 21 Dec 2012 00:00:00 GMT", ongoing-request="false"`, false, day, true},
		{`ongoing-request="false", tier="Bulk", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`, false, day, true},
		{`ongoing-request="false"`, false, time.Time{}, true},
		{`ongoing-request="true", expiry-date="soon"`, true, time.Time{}, true}, // no date is wanted
		{``, false, time.Time{}, false},
		{`true`, false, time.Time{}, false},
		{`ongoing-request=true`, false, time.Time{}, false},
		{`ongoing-request="maybe"`, false, time.Time{}, false},
		{`ongoing-request="false`, false, time.Time{}, false},
		{`ongoing-request="false", `, false, time.Time{}, false},
		{`ongoing-request="false" expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`, false, time.Time{}, false},
		{`ongoing-request="false", ongoing-request="true"`, false, time.Time{}, false},
		{`ongoing-request="false", expiry-date="soon"`, false, time.Time{}, false},
		{`expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`, false, time.Time{}, false},
	}
	for _, tt := range tests {
		ongoing, expiry, err := parseRestore(tt.header)
		if (err == nil) != tt.ok || ongoing != tt.ongoing || !expiry.Equal(tt.expiry) {
			t.Errorf("parseRestore(%q) = %v, %v, %v", tt.header, ongoing, expiry, err)
		}
	}
}

func FuzzParseRestore(f *testing.F) {
	f.Add(`ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`)
	f.Add(`ongoing-request="true"`)
	f.Add(`a="b",,`)
	f.Fuzz(func(t *testing.T, header string) {
		ongoing, expiry, err := parseRestore(header)
		if err != nil {
			if ongoing || !expiry.IsZero() || err.Error() == "" {
				t.Errorf("%q: %v, %v with %v", header, ongoing, expiry, err)
			}
			return
		}
		if !strings.Contains(header, "ongoing-request") || ongoing && !strings.Contains(header, "true") {
			t.Errorf("%q: understood as ongoing %v", header, ongoing)
		}
	})
}
