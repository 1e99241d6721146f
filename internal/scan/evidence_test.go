package scan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// Entries that carry a RestoreStatus, each of them evidence that the server
// knows the attribute.
var evidence = map[string]func(key string) reconcile.Object{
	"restored": restored,
	"restoring": func(key string) reconcile.Object {
		o := archived(key)
		o.Restore.Phase = reconcile.Restoring
		return o
	},
	"lapsed": func(key string) reconcile.Object {
		o := archived(key)
		o.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: now.Add(-time.Hour)}
		return o
	},
	"excluded": func(key string) reconcile.Object { return restored("excluded/" + key) },
}

// The rule of positive evidence: silence about an archived object means "not
// restored" once any entry of the bucket has carried a RestoreStatus, for
// earlier keys too; without evidence it means so on Amazon's endpoint and where
// the operator says so, and elsewhere HEAD is asked. Mode head asks always.
func TestPositiveEvidence(t *testing.T) {
	const silent = 10
	for _, mode := range []RestoreMode{RestoreAuto, RestoreList, RestoreHead} {
		for _, amazon := range []bool{false, true} {
			for kind, object := range evidence {
				for _, at := range []string{"none", "a first", "k0000004/middle", "z last"} {
					t.Run(fmt.Sprintf("%s/amazon=%v/%s %s", mode, amazon, kind, at), func(t *testing.T) {
						s := newStore(3)
						s.put("source", each(keys(silent), archived)...)
						if at != "none" {
							s.put("source", object(at))
						}
						o := options(t, reconcile.Rule{Prefix: "excluded/", Exclude: true})
						o.Mode, o.Amazon = mode, amazon
						asked := mode == RestoreHead || mode == RestoreAuto && !amazon && at == "none"
						checkSilent(t, mustRun(t, s, o), silent, asked)
						for _, req := range s.requests {
							if req.Bucket == "source" && !req.Restore {
								t.Errorf("mode %s: asked with %+v", mode, req)
							}
						}
					})
				}
			}
		}
	}
}

// checkSilent wants n silent objects, all asked by HEAD or all not restored.
func checkSilent(t *testing.T, all []reconcile.Decision, n int, asked bool) {
	t.Helper()
	for _, d := range all {
		if key := strings.TrimSuffix(d.Source.Key, longName); key[0] != 'k' || len(key) != 8 {
			continue
		}
		n--
		if asked && d.Need != reconcile.NeedRestoreState || !asked && (d.Need != reconcile.NeedNothing || d.Status != reconcile.NotRestored) {
			t.Errorf("%s: need %d, %q; asked for should be %v", d.Source.Key, d.Need, d.Status, asked)
		}
	}
	if n != 0 {
		t.Errorf("%d silent objects have no decision", n)
	}
}

// Evidence settles what comes after it at once: only earlier keys wait. Nobody
// lists an archive for what has not been restored.
func TestOnlyEarlierKeysWait(t *testing.T) {
	s := newStore(4)
	all := keys(10)
	s.put("source", each(all, archived)...)
	s.put("protected", each(all, online)...)
	s.buckets["source"][5].Restore = restored("").Restore
	o := options(t)
	o.Streams = 1
	var got []string
	err := New(once(s), o).Run(t.Context(), func(d reconcile.Decision) error {
		if d.Status == reconcile.NotRestored {
			got = append(got, d.Source.Key)
		}
		return nil
	})
	if want := append(append([]string{}, all[6:]...), all[:5]...); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v: %q, want %q", err, got, want)
	}
	if n := s.count("protected"); n != 1 {
		t.Errorf("%d pages of the archive for one restored object", n)
	}
}

// An object of INTELLIGENT_TIERING may be readable although the listing is
// silent: HEAD is asked, whatever was heard of others, in every mode.
func TestIntelligentTieringIsAsked(t *testing.T) {
	for _, mode := range []RestoreMode{RestoreAuto, RestoreList, RestoreHead} {
		s := newStore(4)
		tiered := archived("b")
		tiered.StorageClass = reconcile.ClassIntelligentTiering
		s.put("source", restored("a"), tiered)
		s.put("protected", archived("b"))
		o := options(t)
		o.Mode, o.Amazon = mode, true
		for _, d := range mustRun(t, s, o) {
			if d.Source.Key == "b" && (d.Need != reconcile.NeedRestoreState || !d.Listed) {
				t.Errorf("mode %s: need %d, listed %v", mode, d.Need, d.Listed)
			}
		}
	}
}

// An object that nobody restored is not this run's business, even where no
// archive bucket is configured for it; a readable one without is unrouted.
func TestUnroutedOnlyWhereReadable(t *testing.T) {
	for _, heard := range []bool{false, true} {
		s := newStore(2)
		s.put("source", archived("silent"), online("online"))
		if heard {
			s.put("source", restored("there"))
		}
		o := options(t)
		o.Policy.IncludeOnline = true
		o.Router, _ = reconcile.NewRouter(nil, reconcile.Archives{})
		for _, d := range mustRun(t, s, o) {
			var ok bool
			switch d.Source.Key {
			case "silent":
				ok = heard && d.Status == reconcile.NotRestored || !heard && d.Need == reconcile.NeedRestoreState && !d.Routed()
			default:
				ok = d.Need == reconcile.NeedNothing && d.Status == reconcile.Unrouted
			}
			if !ok {
				t.Errorf("heard %v: %+v", heard, d)
			}
		}
	}
}
