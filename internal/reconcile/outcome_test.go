package reconcile_test

import (
	"slices"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// Expiring soon is what was restored, was not brought home, and has less than
// 24 hours left; a restore without an expiry never lapses.
func TestExpiringSoon(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		name   string
		status reconcile.Status
		phase  reconcile.RestorePhase
		expiry time.Time
		want   bool
	}{
		{"failed, an hour left", reconcile.Failed, reconcile.Restored, noon.Add(time.Hour), true},
		{"failed, under a day", reconcile.Failed, reconcile.Restored, noon.Add(day - 1), true},
		{"failed, exactly a day", reconcile.Failed, reconcile.Restored, noon.Add(day), false},
		{"failed, a week", reconcile.Failed, reconcile.Restored, noon.Add(7 * day), false},
		{"missing in a plan", reconcile.Missing, reconcile.Restored, noon.Add(time.Hour), true},
		{"canceled", reconcile.Canceled, reconcile.Restored, noon.Add(time.Hour), true},
		{"copied", reconcile.Copied, reconcile.Restored, noon.Add(time.Hour), false},
		{"present", reconcile.Present, reconcile.Restored, noon.Add(time.Hour), false},
		{"never restored", reconcile.NotRestored, reconcile.Archived, never, false},
		{"online", reconcile.Failed, reconcile.Online, never, false},
		{"restored for good", reconcile.Failed, reconcile.Restored, never, false},
	}
	for _, tt := range tests {
		o := reconcile.Outcome{Status: tt.status}
		o.Source.Restore = reconcile.RestoreState{Phase: tt.phase, Expiry: tt.expiry}
		if got := o.ExpiringSoon(noon); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// The summary counts every outcome once, bytes of copies only, and proofs.
func TestSummaryAdd(t *testing.T) {
	var s reconcile.Summary
	for _, status := range reconcile.Statuses() {
		s.Add(reconcile.Outcome{Source: reconcile.Object{Size: 10}, Status: status}, noon)
	}
	copied := reconcile.Outcome{Source: reconcile.Object{Size: 7}, Status: reconcile.Copied, Proof: reconcile.ProofChecksum}
	s.Add(copied, noon)
	copied.Proof = reconcile.ProofSize
	s.Add(copied, noon)
	soon := reconcile.Outcome{Status: reconcile.Failed}
	soon.Source.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: noon.Add(time.Hour)}
	s.Add(soon, noon)

	if want := int64(len(reconcile.Statuses()) + 3 - 1); s.Scanned != want {
		t.Errorf("scanned %d, want %d", s.Scanned, want)
	}
	var counted int64
	for _, n := range s.Counts {
		counted += n
	}
	if counted != s.Scanned+s.Counts[reconcile.Uncatalogued] { // whose objects have a row of their own
		t.Errorf("the counts add up to %d, scanned are %d", counted, s.Scanned)
	}
	if s.Counts[reconcile.Copied] != 3 || s.BytesCopied != 24 {
		t.Errorf("%d copied, %d bytes; want 3, 24", s.Counts[reconcile.Copied], s.BytesCopied)
	}
	if len(s.Proofs) != 2 || s.Proofs[reconcile.ProofChecksum] != 1 || s.Proofs[reconcile.ProofSize] != 1 {
		t.Errorf("proofs %v", s.Proofs)
	}
	if s.ExpiringSoon != 1 {
		t.Errorf("%d expire soon, want 1", s.ExpiringSoon)
	}
}

// Broken counts what makes exit code 3: differs, unrouted, failed; for audits
// and merges what is missing, left over or misplaced too.
func TestSummaryBroken(t *testing.T) {
	var s reconcile.Summary
	for i, status := range reconcile.Statuses() {
		for range 1 << i { // so that a sum says which ones were counted
			s.Add(reconcile.Outcome{Status: status}, noon)
		}
	}
	bit := func(statuses ...reconcile.Status) (n int64) {
		for _, status := range statuses {
			n |= 1 << slices.Index(reconcile.Statuses(), status)
		}
		return n
	}
	always := bit(reconcile.Differs, reconcile.Unrouted, reconcile.Failed)
	audits := always | bit(reconcile.Missing, reconcile.Orphan, reconcile.Misplaced, reconcile.Phantom, reconcile.Uncatalogued)
	for _, command := range commands {
		want := always
		if command == "audit" || command == "merge" {
			want = audits
		}
		switch command {
		case "restore":
			want |= bit(reconcile.NotRestored)
		case "recover":
			want |= bit(reconcile.NotRestored, reconcile.InRestore, reconcile.Missing)
		}
		if got := s.Broken(command); got != want {
			t.Errorf("%s: statuses %b, want %b", command, got, want)
		}
	}
	if got := new(reconcile.Summary).Broken("run"); got != 0 {
		t.Errorf("an empty run is broken: %d", got)
	}
}

// at is an object of which only the place is known.
func at(bucket, key string) reconcile.Object {
	return reconcile.Object{Location: reconcile.Location{Bucket: bucket, Key: key}}
}

// outcomes returns one outcome for every combination of a few keys and buckets.
func outcomes() []reconcile.Outcome {
	var all []reconcile.Outcome
	keys, buckets := []string{"", "a", "a/b", "\xff"}, []string{"", "x"}
	for _, sk := range keys {
		for _, tk := range keys {
			for _, sb := range buckets {
				for _, tb := range buckets {
					o := reconcile.Outcome{Target: at(tb, tk)}
					o.Source.Location = reconcile.Location{Bucket: sb, Key: sk}
					all = append(all, o)
				}
			}
		}
	}
	return all
}

// Less is a strict weak order: irreflexive, asymmetric, transitive, and so is
// being equal. Sorting reports by it is well defined.
func TestLessIsAStrictWeakOrder(t *testing.T) {
	all := outcomes()
	equal := func(a, b reconcile.Outcome) bool { return !a.Less(b) && !b.Less(a) }
	for _, a := range all {
		if a.Less(a) {
			t.Fatalf("%v is less than itself", a)
		}
		for _, b := range all {
			if a.Less(b) && b.Less(a) {
				t.Fatalf("%v and %v are each less than the other", a, b)
			}
			for _, c := range all {
				if a.Less(b) && b.Less(c) && !a.Less(c) {
					t.Fatalf("not transitive: %v, %v, %v", a, b, c)
				}
				if equal(a, b) && equal(b, c) && !equal(a, c) {
					t.Fatalf("equality is not transitive: %v, %v, %v", a, b, c)
				}
			}
		}
	}
}

// Rows stand in the byte order of the source key; an orphan where its target's
// key belongs; then by source bucket, then by target bucket.
func TestLess(t *testing.T) {
	row := func(sb, sk, tb, tk string) reconcile.Outcome {
		o := reconcile.Outcome{Target: at(tb, tk)}
		o.Source.Location = reconcile.Location{Bucket: sb, Key: sk}
		return o
	}
	sorted := []reconcile.Outcome{
		row("s", "A", "t", "z"),
		row("s", "a", "t", "z"),
		row("", "", "t", "b"), // an orphan
		row("s", "c", "t", "a"),
		row("s", "c", "u", "a"),
		row("t", "c", "a", "a"),
		row("s", "c/d", "t", "x"),
		row("s", "é", "t", "x"),
		row("s", "\xff", "t", "x"),
	}
	for i := range sorted {
		for j := range sorted {
			if got := sorted[i].Less(sorted[j]); got != (i < j) {
				t.Errorf("%v < %v: %v", sorted[i], sorted[j], got)
			}
		}
	}
}

// TestRisksJoin: parts of an audit see different objects and the same uploads.
func TestRisksJoin(t *testing.T) {
	object := func(key string) *reconcile.Object {
		return &reconcile.Object{Location: reconcile.Location{Bucket: "b", Key: key}, Size: 5}
	}
	one := &reconcile.Risks{Lapsing: &reconcile.LapsingRisk{WithinSeconds: 9}, OpenUploads: []reconcile.OpenUploads{{Bucket: "b", Uploads: 2}, {Bucket: "c", Error: "no"}}}
	one.Lapsing.Add(object("k"))
	one.Lapsing.Add(object("a"))
	two := &reconcile.Risks{Lapsing: &reconcile.LapsingRisk{WithinSeconds: 9}, ArchiveClass: &reconcile.Risk{}, OpenUploads: []reconcile.OpenUploads{{Bucket: "b", Uploads: 3}, {Bucket: "c"}}}
	two.Lapsing.Add(object("b"))
	var s reconcile.Summary
	for _, r := range []*reconcile.Risks{nil, one, nil, two} {
		s.AddCounts(reconcile.Summary{Risks: r})
	}
	got := s.Risks
	if l := got.Lapsing; l.Objects != 3 || l.Bytes != 15 || l.First != "s3://b/a" || l.WithinSeconds != 9 || got.ArchiveClass == nil || got.ArchiveClass.First != "" {
		t.Errorf("%+v %+v", l, got.ArchiveClass)
	}
	if u := got.OpenUploads; len(u) != 2 || u[0].Uploads != 3 || u[1].Error != "" {
		t.Errorf("%+v", u)
	}
	if one.Lapsing.Objects != 2 {
		t.Error("a part was changed")
	}
}
