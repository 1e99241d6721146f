package proofs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/storage"
)

// proved is a pair that was proved at a time.
func proved(key string, at time.Time) reconcile.Outcome {
	o := reconcile.Outcome{Status: reconcile.Present, Proof: reconcile.ProofChecksum, TargetSeen: true, Evidence: reconcile.EvidenceHead, VerifiedAt: at}
	o.Source = reconcile.Object{Location: reconcile.Location{Bucket: "s", Key: key}, Size: 3, ETag: "e", LastModified: time.Unix(1000, 0)}
	o.Target = reconcile.Object{Location: reconcile.Location{Bucket: "t", Key: key}, Size: 3, ETag: "f", LastModified: time.Unix(2000, 0)}
	o.Compared[reconcile.AspectMetadata] = reconcile.Matches
	return o
}

// fewFiles are many to a test.
const fewFiles = 4

// opened is the set that the folder is read into, and its store.
func opened(t *testing.T, dir, run string) (*Set, *Store) {
	t.Helper()
	folder, err := storage.MakeDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	set := NewSet(t.TempDir())
	t.Cleanup(func() { set.Close() })
	store, err := Open(t.Context(), set, Options{Folder: folder, Run: run, Scope: "0123", Now: time.Now, Log: slog.New(slog.DiscardHandler), Files: fewFiles})
	if err != nil {
		t.Fatal(err)
	}
	return set, store
}

func of(t *testing.T, set *Set, key string) *Proof {
	t.Helper()
	r, err := set.Reader()
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Of(key)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestKilled: what was proved a second before a process is killed is known, and
// fresh to the audit that goes on; not so a week later, and not after an audit
// that ended.
func TestKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		_, killed := opened(t, dir, "1")
		time.Sleep(10 * time.Second)
		killed.Add(proved("a", time.Now()))
		time.Sleep(2 * time.Second)
		synctest.Wait()

		set, store := opened(t, dir, "2")
		p := of(t, set, "a")
		if p == nil || !p.Fresh || p.Proof != reconcile.ProofChecksum || !p.Of(&p.Source, &p.Target) {
			t.Fatalf("of the killed audit %+v is known", p)
		}
		changed := p.Target
		changed.LastModified = changed.LastModified.Add(time.Second)
		if p.Of(&p.Source, &changed) {
			t.Error("a proof holds of an object that was written since")
		}
		racy := *p
		racy.VerifiedAt = p.Target.LastModified.Add(900 * time.Millisecond)
		if racy.Of(&p.Source, &p.Target) {
			t.Error("a proof holds of an object that may have been written again within the second")
		}
		store.Add(proved("b", time.Now()))
		if err := store.Close(t.Context(), false); err != nil {
			t.Fatal(err)
		}

		killed.Close(t.Context(), false) // ends its goroutine, of which a killed process has none

		time.Sleep(6 * 24 * time.Hour)
		set, store = opened(t, dir, "3")
		if a, b := of(t, set, "a"), of(t, set, "b"); !a.Fresh || !b.Fresh {
			t.Error("the audit does not go on after six days")
		}
		store.Close(t.Context(), true)
		set, store = opened(t, dir, "4")
		if a := of(t, set, "a"); a == nil || a.Fresh {
			t.Errorf("after an audit that ended: %+v", a)
		}
		store.Add(proved("c", time.Now()))
		store.Close(t.Context(), false)
		time.Sleep(8 * 24 * time.Hour)
		set, store = opened(t, dir, "5")
		if c := of(t, set, "c"); c == nil || c.Fresh {
			t.Errorf("after eight days: %+v", c)
		}
		store.Close(t.Context(), true)
	})
}

// TestJoined: many files become one, which has the latest proof of each key.
func TestJoined(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	day := func(n int) time.Time { return time.Unix(int64(n)*86400, 0).UTC() }
	for i := range fewFiles + 1 {
		_, store := opened(t, dir, fmt.Sprintf("run%03d", i))
		store.Add(proved("every", day(i)))
		store.Add(proved(fmt.Sprintf("only%03d", i), day(i)))
		if err := store.Close(t.Context(), true); err != nil {
			t.Fatal(err)
		}
	}
	kept := []string{"report-2026.csv.gz", "proofs-damaged.csv.gz"} // somebody's, and one that cannot be read
	for _, name := range kept {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, store := opened(t, dir, "z")
	store.Close(t.Context(), true)
	for _, name := range kept {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != "x" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 2+len(kept) { // the one, and the state of the audit
		t.Errorf("%d files are left", len(files))
	}
	set, store := opened(t, dir, "zz")
	defer store.Close(t.Context(), true)
	if p := of(t, set, "every"); p == nil || !p.VerifiedAt.Equal(day(fewFiles)) {
		t.Errorf("the latest is %+v", p)
	}
	if p := of(t, set, "only000"); p == nil || set.Len() != fewFiles+2 {
		t.Errorf("%+v, %d in all", p, set.Len())
	}
}

// TestWorth: a listing is read again anyway, and a finding is never believed.
func TestWorth(t *testing.T) {
	t.Parallel()
	for by, want := range map[reconcile.Evidence]bool{
		reconcile.EvidenceHead: true, reconcile.EvidenceComputeChecksum.Of("job-1"): true, "earlier 2026-01-01T00:00:00Z head": true,
		reconcile.EvidenceListing: false, reconcile.EvidenceInventory.Of("2026-01-01"): false, "": false,
	} {
		o := proved("a", time.Now())
		if o.Evidence = by; Worth(&o) != want {
			t.Errorf("%q: %v", by, !want)
		}
	}
	o := proved("a", time.Now())
	if o.Status = reconcile.Differs; Worth(&o) {
		t.Error("a finding")
	}
}

// TestReport: the proofs of a report are those of its rows; of an audit that was
// not complete they are fresh.
func TestReport(t *testing.T) {
	t.Parallel()
	began := time.Unix(1e9, 0).UTC()
	for _, complete := range []bool{true, false} {
		r := report.New(report.Options{Command: "audit", Rows: report.RowsAll, TempDir: t.TempDir()})
		defer r.Close()
		for _, o := range []reconcile.Outcome{proved("before", began.Add(-time.Hour)), proved("within", began.Add(time.Hour))} {
			if err := r.Add(o); err != nil {
				t.Fatal(err)
			}
		}
		var text bytes.Buffer
		run := report.Run{Command: "audit", Complete: complete, StartedAt: began, FinishedAt: began.Add(2 * time.Hour)}
		if err := r.Write(t.Context(), run, nil, nil, []report.Destination{{Path: "-", Format: report.JSON}}, report.Sinks{Stdout: &text}); err != nil {
			t.Fatal(err)
		}
		set := NewSet(t.TempDir())
		defer set.Close()
		if _, err := set.AddReport(&text, "r.json"); err != nil {
			t.Fatal(err)
		}
		if before, within := of(t, set, "before"), of(t, set, "within"); before.Fresh || within.Fresh == complete {
			t.Errorf("complete %v: %v, %v", complete, before.Fresh, within.Fresh)
		}
	}
}

// hanging is a folder whose writes last until they are given up.
type hanging struct{ storage.Folder }

func (h hanging) Write(ctx context.Context, name, kind string, body func(io.Writer) error) (storage.Written, error) {
	if !strings.HasSuffix(name, suffix) {
		return h.Folder.Write(ctx, name, kind, body)
	}
	<-ctx.Done()
	return storage.Written{}, ctx.Err()
}

// TestHanging: a service that takes nothing does not keep an audit from ending.
func TestHanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, err := storage.MakeDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		set := NewSet(t.TempDir())
		defer set.Close()
		store, err := Open(t.Context(), set, Options{Folder: hanging{dir}, Run: "1", Scope: "0", Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		store.Add(proved("a", time.Now()))
		time.Sleep(3 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		began := time.Now()
		if err := store.Close(ctx, true); err == nil || time.Since(began) > 10*time.Second {
			t.Errorf("it took %v: %v", time.Since(began), err)
		}
	})
}
