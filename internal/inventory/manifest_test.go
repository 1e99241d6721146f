package inventory

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// documented is the example of the documentation.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
const documented = `{
    "sourceBucket": "amzn-s3-demo-source-bucket",
    "destinationBucket": "arn:aws:s3:::example-inventory-destination-bucket",
    "version": "2016-11-30",
    "creationTimestamp" : "1514944800000",
    "fileFormat": "CSV",
    "fileSchema": "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass, IsMultipartUploaded, ReplicationStatus, EncryptionStatus, ObjectLockRetainUntilDate, ObjectLockMode, ObjectLockLegalHoldStatus, IntelligentTieringAccessTier, BucketKeyStatus, ChecksumAlgorithm, ObjectAccessControlList, ObjectOwner",
    "files": [
        {
            "key": "Inventory/amzn-s3-demo-source-bucket/2016-11-06T21-32Z/files/939c6d46-85a9-4ba8-87bd-9db705a579ce.csv.gz",
            "size": 2147483647,
            "MD5checksum": "f11166069f1990abeb9c97ace9cdfabc"
        }
    ]
}`

func TestDocumentedManifest(t *testing.T) {
	m, err := parseManifest([]byte(documented), "elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	want := dataFile{
		at: reconcile.Location{
			Bucket: "example-inventory-destination-bucket",
			Key:    "Inventory/amzn-s3-demo-source-bucket/2016-11-06T21-32Z/files/939c6d46-85a9-4ba8-87bd-9db705a579ce.csv.gz",
		},
		size: 2147483647, md5: "f11166069f1990abeb9c97ace9cdfabc",
	}
	if m.bucket != "amzn-s3-demo-source-bucket" || len(m.files) != 1 || m.files[0] != want || len(m.schema) != 20 ||
		m.created != time.Date(2018, 1, 3, 2, 0, 0, 0, time.UTC) || m.format.name != "CSV" {
		t.Errorf("%+v", m)
	}
}

func TestWrongManifests(t *testing.T) {
	file := func(key string, size, sum string) string {
		return fmt.Sprintf(`[{"key":%q,"size":%s,"MD5checksum":%q}]`, key, size, sum)
	}
	sum := strings.Repeat("0", 32)
	for _, c := range []struct{ field, value, want string }{
		{"", `[]`, "no manifest"}, {"", `"text"`, "no manifest"}, {"", `{`, "no manifest"}, {"", ``, "no manifest"},
		{"sourceBucket", `""`, "sourceBucket is missing"}, {"sourceBucket", `7`, "no manifest"},
		{"creationTimestamp", `"soon"`, "invalid number"}, {"creationTimestamp", `""`, "invalid number"}, {"creationTimestamp", `null`, "creationTimestamp"},
		{"creationTimestamp", `"-5"`, "creationTimestamp"}, {"creationTimestamp", `"1.5"`, "creationTimestamp"},
		{"fileFormat", `"ORC"`, "configure the bucket's inventory with the format CSV or Parquet"},
		{"fileFormat", `"orc"`, "configure"}, {"fileFormat", `"XML"`, `unknown fileFormat "XML"`}, {"fileFormat", `""`, `unknown fileFormat ""`},
		{"fileSchema", `""`, "no field Bucket"}, {"files", `null`, "no list of files"}, {"files", `{}`, "no manifest"},
		{"files", `[{}]`, "a file has no key"}, {"files", file("", "1", sum), "no key"}, {"files", file("k", "-1", sum), `"k" has no size`},
		{"files", file("k", "null", sum), `"k" has no size`}, {"files", file("k", "1", ""), `MD5checksum "" is no MD5`},
		{"files", file("k", "1", sum+"0"), "is no MD5"}, {"files", file("k", "1", strings.Repeat("g", 32)), "is no MD5"},
		{"files", strings.Replace(file("k", "1", sum), "}]", "},"+file("k", "1", sum)[1:], 1), `"k" is named twice`},
	} {
		text := c.value
		if c.field != "" {
			var m map[string]json.RawMessage
			if err := json.Unmarshal([]byte(documented), &m); err != nil {
				t.Fatal(err)
			}
			m[c.field] = json.RawMessage(c.value)
			all, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			text = string(all)
		}
		s := &objects{bucket: "inventories", byKey: map[string][]byte{theManifest.Key: []byte(text)}}
		refused(t, options(t, s), reconcile.Other, "Inventory "+theManifest.String()+": ", c.want)
	}
}

// TestNumericTimestamp: a number is as good as a number in quotes.
func TestNumericTimestamp(t *testing.T) {
	m, err := parseManifest([]byte(strings.Replace(documented, `"1514944800000"`, "1514944800000", 1)), "")
	if err != nil || m.created.Year() != 2018 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestChecksumKey(t *testing.T) {
	for manifest, want := range map[string]string{
		"a/2026/manifest.json": "a/2026/manifest.checksum", "manifest.json": "manifest.checksum",
		"a/my-manifest.json": "", "a/other.json": "", "a/manifest.json/": "",
	} {
		if got := checksumKey(manifest); got != want {
			t.Errorf("%s: %q, want %q", manifest, got, want)
		}
	}
}

func TestBucketName(t *testing.T) {
	for in, want := range map[string]string{
		"arn:aws:s3:::b": "b", "arn:aws-us-gov:s3:::b.c": "b.c", "b": "b", "": "", "arn:broken": "",
	} {
		if got := bucketName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzManifest: what is taken for a manifest has all that the reading needs.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(documented))
	f.Add([]byte(strings.Replace(documented, `"CSV"`, `"Parquet"`, 1)))
	f.Add([]byte(`{"sourceBucket":"b","files":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseManifest(text, "home")
		if err != nil {
			return
		}
		if m.bucket == "" || m.created.IsZero() || m.format.decode == nil {
			t.Errorf("%+v", m)
		}
		for _, file := range m.files {
			if file.at.Bucket == "" || file.at.Key == "" || file.size < 0 || !isMD5(file.md5) {
				t.Errorf("%+v", file)
			}
		}
	})
}
