package reconcile_test

import (
	"testing"

	"reconcile/internal/reconcile"
)

// A location prints as s3://bucket/key, the key as it is.
func TestLocationString(t *testing.T) {
	tests := []struct {
		location reconcile.Location
		want     string
	}{
		{reconcile.Location{Bucket: "b"}, "s3://b"},
		{reconcile.Location{Bucket: "b", Key: "k"}, "s3://b/k"},
		{reconcile.Location{Bucket: "b", Key: "/k"}, "s3://b//k"},
		{reconcile.Location{Bucket: "b", Key: "a\nlevel=ERROR\r\tb"}, "s3://b/a\\u000alevel=ERROR\\u000d\tb"},
		{reconcile.Location{Bucket: "b", Key: "a b/é?%"}, "s3://b/a b/é?%"},
		{reconcile.Location{Bucket: "b", Key: "k", VersionID: "v1"}, "s3://b/k?versionId=v1"},
	}
	for _, tt := range tests {
		if got := tt.location.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// ETags in -N are those of objects written by parts.
func TestMultipart(t *testing.T) {
	for etag, want := range map[string]bool{
		"":                                    false,
		"d41d8cd98f00b204e9800998ecf8427e":    false,
		"d41d8cd98f00b204e9800998ecf8427e-1":  true,
		"d41d8cd98f00b204e9800998ecf8427e-17": true,
	} {
		if got := (reconcile.Object{ETag: etag}).Multipart(); got != want {
			t.Errorf("%q: %v, want %v", etag, got, want)
		}
	}
}

// Only a checksum over the whole object, of a known algorithm, can be held
// against one of an object cut elsewhere.
func TestFullObjectChecksum(t *testing.T) {
	tests := []struct {
		sum  reconcile.Checksum
		want bool
	}{
		{reconcile.Checksum{}, false},
		{reconcile.Checksum{Algorithm: "CRC32", Type: "FULL_OBJECT"}, true},
		{reconcile.Checksum{Algorithm: "CRC32", Type: "COMPOSITE"}, false},
		{reconcile.Checksum{Algorithm: "CRC32"}, false},
		{reconcile.Checksum{Type: "FULL_OBJECT"}, false},
	}
	for _, tt := range tests {
		if got := tt.sum.FullObject(); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.sum, got, tt.want)
		}
	}
}

// Under KMS and customer keys an ETag says nothing of the content.
func TestOpaqueEncryption(t *testing.T) {
	for e, want := range map[reconcile.Encryption]bool{
		reconcile.EncryptionUnknown: false, reconcile.EncryptionS3: false,
		reconcile.EncryptionKMS: true, reconcile.EncryptionKMSDSSE: true, reconcile.EncryptionSSEC: true,
	} {
		if got := e.Opaque(); got != want {
			t.Errorf("%q: %v, want %v", e, got, want)
		}
	}
}
