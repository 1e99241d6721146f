package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/retry"
	"reconcile/internal/s3sim"
	"reconcile/internal/s3store"
	"reconcile/internal/storage"
)

func init() { debug.SetGCPercent(400) } // memory is no matter here

// places are an empty folder and an empty prefix.
func places(t *testing.T) (map[string]storage.Folder, *s3sim.Server) {
	t.Helper()
	dir, err := storage.MakeDir(filepath.Join(t.TempDir(), "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	server, err := s3sim.Start(s3sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	server.CreateBucket("plans")
	t.Setenv("AWS_ACCESS_KEY_ID", server.AccessKey())
	t.Setenv("AWS_SECRET_ACCESS_KEY", server.SecretKey())
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	store, err := s3store.Open(t.Context(), s3store.Config{Default: s3store.Bucket{EndpointURL: server.URL(), Region: server.Region()}})
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := storage.OpenBucket(s3store.Repeating{Store: store, Retrier: retry.New(retry.Options{Attempts: 3})}, "s3://plans/p")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]storage.Folder{"folder": dir, "bucket": bucket}, server
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func names(t *testing.T, p storage.Folder) (all []string) {
	t.Helper()
	if err := p.Each(t.Context(), func(name string) error { all = append(all, name); return nil }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// TestPlaces: what is written is there, whole, under its name, and can be read.
func TestPlaces(t *testing.T) {
	all, _ := places(t)
	large := strings.Repeat("0123456789abcdef", 350_000) // more than one part
	for kind, p := range all {
		for name, content := range map[string]string{"small.csv": "a,b\n", "large.csv": large, "empty": ""} {
			w, err := p.Write(t.Context(), name, "text/csv", text(content))
			if err != nil || w.Size != int64(len(content)) || len(w.MD5) != 32 || (w.ETag == "") != (kind == "folder") {
				t.Errorf("%s, %s: %+v %v", kind, name, w, err)
			}
			if kind == "bucket" && name == "small.csv" && w.ETag != w.MD5 {
				t.Errorf("the ETag is %s, the MD5 %s", w.ETag, w.MD5)
			}
			body, err := p.Open(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(body); err != nil || string(got) != content {
				t.Errorf("%s, %s: %d bytes, %v", kind, name, len(got), err)
			}
			body.Close()
		}
		if got := names(t, p); fmt.Sprint(got) != "[empty large.csv small.csv]" {
			t.Errorf("%s: %v", kind, got)
		}
		if _, err := p.Open(t.Context(), "none"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestHalfAFile: a file whose making fails is not there, and what was there
// before still is.
func TestHalfAFile(t *testing.T) {
	all, _ := places(t)
	broken := errors.New("the disk is gone")
	for kind, p := range all {
		if _, err := p.Write(t.Context(), "f", "", text("before")); err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{0, 10, 6 << 20} {
			_, err := p.Write(t.Context(), "f", "", func(w io.Writer) error {
				if err := text(strings.Repeat("x", size))(w); err != nil {
					return err
				}
				return broken
			})
			if !errors.Is(err, broken) {
				t.Errorf("%s, %d: %v", kind, size, err)
			}
		}
		body, err := p.Open(t.Context(), "f")
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(body); string(got) != "before" {
			t.Errorf("%s: it holds %.20q", kind, got)
		}
		body.Close()
		if got := names(t, p); fmt.Sprint(got) != "[f]" {
			t.Errorf("%s: %v", kind, got)
		}
	}
}

// TestRefusedUpload: the maker of a file does not wait for ever where nobody
// takes it.
func TestRefusedUpload(t *testing.T) {
	all, server := places(t)
	server.Inject(s3sim.Fault{Op: "PutObject", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	server.Inject(s3sim.Fault{Op: "UploadPart", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	for _, blocks := range []int{1, 700} { // of 64 KiB: one request, and more than all parts that are sent side by side
		_, err := all["bucket"].Write(t.Context(), "f", "", func(w io.Writer) (err error) {
			block := make([]byte, 64<<10)
			for n := 0; n < blocks && err == nil; n++ {
				_, err = w.Write(block)
			}
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("%d blocks: %v", blocks, err)
		}
	}
}

// TestBelow: files below, of more than one page, and one alone.
func TestBelow(t *testing.T) {
	all, server := places(t)
	for i := range 1200 {
		server.Put("plans", fmt.Sprintf("p/x/%04d", i), s3sim.Object{Body: []byte("x")})
	}
	server.Put("plans", "p/folder/", s3sim.Object{})
	server.Put("plans", "p2/other", s3sim.Object{Body: []byte("x")})
	if got := names(t, all["bucket"]); len(got) != 1200 || got[0] != "x/0000" {
		t.Errorf("%d: %v…", len(got), got[:1])
	}
	stop := errors.New("enough")
	if err := all["bucket"].Each(t.Context(), func(string) error { return stop }); err != stop {
		t.Error(err)
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "x", "y"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "x/b", "x/y/c"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{dir: "[a x/b x/y/c]", link: "[a x/b x/y/c]", filepath.Join(dir, "a"): "[a]"} {
		p, err := storage.OpenDir(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(t, p); fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", path, got, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for kind, p := range all {
		if kind == "bucket" {
			if err := p.Each(ctx, func(string) error { return nil }); err == nil {
				t.Error("a listing that was given up is complete")
			}
		}
	}
}

// TestSplit: addresses of files, and of prefixes.
func TestSplit(t *testing.T) {
	for address, want := range map[string][2]string{
		"plan.json": {".", "plan.json"}, "/plan.json": {"/", "plan.json"}, "a/b/plan.json": {"a/b", "plan.json"},
		"s3://b/plan.json": {"s3://b", "plan.json"}, "s3://b/p/q/plan.json": {"s3://b/p/q", "plan.json"},
	} {
		folder, name, err := storage.Split(address)
		if err != nil || folder != want[0] || name != want[1] {
			t.Errorf("%s: %q %q %v", address, folder, name, err)
		}
	}
	for _, address := range []string{"s3://b", "s3://b/", "s3://b/p/", "s3:///k", "a/"} {
		if folder, name, err := storage.Split(address); err == nil {
			t.Errorf("%s: %q %q", address, folder, name)
		}
	}
	for address, want := range map[string]string{"s3://b": "", "s3://b/": "", "s3://b/p": "p/", "s3://b/p/q/": "p/q/"} {
		if at, err := storage.ParseURL(address); err != nil || at.Bucket != "b" || at.Key != want {
			t.Errorf("%s: %v %v", address, at, err)
		}
	}
	for _, address := range []string{"", "b/p", "s3://", "s3:///p"} {
		if at, err := storage.ParseURL(address); err == nil {
			t.Errorf("%s: %v", address, at)
		}
	}
}
