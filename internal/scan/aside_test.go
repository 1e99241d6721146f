package scan

import (
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// Of an object that is left alone the decision says whether it is in its
// archive: where a page is at hand without a request more, with CompareAll
// always, and where the archive was not listed that nobody looked.
func TestLeftAloneInArchive(t *testing.T) {
	const there, missing, notLooked = reconcile.ArchiveThere, reconcile.ArchiveMissing, reconcile.ArchiveNotLooked
	fill := func(s *store) {
		s.put("source", restored("a"), archived("b"), archived("c"), online("d"), archived("e.unrouted"))
		s.put("protected", restored("a"), online("b"), online("d"))
	}
	noPublic, err := reconcile.NewRouter([]reconcile.Rule{{Extension: "unrouted", Exclude: true}}, reconcile.Archives{Protected: "protected"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		all, restoredFirst bool
		want               map[string]reconcile.Archive
		lists              int
	}{
		"a page at hand":    {false, true, map[string]reconcile.Archive{"b": there, "c": missing, "d": there}, 1},
		"none":              {false, false, map[string]reconcile.Archive{"b": notLooked, "c": notLooked, "d": notLooked}, 0},
		"all, none at hand": {true, false, map[string]reconcile.Archive{"b": there, "c": missing, "d": there}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(1000)
			fill(s)
			if !c.restoredFirst {
				s.buckets["source"] = s.buckets["source"][1:]
			}
			o := options(t)
			o.Router, o.Mode, o.Policy.CompareAll, o.Streams = noPublic, RestoreList, c.all, 1
			all := mustRun(t, s, o)
			for _, d := range all {
				want, aside := c.want[d.Source.Key]
				if got := d.Outcome().Archive; aside && got != want || !aside && got != reconcile.ArchiveNoMatter {
					t.Errorf("%s: %s, archive %q, want %q", d.Source.Key, d.Status, got, want)
				}
			}
			if n := s.count("protected"); n != c.lists {
				t.Errorf("%d pages of the archive, want %d", n, c.lists)
			}
		})
	}
}

// A restored copy that lapses while the scan goes on is not taken for one that
// nobody restored: where it is missing it goes to the copier, which says so.
func TestLapsesDuringTheScan(t *testing.T) {
	s := newStore(1000)
	before, during := restored("before"), restored("during")
	before.Restore.Expiry, during.Restore.Expiry = now.Add(-1), now.Add(1)
	s.put("source", before, during)
	o := options(t)
	clock := now
	o.Now = func() (at time.Time) { at, clock = clock, clock.Add(10); return at }
	o.Streams = 1
	for _, d := range mustRun(t, s, o) {
		switch d.Source.Key {
		case "before":
			if d.Status != reconcile.NotRestored {
				t.Errorf("%s: %q, need %d", d.Source.Key, d.Status, d.Need)
			}
		case "during":
			if d.Need != reconcile.NeedCopy || d.Source.Restore.Phase != reconcile.Restored {
				t.Errorf("%s: %q, need %d, %v", d.Source.Key, d.Status, d.Need, d.Source.Restore)
			}
		}
	}
}
