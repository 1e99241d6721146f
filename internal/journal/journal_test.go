package journal_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/journal"
	"reconcile/internal/reconcile"
)

// objects is a bucket in memory.
type objects struct {
	mu   sync.Mutex
	held map[string][]byte
}

func (o *objects) List(_ context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var page reconcile.Page
	for key := range o.held {
		if strings.HasPrefix(key, req.Prefix) {
			page.Objects = append(page.Objects, reconcile.Object{Location: reconcile.Location{Bucket: req.Bucket, Key: key}})
		}
	}
	return page, nil
}

func (o *objects) ReadDocument(_ context.Context, at reconcile.Location) (reconcile.Document, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	body, ok := o.held[at.Key]
	if !ok {
		return reconcile.Document{}, &reconcile.Error{Kind: reconcile.NotFound}
	}
	return reconcile.Document{Body: body, ETag: "e"}, nil
}

func (o *objects) WriteDocument(_ context.Context, at reconcile.Location, body []byte, _ reconcile.Precondition) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held[at.Key] = body
	return "e", nil
}

func (o *objects) RemoveDocument(_ context.Context, at reconcile.Location) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.held, at.Key)
	return nil
}

// kinds opens journals of both kinds, each again and again on the same entries.
func kinds(t *testing.T) map[string]func() (*journal.Journal, error) {
	folder, bucket := t.TempDir(), &objects{held: map[string][]byte{"other/file": []byte("x"), "j/deeper/a.upload.json": []byte("x")}}
	return map[string]func() (*journal.Journal, error){
		"folder": func() (*journal.Journal, error) { return journal.OpenDir(context.Background(), folder) },
		"bucket": func() (*journal.Journal, error) {
			return journal.OpenBucket(context.Background(), bucket, reconcile.Location{Bucket: "b", Key: "j"})
		},
	}
}

func pending(key, id string) reconcile.Pending {
	return reconcile.Pending{
		Run: "r", Source: reconcile.Location{Bucket: "g", Key: key}, ETag: "abc-2", Size: 7, Target: reconcile.Location{Bucket: "p", Key: key},
		UploadID: id, Checksum: "CRC64NVME", Parts: []int64{5, 2}, Begun: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
	}
}

// TestEntriesOutlastTheRun: what one run records, intention or id, the next one
// finds, whatever the key; what is forgotten is gone.
func TestEntriesOutlastTheRun(t *testing.T) {
	ctx := context.Background()
	odd := pending("a/../b \n\x01"+strings.Repeat("é", 500), "")
	for name, reopen := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			first := mustOpen(t, reopen)
			for _, p := range []reconcile.Pending{pending("x", ""), pending("x", "id-x"), odd, pending("done", "id-d")} {
				if err := first.Record(ctx, p); err != nil {
					t.Fatal(err)
				}
			}
			if err := first.Forget(ctx, pending("done", "").Target); err != nil {
				t.Fatal(err)
			}
			if left := first.Left(); len(left) != 0 {
				t.Errorf("a run's own uploads are taken for an earlier one's: %v", left)
			}
			first.Close()
			second := mustOpen(t, reopen)
			defer second.Close()
			if got, want := second.Left(), []reconcile.Pending{odd, pending("x", "id-x")}; !reflect.DeepEqual(got, want) {
				t.Errorf("left %v, want %v", got, want)
			}
			if got, ok := second.Find(odd.Target); !ok || got.Source.Key != odd.Source.Key {
				t.Errorf("found %v, %v", got, ok)
			}
			if err := second.Forget(ctx, reconcile.Location{Bucket: "p", Key: "never there"}); err != nil {
				t.Errorf("forgetting what is not there: %v", err)
			}
		})
	}
}

func mustOpen(t *testing.T, open func() (*journal.Journal, error)) *journal.Journal {
	t.Helper()
	j, err := open()
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestOneRunAtATime: a folder serves one run, and the next once it is closed.
func TestOneRunAtATime(t *testing.T) {
	dir := t.TempDir()
	first, err := journal.OpenDir(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.OpenDir(context.Background(), dir); !errors.Is(err, journal.ErrBusy) {
		t.Errorf("the second run got %v", err)
	}
	first.Close()
	second, err := journal.OpenDir(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
}

// TestForeignEntry: an entry this version does not understand ends the
// opening: it may belong to an upload that is still open.
func TestForeignEntry(t *testing.T) {
	for _, body := range []string{"", "{", `{"version":2,"Target":{"Key":"k"}}`, `{"version":1}`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x.upload.json"), []byte(body), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := journal.OpenDir(context.Background(), dir); err == nil || !strings.Contains(err.Error(), "x.upload.json") {
			t.Errorf("%q: %v", body, err)
		}
	}
}
