package copier_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// hurried is a world with a small and a large object whose restored copies
// expire in five minutes, and its log.
func expiring(t *testing.T) (w *world, log *syncBuffer) {
	w = newWorld(t, s3sim.Config{})
	soon := time.Now().Add(5 * time.Minute)
	restored := func(o s3sim.Object) s3sim.Object {
		o.StorageClass, o.Restore, o.RestoreExpiry = reconcile.ClassGlacier, "restored", soon
		return o
	}
	w.put("small", restored(s3sim.Object{Size: 1000}))
	w.put("large", restored(large()))
	w.small("unhurried", 1)
	log = &syncBuffer{}
	w.opts.Log = slog.New(slog.NewTextHandler(log, nil))
	return w, log
}

const expiryWarning = "may expire before it is copied"

// An object that may expire before it is copied is warned about, by name, and
// copied; the others are not.
func TestHurryIsWarnedAbout(t *testing.T) {
	t.Parallel()
	w, log := expiring(t)
	for _, key := range []string{"small", "large", "unhurried"} {
		w.expect(w.one(key), reconcile.Copied, "")
	}
	text := log.String()
	if strings.Count(text, expiryWarning) != 2 || !strings.Contains(text, "s3://glacier/small") || !strings.Contains(text, "--extend-days") {
		t.Errorf("the log is\n%s", text)
	}
	if n := w.Requests()["RestoreObject"]; n != 0 {
		t.Errorf("%d restores were asked for", n)
	}
}

// With --extend-days its restore is extended, by one request, and the new
// expiry is HEAD's, also where a HEAD was sent before: a look at the target.
func TestHurryIsExtended(t *testing.T) {
	t.Parallel()
	for _, need := range []reconcile.Need{reconcile.NeedCopy, reconcile.NeedLook} {
		w, log := expiring(t)
		w.opts.ExtendDays = 3
		for _, key := range []string{"small", "large", "unhurried"} {
			d := w.decide(key)
			d.Need = need
			o := w.run(t.Context(), d)[key]
			w.expect(o, reconcile.Copied, "")
			i, _ := w.Get(glacier, key)
			if left := time.Until(i.RestoreExpiry); key != "unhurried" && (left < 71*time.Hour || !o.Source.Restore.Expiry.Equal(i.RestoreExpiry)) {
				t.Errorf("%s: expires in %v, and the row says at %v", key, left, o.Source.Restore.Expiry)
			}
		}
		if n := w.Requests()["RestoreObject"]; n != 2 {
			t.Errorf("%d restores were asked for, want 2", n)
		}
		if text := log.String(); strings.Contains(text, expiryWarning) || strings.Count(text, "restore extended") != 2 {
			t.Errorf("the log is\n%s", text)
		}
	}
}

// An extension that fails, or is said to be done and is not, only warns: the
// copy is tried.
func TestHurryThatCannotBeExtended(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]s3sim.Fault{
		"denied":   {Op: "RestoreObject", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"},
		"believed": {Op: "RestoreObject", Kind: s3sim.EmptyOK},
		"error":    {Op: "RestoreObject", Kind: s3sim.ErrorInOK},
		"HEAD":     {Op: "HeadObject", Times: 3, Kind: s3sim.InternalError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, log := expiring(t)
			w.opts.ExtendDays = 3
			w.Inject(f)
			w.expect(w.one("small"), reconcile.Copied, "")
			if text := log.String(); !strings.Contains(text, expiryWarning) || strings.Contains(text, "restore extended\"") {
				t.Errorf("the log is\n%s", text)
			}
		})
	}
}

// A restore is never made shorter, a source that has changed is left to the
// pin, and a plan asks for nothing.
func TestHurryDoesNoHarm(t *testing.T) {
	t.Parallel()
	w, log := expiring(t)
	w.opts.ExtendDays = 3
	w.opts.Plan = true
	w.run(t.Context(), w.decide("small"), w.decide("large"))
	if n := w.Requests()["RestoreObject"]; n != 0 || strings.Count(log.String(), expiryWarning) != 2 {
		t.Errorf("a plan asked for %d restores; the log is\n%s", n, log)
	}
	w.opts.Plan = false
	w.Inject(s3sim.Fault{Op: "RestoreObject", Times: 1, AfterAct: func() { w.small("small", 99) }})
	d := w.decide("small")
	w.expect(w.run(t.Context(), d)["small"], reconcile.Failed, reconcile.Changed)

	huge, log := expiring(t) // a week's work, at copyRate, with four days to go
	expiry := time.Now().Add(4 * 24 * time.Hour).Truncate(time.Second)
	huge.put("huge", s3sim.Object{Size: 48 << 40, StorageClass: reconcile.ClassGlacier, Restore: "restored", RestoreExpiry: expiry})
	huge.opts.ExtendDays = 1
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	huge.Inject(s3sim.Fault{Op: "UploadPartCopy", Times: 1, Before: cancel})
	huge.run(ctx, huge.decide("huge"))
	if i, _ := huge.Get(glacier, "huge"); !i.RestoreExpiry.Equal(expiry) || !strings.Contains(log.String(), "would not extend it") {
		t.Errorf("it expires at %v, before at %v; the log is\n%s", i.RestoreExpiry, expiry, log)
	}
}
