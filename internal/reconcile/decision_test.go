package reconcile_test

import (
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// By the source alone: what can be read goes on, what cannot has its outcome,
// what is not known is asked for.
func TestSelect(t *testing.T) {
	tests := []struct {
		phase         reconcile.RestorePhase
		includeOnline bool
		goesOn        bool
		need          reconcile.Need
		status        reconcile.Status
		kind          reconcile.Kind
	}{
		{reconcile.Online, false, false, reconcile.NeedNothing, reconcile.LeftOnline, ""},
		{reconcile.Online, true, true, reconcile.NeedNothing, "", ""},
		{reconcile.Archived, true, false, reconcile.NeedNothing, reconcile.NotRestored, reconcile.Unreadable},
		{reconcile.Restoring, true, false, reconcile.NeedNothing, reconcile.InRestore, reconcile.Unreadable},
		{reconcile.RestoreUnknown, true, false, reconcile.NeedRestoreState, "", ""},
		{reconcile.Restored, false, true, reconcile.NeedNothing, "", ""},
	}
	for _, tt := range tests {
		d := reconcile.Decision{Need: reconcile.NeedRestoreState} // as after a HEAD
		if tt.goesOn {
			d.Need = reconcile.NeedNothing
		}
		d.Source.Restore.Phase = tt.phase
		got, ok := d.Select(reconcile.Policy{IncludeOnline: tt.includeOnline})
		if ok != tt.goesOn || got.Need != tt.need || got.Status != tt.status || got.Kind != tt.kind {
			t.Errorf("%v, include online %v: goes on %v, need %d, %q %q", tt.phase, tt.includeOnline, ok, got.Need, got.Status, got.Kind)
		}
		if got.Status != "" && got.Status.Success() != (got.Reason == "") {
			t.Errorf("%v: %s with the reason %q", tt.phase, got.Status, got.Reason)
		}
	}
}

func routed(source, target thing, listed bool) reconcile.Decision {
	d := reconcile.Decision{Source: source.object(), Listed: listed}
	if listed {
		d.Target = target.object()
	}
	d.Source.Location = reconcile.Location{Bucket: "glacier", Key: "k"}
	d.Target.Location = reconcile.Location{Bucket: "archive", Key: "k"}
	return d
}

// By what the listings say of the target, under each policy.
func TestResolve(t *testing.T) {
	var (
		none      = reconcile.Policy{}
		overwrite = reconcile.Policy{Overwrite: true}
		checksum  = reconcile.Policy{RequireChecksum: true}
		both      = reconcile.Policy{Overwrite: true, RequireChecksum: true}
	)
	equal := thing{etag: md5A}
	larger := thing{etag: md5A, size: 1}
	summed := thing{etag: md5A, sum: full("CRC32", "x")}
	listedOther := thing{etag: md5B}
	bare := thing{}
	tests := []struct {
		name           string
		source, target thing
		listed         bool
		policy         reconcile.Policy
		need           reconcile.Need
		status         reconcile.Status
		proof          reconcile.Proof
	}{
		{"missing", equal, bare, false, none, reconcile.NeedCopy, "", ""},
		{"missing", equal, bare, false, both, reconcile.NeedCopy, "", ""},
		{"equal", equal, equal, true, none, reconcile.NeedNothing, reconcile.Present, reconcile.ProofETag},
		{"equal", equal, equal, true, overwrite, reconcile.NeedNothing, reconcile.Present, reconcile.ProofETag},
		{"equal by ETag only", equal, equal, true, checksum, reconcile.NeedLook, "", ""},
		{"equal by checksum", summed, summed, true, checksum, reconcile.NeedNothing, reconcile.Present, reconcile.ProofChecksum},
		{"other size", equal, larger, true, none, reconcile.NeedNothing, reconcile.Differs, ""},
		{"other size", equal, larger, true, checksum, reconcile.NeedNothing, reconcile.Differs, ""},
		{"other size", equal, larger, true, overwrite, reconcile.NeedCopy, "", ""},
		{"undecided", equal, listedOther, true, none, reconcile.NeedLook, "", ""},
		{"undecided", equal, listedOther, true, overwrite, reconcile.NeedLook, "", ""},
		{"incomparable", bare, equal, true, none, reconcile.NeedNothing, reconcile.Present, reconcile.ProofSize},
		{"incomparable", bare, equal, true, checksum, reconcile.NeedLook, "", ""},
	}
	for _, tt := range tests {
		got := routed(tt.source, tt.target, tt.listed).Resolve(tt.policy)
		if got.Need != tt.need || got.Status != tt.status || got.Proof != tt.proof {
			t.Errorf("%s, %+v: need %d, %q by %q", tt.name, tt.policy, got.Need, got.Status, got.Proof)
		}
		if got.Target.Bucket != "archive" {
			t.Errorf("%s: the target got lost", tt.name)
		}
	}
}

// What is going to be restored is compared whatever its state; the state matters,
// and is asked for where the listing does not tell it, only for what is missing.
func TestResolveBeforeRestore(t *testing.T) {
	going := reconcile.Policy{Archived: true}
	for _, c := range []struct {
		phase  reconcile.RestorePhase
		listed bool
		need   reconcile.Need
		status reconcile.Status
	}{
		{reconcile.Archived, false, reconcile.NeedCopy, ""},
		{reconcile.Restoring, false, reconcile.NeedCopy, ""},
		{reconcile.RestoreUnknown, false, reconcile.NeedRestoreState, ""},
		{reconcile.Archived, true, reconcile.NeedNothing, reconcile.Present},
		{reconcile.RestoreUnknown, true, reconcile.NeedNothing, reconcile.Present},
	} {
		d := routed(thing{etag: md5A}, thing{etag: md5A}, c.listed)
		d.Source.Restore.Phase = c.phase
		d, goesOn := d.Select(going)
		if d = d.Resolve(going); !goesOn || d.Need != c.need || d.Status != c.status {
			t.Errorf("%v, there %v: goes on %v, need %d, %q", c.phase, c.listed, goesOn, d.Need, d.Status)
		}
	}
}

// A readable object without an archive bucket is unrouted, and says so.
func TestResolveUnrouted(t *testing.T) {
	d := reconcile.Decision{Source: thing{}.object()}.Resolve(reconcile.Policy{Overwrite: true})
	if d.Routed() || d.Need != reconcile.NeedNothing || d.Status != reconcile.Unrouted || d.Reason == "" {
		t.Errorf("%+v", d)
	}
}

// Comparison by policy: nothing is overwritten unless asked for, and nothing
// weaker than a checksum passes where one is demanded.
func TestJudge(t *testing.T) {
	comparisons := []struct {
		comparison reconcile.Comparison
		proof      reconcile.Proof
	}{
		{reconcile.Equal, reconcile.ProofChecksum}, {reconcile.Equal, reconcile.ProofETag},
		{reconcile.Incomparable, reconcile.NoProof}, {reconcile.Undecided, reconcile.NoProof},
		{reconcile.Different, reconcile.ProofChecksum}, {reconcile.Different, reconcile.ProofETag}, {reconcile.Different, reconcile.NoProof},
	}
	for _, v := range comparisons {
		for _, p := range []reconcile.Policy{{}, {Overwrite: true}, {RequireChecksum: true}, {Overwrite: true, RequireChecksum: true}} {
			d := routed(thing{}, thing{}, true)
			d.Need, d.Proof = reconcile.NeedLook, reconcile.ProofETag // left over from before
			got := d.Judge(v.comparison, v.proof, p)
			need, status, proof := reconcile.NeedNothing, reconcile.Present, v.proof
			switch {
			case v.comparison == reconcile.Different && p.Overwrite:
				need, status, proof = reconcile.NeedCopy, "", ""
			case v.comparison == reconcile.Different:
				status, proof = reconcile.Differs, ""
			case p.RequireChecksum && v.proof != reconcile.ProofChecksum:
				status, proof = reconcile.Failed, ""
			case v.comparison != reconcile.Equal:
				proof = reconcile.ProofSize
			}
			if got.Need != need || got.Status != status || got.Proof != proof {
				t.Errorf("comparison %d by %q, %+v: need %d, %q by %q; want %d, %q by %q",
					v.comparison, v.proof, p, got.Need, got.Status, got.Proof, need, status, proof)
			}
			if status == reconcile.Failed && got.Kind != reconcile.Integrity {
				t.Errorf("refused with kind %q", got.Kind)
			}
			if status != "" && status.Success() != (got.Reason == "") {
				t.Errorf("%s with the reason %q", status, got.Reason)
			}
		}
	}
}

// A difference is named by what shows it.
func TestDifferReason(t *testing.T) {
	for want, d := range map[string]reconcile.Decision{
		"size":     routed(thing{}, thing{size: 1}, true).Resolve(reconcile.Policy{}),
		"checksum": routed(thing{sum: full("CRC32", "x")}, thing{sum: full("CRC32", "y")}, true).Resolve(reconcile.Policy{}),
		"ETag":     routed(thing{etag: md5A, enc: "AES256"}, thing{etag: md5B, enc: "AES256"}, true).Resolve(reconcile.Policy{}),
	} {
		if d.Status != reconcile.Differs || !strings.HasSuffix(d.Reason, "another "+want) {
			t.Errorf("%s: %q, %q", want, d.Status, d.Reason)
		}
	}
}

// An outcome says the same as the decision it comes from.
func TestDecisionOutcome(t *testing.T) {
	d := routed(thing{etag: md5A}, thing{size: 1}, true).Resolve(reconcile.Policy{})
	o := d.Outcome()
	if o.Source != d.Source || o.Target != d.Target || o.Status != reconcile.Differs || o.Message != d.Reason || o.Success() || o.Attempts != 0 {
		t.Errorf("%+v", o)
	}
	present := routed(thing{etag: md5A}, thing{etag: md5A}, true).Resolve(reconcile.Policy{}).Outcome()
	if !present.Success() || present.Message != "" || present.ErrorKind != "" || present.Proof != reconcile.ProofETag {
		t.Errorf("%+v", present)
	}
}
