package s3store

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// sim starts a simulated S3 with a glacier and an archive bucket.
func sim(t *testing.T, config s3sim.Config) (*s3sim.Server, *Store) {
	t.Helper()
	srv, err := s3sim.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	srv.CreateBucket("glacier")
	srv.CreateBucket("protected")
	return srv, open(t, Config{Default: Bucket{EndpointURL: srv.URL(), Region: srv.Region()}})
}

func restored(o s3sim.Object) s3sim.Object {
	o.StorageClass, o.Restore, o.RestoreExpiry = "GLACIER", "restored", time.Now().Add(72*time.Hour).Truncate(time.Second)
	return o
}

var oddKeys = []string{"a b+c.hdf", "d/%2B?#&=.hdf", "e/ä/\u2028\x01.hdf", "f//g/", "h'\"<>&.hdf"}

// TestSimCopies lists, copies and looks at objects with odd keys.
func TestSimCopies(t *testing.T) {
	srv, s := sim(t, s3sim.Config{})
	for i, key := range oddKeys {
		srv.Put("glacier", key, restored(s3sim.Object{
			Size: int64(1000 + i), ContentSeed: uint64(i), ContentType: "application/x-hdf",
			Metadata: map[string]string{"granule": "G1"}, Tags: map[string]string{"a": "b c"},
		}))
	}
	page, err := s.List(t.Context(), reconcile.ListRequest{Bucket: "glacier", Restore: true})
	if err != nil || len(page.Objects) != len(oddKeys) || page.Next != "" {
		t.Fatalf("%v, %v", page, err)
	}
	for _, o := range page.Objects {
		if !slices.Contains(oddKeys, o.Key) || !o.Restore.Readable(time.Now()) {
			t.Errorf("listed %+v", o)
		}
		target := reconcile.Location{Bucket: "protected", Key: o.Key}
		w, err := s.Copy(t.Context(), reconcile.CopyRequest{Source: o, Target: target})
		if err != nil {
			t.Fatal(err)
		}
		d, err := s.Head(t.Context(), target)
		if err != nil || d.ETag != w.ETag || d.ETag != o.ETag || d.Size != o.Size || d.StorageClass != "STANDARD" ||
			d.Metadata["granule"] != "G1" || d.Headers.ContentType != "application/x-hdf" || d.Checksum != w.Checksum {
			t.Errorf("copied %+v as %+v, %v", w, d, err)
		}
		if !srv.SameContent("glacier", o.Key, "protected", o.Key) {
			t.Errorf("%q: another content", o.Key)
		}
		tags, err := s.Tags(t.Context(), target)
		if err != nil || !maps.Equal(tags, map[string]string{"a": "b c"}) {
			t.Errorf("tags %v, %v", tags, err)
		}
		_, err = s.Copy(t.Context(), reconcile.CopyRequest{Source: o, Target: target})
		if e := asOurs(t, err); e.Kind != reconcile.Conflict || e.Condition != "If-None-Match" {
			t.Errorf("copied twice: %v", e)
		}
		o.ETag = "moved"
		_, err = s.Copy(t.Context(), reconcile.CopyRequest{Source: o, Target: target, Precondition: reconcile.Precondition{Off: true}})
		if e := asOurs(t, err); e.Kind != reconcile.Changed {
			t.Errorf("another source: %v", e)
		}
	}
	n := int64(len(oddKeys))
	want := map[string]int64{"ListObjectsV2": 1, "CopyObject": 3 * n, "HeadObject": n, "GetObjectTagging": n}
	if got := s.Requests(); !maps.Equal(got, want) || !maps.Equal(srv.Requests(), want) {
		t.Errorf("requests %v, served %v, want %v", got, srv.Requests(), want)
	}
}

func TestSimPages(t *testing.T) {
	srv, s := sim(t, s3sim.Config{})
	for i := range 2500 {
		srv.Put("glacier", strings.Repeat("k", 1+i%7)+string(rune('a'+i%26))+time.Duration(i).String(), s3sim.Object{Size: 1})
	}
	var keys []string
	req := reconcile.ListRequest{Bucket: "glacier"}
	for pages := 1; ; pages++ {
		page, err := s.List(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			keys = append(keys, o.Key)
		}
		if req.Token = page.Next; req.Token == "" {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	if !slices.Equal(keys, srv.Keys("glacier")) {
		t.Errorf("%d keys listed", len(keys))
	}
}

// TestSimMultipart copies by parts and looks at all that parts do not carry.
func TestSimMultipart(t *testing.T) {
	srv, s := sim(t, s3sim.Config{})
	sizes := []int64{8 << 20, 5 << 20, 1 << 20}
	tags := map[string]string{"long": strings.Repeat("ä", 250), "longer": strings.Repeat("ö", 250)}
	srv.Put("glacier", "big.hdf", restored(s3sim.Object{
		Size: 14 << 20, ContentSeed: 7, PartSizes: sizes, ContentType: "application/x-hdf", Expires: "never",
		Metadata: map[string]string{"granule": "G1"}, Tags: tags,
	}))
	source, err := s.Head(t.Context(), reconcile.Location{Bucket: "glacier", Key: "big.hdf"})
	if err != nil || source.TagCount != 2 || !source.Multipart() {
		t.Fatalf("%+v, %v", source, err)
	}
	target := reconcile.Location{Bucket: "protected", Key: "big.hdf"}
	u, err := s.CreateUpload(t.Context(), reconcile.UploadRequest{Source: source, Target: target, Tags: tags, Checksum: "CRC64NVME"})
	if err != nil || len(u.LateTags) != 2 {
		t.Fatalf("%+v, %v", u, err)
	}
	open, _, err := s.ListUploads(t.Context(), "protected", "", reconcile.UploadMarker{})
	if err != nil || len(open) != 1 || open[0].ID != u.ID || open[0].Target != target {
		t.Errorf("open uploads %+v, %v", open, err)
	}
	done := reconcile.CompleteRequest{Upload: u}
	var offset int64
	for i, want := range sizes {
		number := int32(i + 1)
		size, parts, err := s.HeadPart(t.Context(), source.Object, number)
		if err != nil || size != want || parts != 3 {
			t.Errorf("part %d: %d, %d, %v", number, size, parts, err)
		}
		p, err := s.CopyPart(t.Context(), reconcile.PartRequest{Upload: u, Source: source.Object,
			Part: reconcile.Part{Number: number, Offset: offset, Size: size}})
		if err != nil {
			t.Fatal(err)
		}
		done.Parts, offset = append(done.Parts, p), offset+size
	}
	w, err := s.CompleteUpload(t.Context(), done)
	if err != nil || w.ETag != source.ETag || w.Checksum != source.Checksum {
		t.Errorf("%+v, %v; source %+v", w, err, source)
	}
	if err := s.PutTags(t.Context(), target, u.LateTags); err != nil {
		t.Error(err)
	}
	got, _ := srv.Get("protected", "big.hdf")
	if got.ContentType != "application/x-hdf" || got.Expires != "never" || got.Metadata["granule"] != "G1" ||
		!maps.Equal(got.Tags, tags) || got.StorageClass != "STANDARD" || !srv.SameContent("glacier", "big.hdf", "protected", "big.hdf") {
		t.Errorf("%+v", got)
	}
	if err := s.AbortUpload(t.Context(), u); err != nil {
		t.Errorf("abort after complete: %v", err)
	}
	source.ETag = "moved"
	if _, _, err := s.HeadPart(t.Context(), source.Object, 1); !errors.Is(err, reconcile.Changed) {
		t.Errorf("another source: %v", err)
	}
}

func TestSimUnreadable(t *testing.T) {
	for _, quirk := range []bool{false, true} {
		srv, s := sim(t, s3sim.Config{Quirks: s3sim.Quirks{ActiveTierErrorCode: quirk}})
		srv.Put("glacier", "k", s3sim.Object{Size: 1, StorageClass: "GLACIER"})
		d, err := s.Head(t.Context(), reconcile.Location{Bucket: "glacier", Key: "k"})
		if err != nil || d.Restore.Phase != reconcile.Archived {
			t.Errorf("%+v, %v", d, err)
		}
		_, err = s.Copy(t.Context(), reconcile.CopyRequest{Source: d.Object, Target: theTarget})
		if !errors.Is(err, reconcile.Unreadable) || !strings.Contains(err.Error(), "source s3://glacier/k") {
			t.Errorf("%v", err)
		}
	}
}

// TestSimFaults meets every fault of the simulator with one request.
func TestSimFaults(t *testing.T) {
	srv, s := sim(t, s3sim.Config{})
	info := srv.Put("glacier", "k", s3sim.Object{Size: 1})
	source := reconcile.Object{Location: reconcile.Location{Bucket: "glacier", Key: "k"}, Size: 1, ETag: info.ETag}
	for kind, want := range map[s3sim.FaultKind]reconcile.Kind{
		s3sim.ErrorInOK: reconcile.Other, s3sim.ErrorInOKAfterActing: reconcile.Other,
		s3sim.EmptyOK: reconcile.Other, s3sim.EmptyOKAfterActing: reconcile.Other,
		s3sim.CutBefore: reconcile.Network, s3sim.CutAfter: reconcile.Network, s3sim.Truncate: reconcile.Network,
		s3sim.SlowDown: reconcile.Throttled, s3sim.InternalError: reconcile.Other,
	} {
		fault := srv.Inject(s3sim.Fault{Kind: kind, Op: "CopyObject", Times: 1})
		before := s.Requests()["CopyObject"]
		_, err := s.Copy(t.Context(), reconcile.CopyRequest{Source: source, Target: theTarget, Precondition: reconcile.Precondition{Off: true}})
		e := asOurs(t, err)
		if e.Kind != want || !reconcile.Retryable(e) || s.Requests()["CopyObject"] != before+1 {
			t.Errorf("fault %v: %s: %v", fault.Kind, e.Kind, e)
		}
	}
}

func TestUploadDownload(t *testing.T) {
	t.Parallel()
	srv, s := sim(t, s3sim.Config{})
	upload := func(name string, size int) func(*testing.T) {
		return func(t *testing.T) {
			t.Parallel() // each waits for the SDK's second try
			want := bytes.Repeat([]byte("report, "), size/8)
			at := reconcile.Location{Bucket: "protected", Key: name + ".json"}
			srv.Inject(s3sim.Fault{Kind: s3sim.SlowDown, KeyPrefix: name, Times: 1}) // the SDK sends it again
			if err := s.Upload(t.Context(), at, bytes.NewReader(want), "application/json"); err != nil {
				t.Fatal(err)
			}
			if info, _ := srv.Get("protected", at.Key); info.ContentType != "application/json" {
				t.Errorf("%+v", info)
			}
			body, err := s.Open(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			got, err := io.ReadAll(body)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
			}
		}
	}
	t.Run("sizes", func(t *testing.T) {
		for name, size := range map[string]int{"empty": 0, "small": 100, "parts": 6 << 20} {
			t.Run(name, upload(name, size))
		}
	})
	srv.Inject(s3sim.Fault{Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "Access Denied", Op: "UploadPart"})
	err := s.Upload(t.Context(), reconcile.Location{Bucket: "protected", Key: "denied"}, bytes.NewReader(make([]byte, 6<<20)), "")
	if e := asOurs(t, err); e.Kind != reconcile.AccessDenied || e.Op != "UploadPart" || !strings.Contains(e.Error(), "s3:PutObject") {
		t.Errorf("%v", e)
	}
	if left := srv.OpenUploads("protected"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestDownloadBreaks maps the errors of reading.
func TestDownloadBreaks(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Header().Set("ETag", `"e"`)
		w.Write([]byte("half"))
	})
	body, err := s.Open(t.Context(), theTarget)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	_, err = io.ReadAll(body)
	if e := asOurs(t, err); e.Kind != reconcile.Network || !errors.Is(e, io.ErrUnexpectedEOF) {
		t.Errorf("%v", e)
	}
}

func TestSimKeyMustMatch(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
	_, s := sim(t, s3sim.Config{})
	_, err := s.List(t.Context(), reconcile.ListRequest{Bucket: "glacier"})
	if e := asOurs(t, err); e.Kind != reconcile.AccessDenied || e.Code != "SignatureDoesNotMatch" {
		t.Errorf("%v", e)
	}
}
