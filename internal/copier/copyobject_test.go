package copier_test

import (
	"maps"
	"testing"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// rich is an object with everything that a copy has to bring along.
func rich() s3sim.Object {
	return s3sim.Object{
		Size: 1000, ContentSeed: 7,
		ContentType: "application/x-hdf", CacheControl: "max-age=60", ContentDisposition: `attachment; filename="a b"`,
		ContentEncoding: "gzip", ContentLanguage: "de", Expires: "Thu, 01 Jan 2032 00:00:00 GMT",
		Metadata: map[string]string{"granule": "MOD09.A2002", "note": "a+b =c"},
		Tags:     map[string]string{"project": "aqua & terra", "ünit": "a=b/c"},
	}
}

// sameProperties checks DESIGN §7.4: everything but the storage class arrives.
func (w *buckets) sameProperties(key string) {
	w.t.Helper()
	a, _ := w.Get(glacier, key)
	b, ok := w.Get(archive, key)
	if !ok {
		w.t.Errorf("%s did not arrive", key)
		return
	}
	if b.StorageClass != "STANDARD" {
		w.t.Errorf("%s: class %s", key, b.StorageClass)
	}
	if !maps.Equal(a.Metadata, b.Metadata) || !maps.Equal(a.Tags, b.Tags) {
		w.t.Errorf("%s: metadata %v, tags %v; want %v, %v", key, b.Metadata, b.Tags, a.Metadata, a.Tags)
	}
	type headers struct{ typ, cache, disposition, encoding, language, expires string }
	have := headers{b.ContentType, b.CacheControl, b.ContentDisposition, b.ContentEncoding, b.ContentLanguage, b.Expires}
	want := headers{a.ContentType, a.CacheControl, a.ContentDisposition, a.ContentEncoding, a.ContentLanguage, a.Expires}
	if have != want {
		w.t.Errorf("%s: headers %+v, want %+v", key, have, want)
	}
}

// One COPY per small missing object, whole, in STANDARD, proved by its ETag.
func TestSmallObjectIsOneCopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.put("a b+c/ü", rich())
	o := w.one("a b+c/ü")
	w.expect(o, reconcile.Copied, "")
	if o.Proof != reconcile.ProofETag || o.Method != reconcile.MethodCopy || o.Attempts != 1 {
		t.Errorf("proof %s, method %s, attempts %d", o.Proof, o.Method, o.Attempts)
	}
	w.sameProperties("a b+c/ü")
	w.sent(map[string]int64{"CopyObject": 1})
}

// An object without a checksum, an empty one and one without tags are one COPY too.
func TestPlainObjectsAreOneCopyEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.put("empty", s3sim.Object{Body: []byte{}})
	w.put("old", s3sim.Object{Size: 5000, NoChecksum: true})
	w.put("online", s3sim.Object{Size: 10, StorageClass: "STANDARD_IA"})
	for _, o := range w.run(t.Context(), w.decide("empty"), w.decide("old"), w.decide("online")) {
		w.expect(o, reconcile.Copied, "")
	}
	w.sent(map[string]int64{"CopyObject": 3})
}

// Which way each kind of source goes, what proves it and what it costs.
func TestWaysAndProofs(t *testing.T) {
	t.Parallel()
	even := s3sim.Object{Size: 12 * mib, PartSizes: sizes(5, 5, 2)}
	evenOld := even
	evenOld.NoChecksum = true
	evenComposite := even
	evenComposite.ChecksumAlgorithm, evenComposite.CompositeChecksum = "CRC32", true
	evenCRC32 := even
	evenCRC32.ChecksumAlgorithm = "CRC32"
	uneven := s3sim.Object{Size: 26 * mib, PartSizes: sizes(8, 5, 10, 3), NoChecksum: true}
	alike := s3sim.Object{Size: 32 * mib, PartSizes: sizes(8, 5, 11, 8), NoChecksum: true} // sums up as four times 8
	onePart := s3sim.Object{Size: 7 * mib, PartSizes: sizes(7), NoChecksum: true}
	emptyPart := s3sim.Object{PartSizes: []int64{0}, NoChecksum: true}
	single := s3sim.Object{Size: 23 * mib}
	singleOld := s3sim.Object{Size: 23 * mib, NoChecksum: true}
	singleSHA := s3sim.Object{Size: 23 * mib, ChecksumAlgorithm: "SHA256"}
	huge := s3sim.Object{Size: 6 << 30}
	hugeOld := s3sim.Object{Size: 6 << 30, NoChecksum: true}
	hugeParts := s3sim.Object{Size: 6 << 30, PartSizes: []int64{1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30}}
	tinyParts := s3sim.Object{Size: 3 * mib, PartSizes: sizes(1, 1, 1), NoChecksum: true} // no server of S3's limits made this

	type want struct {
		method     reconcile.Method
		proof      reconcile.Proof
		heads      int64
		parts      int64
		keepLayout bool
	}
	const copied, parts = reconcile.MethodCopy, reconcile.MethodMultipart
	tests := []struct {
		name   string
		source s3sim.Object
		layout copier.Layout
		kms    bool
		want   want
	}{
		{"multipart with checksum", even, "auto", false, want{copied, "checksum", 1, 0, false}},
		{"multipart with CRC32", evenCRC32, "auto", false, want{copied, "checksum", 1, 0, false}},
		{"multipart without", evenOld, "auto", false, want{parts, "etag", 3, 3, true}},
		{"multipart with composite checksum", evenComposite, "auto", false, want{parts, "etag", 3, 3, true}},
		{"uneven parts", uneven, "auto", false, want{parts, "etag", 5, 4, true}},
		{"uneven parts that look even", alike, "auto", false, want{parts, "size", 6, 4, false}},
		{"one part", onePart, "auto", false, want{parts, "etag", 2, 1, true}},
		{"one empty part", emptyPart, "auto", false, want{parts, "etag", 2, 1, true}},
		{"parts too small to keep", tinyParts, "auto", false, want{parts, "size", 4, 1, false}},
		{"large single part", single, "auto", false, want{parts, "checksum", 1, 5, false}},
		{"large single part without checksum", singleOld, "auto", false, want{copied, "etag", 0, 0, false}},
		{"large single part with SHA256", singleSHA, "auto", false, want{copied, "etag", 0, 0, false}},
		{"over 5 GiB", huge, "auto", false, want{parts, "checksum", 1, 6, false}},
		{"over 5 GiB without checksum", hugeOld, "auto", false, want{parts, "size", 2, 6, false}},
		{"over 5 GiB by parts", hugeParts, "auto", false, want{parts, "checksum", 3, 6, true}},
		{"preserve", even, "preserve", false, want{parts, "checksum", 3, 3, true}},
		{"preserve a single part", single, "preserve", false, want{parts, "checksum", 1, 5, false}},
		{"fast", uneven, "fast", false, want{parts, "size", 2, 6, false}},
		{"fast and small", evenOld, "fast", false, want{copied, "size", 1, 0, false}},
		{"into KMS", s3sim.Object{Size: 1000}, "auto", true, want{copied, "checksum", 1, 0, false}},
		{"into KMS without checksum", s3sim.Object{Size: 1000, NoChecksum: true}, "auto", true, want{copied, "size", 1, 0, false}},
		{"from KMS", s3sim.Object{Size: 1000, KMSKeyID: "k"}, "auto", false, want{copied, "checksum", 1, 0, false}},
		{"parts into KMS", single, "auto", true, want{parts, "checksum", 1, 5, false}},
		{"kept parts into KMS", evenOld, "auto", true, want{parts, "size", 4, 3, true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var bucket []s3sim.BucketOption
			if tt.kms {
				bucket = append(bucket, s3sim.DefaultKMS("key"))
			}
			w := newWorld(t, s3sim.Config{}, bucket...)
			w.opts.Layout = tt.layout
			if tt.source.Size > 5<<30 {
				w.opts.PartSize = 1 << 30
			}
			source := w.put("k", tt.source)
			o := w.one("k")
			w.expect(o, reconcile.Copied, "")
			if o.Method != tt.want.method || o.Proof != tt.want.proof {
				t.Errorf("%s, proved by %s; want %+v", o.Method, o.Proof, tt.want)
			}
			requests := map[string]int64{"CopyObject": 1}
			if tt.want.method == parts {
				requests = map[string]int64{
					"GetObjectTagging": 1, "CreateMultipartUpload": 1,
					"UploadPartCopy": tt.want.parts, "CompleteMultipartUpload": 1,
				}
			}
			if tt.want.heads > 0 {
				requests["HeadObject"] = tt.want.heads
			}
			w.sent(requests)
			target, _ := w.Get(archive, "k")
			if sameSizes(target.PartSizes, source.PartSizes) != (tt.want.keepLayout || len(source.PartSizes)+len(target.PartSizes) == 0) {
				t.Errorf("parts %v, source's %v", target.PartSizes, source.PartSizes)
			}
			if tt.want.keepLayout && !tt.kms && target.ETag != source.ETag {
				t.Errorf("ETag %s, source's %s", target.ETag, source.ETag)
			}
		})
	}
}
