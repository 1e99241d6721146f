package integration

import (
	"testing"

	"reconcile/test/conform"
	"reconcile/test/integration/glaciergw"
)

// gatewayDifferences are where versitygw on files is not S3.
var gatewayDifferences = map[string]string{
	// Keys are paths of files.
	"list/order-slash":        "a file a and a directory a cannot be side by side",
	"keys/directory-and-file": "a file a and a directory a cannot be side by side",
	"keys/trailing-slash":     "a key that ends in a slash is a directory, which holds no bytes",
	"keys/double-slash":       "paths are cleaned: a//b is a/b",
	"keys/leading-slash":      "paths are cleaned: /a is a",
	"keys/dot-segments":       "paths are cleaned: a/./../b is b",
	"keys/segment-300":        "a file name has at most 255 bytes",
	"keys/too-long":           "keys of more than 1024 bytes are taken",

	// Listings ignore EncodingType, and XML has no control characters.
	"list/encoding-url":   "EncodingType is ignored",
	"keys/control":        "EncodingType is ignored, so U+0001 comes back as U+FFFD",
	"uploads/control-key": "EncodingType is ignored, so U+0001 comes back as U+FFFD",

	// The target's conditions are honoured by PutObject and by
	// CompleteMultipartUpload, not by CopyObject.
	"copy/if-none-match":    "CopyObject ignores conditions on the target, and overwrites",
	"copy/if-match-unequal": "CopyObject ignores conditions on the target, and overwrites",
	"copy/if-match-absent":  "CopyObject ignores conditions on the target",
	"copy/pin-and-guard":    "CopyObject ignores conditions on the target",

	"copy/condition-of-target": "CopyObject ignores conditions on the target, and overwrites",
	"copy/condition-of-source": "a pin that fails is called If-Match, as if it were the target's condition",

	"multipart/checksum-part-copy": "a copied part is given the checksum of its whole source, and so is the object",
	"uploads/list-pages":           "its own NextUploadIdMarker is refused as invalid",
	"uploads/list-same-key":        "its own NextUploadIdMarker is refused as invalid",
	"tags/gone-with-overwrite":     "metadata beside the file outlives the object that is overwritten",
}

// startGateway runs versitygw with Glacier semantics inside the test.
func startGateway(t *testing.T) server {
	t.Helper()
	dir := t.TempDir()
	// The gateway changes the working directory to one that is deleted at the
	// end of the test; t.Chdir brings the old one back.
	t.Chdir(dir)
	gw, err := glaciergw.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := gw.Close(); err != nil {
			t.Errorf("stop the gateway: %v", err)
		}
	})
	return server{conform.Target{
		Name:             "versitygw",
		Endpoint:         gw.Endpoint,
		Region:           gw.Region,
		AccessKey:        gw.AccessKey,
		SecretKey:        gw.SecretKey,
		Now:              gw.Now,
		CompleteRestores: gw.CompleteRestores,
		ExpireRestores:   gw.ExpireRestores,
		Differences:      gatewayDifferences,
	}}
}
