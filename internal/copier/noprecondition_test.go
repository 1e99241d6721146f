package copier_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// untrusted makes the world's server one that has to be found out about.
func (w *world) untrusted() { w.opts.Trusted = func(string) bool { return false } }

// putRestored makes n small restored objects and one large one.
func (w *world) putRestored(n int) (keys []string) {
	for i := range n {
		key := fmt.Sprintf("small-%02d", i)
		w.Put(glacier, key, s3sim.Object{Size: 100, ContentSeed: uint64(i), StorageClass: "STANDARD"})
		keys = append(keys, key)
	}
	w.Put(glacier, "large", s3sim.Object{Size: 20 * mib, ContentSeed: 99, StorageClass: "STANDARD"})
	return append(keys, "large")
}

// TestServersThatTakeNoConditions: a server that ignores conditions, or refuses
// them, is recognised by the first write, nothing is overwritten by that, all
// arrives, and the notes say that the guard was off. One that honours them
// costs two requests more, once for each kind of write.
func TestServersThatTakeNoConditions(t *testing.T) {
	for name, c := range map[string]struct {
		quirks s3sim.Quirks
		off    bool
	}{
		"honours": {s3sim.Quirks{}, false},
		"ignores": {s3sim.Quirks{IgnoreTargetConditions: true}, true},
		"refuses": {s3sim.Quirks{RefuseTargetConditions: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, s3sim.Config{Quirks: c.quirks})
			w.untrusted()
			keys := w.putRestored(20)
			var all []reconcile.Decision
			for _, key := range keys {
				all = append(all, w.decide(key))
			}
			cp := copier.New(w.store, w.store, w.opts)
			for key, o := range w.runWith(context.Background(), cp, all...) {
				if o.Status != reconcile.Copied || !w.SameContent(glacier, key, archive, key) {
					t.Errorf("%s is %s: %s", key, o.Status, o.Message)
				}
			}
			notes := strings.Join(cp.Notes(), "\n")
			for _, op := range []string{"CopyObject", "CompleteMultipartUpload"} {
				if strings.Contains(notes, op) != c.off {
					t.Errorf("the notes on %s are %q", op, notes)
				}
			}
			if !c.off && (w.Requests()["CopyObject"] != 21 || w.Requests()["HeadObject"] > 4) {
				t.Errorf("requests %v", w.Requests())
			}
		})
	}
}

// TestForeignObjectOnUnguardedServer: what somebody else has written between
// the listing and the copy is found by looking, and not overwritten, by the
// write that finds out as little as by the ones after it.
func TestForeignObjectOnUnguardedServer(t *testing.T) {
	for _, quirks := range []s3sim.Quirks{{IgnoreTargetConditions: true}, {RefuseTargetConditions: true}} {
		w := newWorld(t, s3sim.Config{Quirks: quirks})
		w.untrusted()
		w.opts.Concurrency = 1
		var all []reconcile.Decision
		keys := w.putRestored(5)
		for _, key := range keys {
			all = append(all, w.decide(key))
			w.Put(archive, key, s3sim.Object{Body: []byte("somebody else's")})
		}
		for key, o := range w.run(context.Background(), all...) {
			if o.Status != reconcile.Differs {
				t.Errorf("%s is %s: %s", key, o.Status, o.Message)
			}
		}
		for _, key := range keys {
			if got := string(w.Read(archive, key, 0, 15)); got != "somebody else's" {
				t.Errorf("%s was overwritten", key)
			}
		}
	}
}

// TestOverwriteOnUnguardedServer: what was asked to be overwritten is, as long
// as it is still what was compared.
func TestOverwriteOnUnguardedServer(t *testing.T) {
	for _, quirks := range []s3sim.Quirks{{}, {IgnoreTargetConditions: true}, {RefuseTargetConditions: true}} {
		w := newWorld(t, s3sim.Config{Quirks: quirks})
		w.untrusted()
		w.opts.Concurrency = 1
		w.opts.Policy.Overwrite = true
		keys := w.putRestored(3)
		var all []reconcile.Decision
		for _, key := range keys {
			w.Put(archive, key, s3sim.Object{Body: []byte("older")})
			all = append(all, w.decide(key))
		}
		w.Put(archive, keys[1], s3sim.Object{Body: []byte("newer, and nobody asked for that to go")})
		got := w.run(context.Background(), all...)
		for i, key := range keys {
			want := reconcile.Copied
			if i == 1 {
				want = reconcile.Differs
			}
			if got[key].Status != want {
				t.Errorf("%+v: %s is %s, want %s: %s", quirks, key, got[key].Status, want, got[key].Message)
			}
		}
	}
}

// Nothing but a refusal shows that Complete honours If-None-Match: until then
// each target is looked at right before, and from there on it is not.
func TestConditionShownByARefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.untrusted()
	c := w.copier()
	looks := func(key string, want reconcile.Status) int64 {
		w.put(key, large())
		w.ResetRequests()
		if o := w.runWith(t.Context(), c, w.decide(key))[key]; o.Status != want {
			t.Errorf("%s: %s %s", key, o.Status, o.Message)
		}
		return w.Requests()["HeadObject"]
	}
	looks("first", reconcile.Copied)
	before := looks("second", reconcile.Copied)
	w.Inject(s3sim.Fault{Op: "CompleteMultipartUpload", Times: 1, Before: func() { w.foreign("third") }})
	looks("third", reconcile.Differs)
	w.untouched("third")
	if after := looks("fourth", reconcile.Copied); after != before-1 {
		t.Errorf("%d HEADs, and %d before the refusal", after, before)
	}
}
