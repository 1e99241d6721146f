package restore

import (
	"errors"
	"math"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// TestStateOf: each restore state has its word, and a readable copy that would
// lapse too soon has one of its own.
func TestStateOf(t *testing.T) {
	until := func(d time.Duration) reconcile.RestoreState {
		return reconcile.RestoreState{Phase: reconcile.Restored, Expiry: noon.Add(d)}
	}
	const day = 24 * time.Hour
	for _, c := range []struct {
		state reconcile.RestoreState
		days  int
		want  State
	}{
		{reconcile.RestoreState{Phase: reconcile.Archived}, 5, Cold},
		{reconcile.RestoreState{Phase: reconcile.Restoring}, 5, Restoring},
		{reconcile.RestoreState{Phase: reconcile.Online}, 5, NotArchived},
		{reconcile.RestoreState{}, 5, Unknown},
		{reconcile.RestoreState{Phase: reconcile.Restored}, 5, Readable}, // for good
		{until(5*day + time.Hour), 5, Readable},
		{until(4 * day), 5, Readable},
		{until(4*day - time.Second), 5, TooShort},
		{until(time.Hour), 5, TooShort},
		{until(-time.Hour), 5, Cold}, // lapsed
		{until(12 * time.Hour), 1, Readable},
		{until(11 * time.Hour), 1, TooShort},
	} {
		if got := StateOf(reconcile.Object{Restore: c.state}, c.days, noon); got != c.want {
			t.Errorf("%v until %v, for %d days: %s, want %s", c.state.Phase, c.state.Expiry, c.days, got, c.want)
		}
	}
}

// TestRequest: no Days for INTELLIGENT_TIERING, no Expedited of DEEP_ARCHIVE.
func TestRequest(t *testing.T) {
	for _, c := range []struct {
		class, tier string
		days        int
		refused     bool
	}{
		{"GLACIER", "Expedited", 5, false},
		{"DEEP_ARCHIVE", "Standard", 5, false},
		{"DEEP_ARCHIVE", "Expedited", 0, true},
		{"INTELLIGENT_TIERING", "Expedited", 0, false},
	} {
		r, err := Options{Days: 5, Tier: c.tier}.Request(reconcile.Object{StorageClass: c.class})
		if (err != nil) != c.refused || err == nil && (r.Days != c.days || r.Tier != c.tier) {
			t.Errorf("%s by %s: %+v, %v", c.class, c.tier, r, err)
		}
	}
	for _, o := range []Options{{Days: 0, Tier: "Bulk"}, {Days: 1, Tier: "bulk"}, {Days: 1, Tier: "Bulk", Rate: 1001}, {Days: 1, Tier: "Bulk", Rate: -1}} {
		if o.Check() == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

// TestNextLook: nothing is looked at before it can be there; then ever less
// often, so that a day of waiting is a handful of looks.
func TestNextLook(t *testing.T) {
	for _, c := range []struct {
		class, tier string
		wait        time.Duration // until all are there
		first       time.Duration
		atMost      int
	}{
		{"GLACIER", "Expedited", 5 * time.Minute, time.Minute, 5},
		{"GLACIER", "Standard", 5 * time.Hour, 3 * time.Hour, 4},
		{"GLACIER", "Standard", 12 * time.Hour, 3 * time.Hour, 8},
		{"DEEP_ARCHIVE", "Standard", 12 * time.Hour, 9 * time.Hour, 3},
		{"DEEP_ARCHIVE", "Bulk", 48 * time.Hour, 12 * time.Hour, 10},
		{"GLACIER", "", 12 * time.Hour, 15 * time.Minute, 17},
	} {
		looks, at := 0, noon
		for at.Sub(noon) < c.wait {
			at = NextLook(c.class, c.tier, false, noon, at, 0)
			if looks++; looks == 1 && at.Sub(noon) != c.first {
				t.Errorf("%s by %q: first after %v, want %v", c.class, c.tier, at.Sub(noon), c.first)
			}
		}
		if looks > c.atMost {
			t.Errorf("%s by %q: %d looks in %v, want at most %d", c.class, c.tier, looks, c.wait, c.atMost)
		}
	}
	if at := NextLook("GLACIER", "Standard", false, noon, noon, time.Minute); at != noon.Add(time.Minute) {
		t.Errorf("a poll interval does not replace the first wait: %v", at)
	}
}

// TestPurse: nothing over the budget is taken, and what was not granted is
// given back.
func TestPurse(t *testing.T) {
	p := purse{budget: Budget{Bytes: 100, Cost: 1}}
	take := func(bytes int64, fee float64) error { return p.take(1, bytes, float64(bytes)/50+fee) }
	if take(200, 0) == nil || take(60, 0) == nil { // bytes; cost
		t.Error("over the budget, and taken")
	}
	if err := errors.Join(take(20, 0), take(30, 0)); err != nil {
		t.Error(err)
	}
	if take(1, 0) == nil {
		t.Error("nothing is left, and taken")
	}
	p.giveBack(1, 30, 0.6)
	if got := p.total(); got.Objects != 1 || got.Bytes != 20 {
		t.Errorf("%+v", got)
	}
	if take(20, 0.25) == nil { // 0.4, 0.4 and the fee of a job
		t.Error("over the budget with the fee, and taken")
	}
	if err := take(10, 0.25); err != nil || math.Abs(p.total().Cost-0.85) > 1e-9 { // 0.4, 0.2 and the fee
		t.Errorf("%v, %+v", err, p.total())
	}
}

// TestSet: what was added comes back in key order, whatever the bytes of its
// key.
func TestSet(t *testing.T) {
	s := NewSet(t.TempDir())
	defer s.Close()
	for n, key := range []string{"b", "a\xff", "a", ""} {
		p := Pending{Due: noon.Add(time.Duration(n-2) * time.Hour), Asked: n}
		p.Source.Bucket, p.Source.Key, p.Target.Key, p.Source.Restore.Expiry = "g", key, "t/"+key, noon
		if err := s.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	if err := s.Each(func(p Pending) error {
		got = append(got, p.Source.Key)
		if p.Target.Key != "t/"+p.Source.Key || p.Source.Bucket != "g" || !p.Source.Restore.Expiry.Equal(noon) {
			t.Errorf("%+v", p)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 || got[0] != "" || got[1] != "a" || got[2] != "a\xff" || got[3] != "b" || s.Due() != noon.Add(-2*time.Hour) {
		t.Errorf("%q, %v", got, s.Due())
	}
}
