package copier_test

import (
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// A row says what stands at the target, what was compared, on what evidence,
// and how often the service asked for patience.
func TestRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{}, s3sim.Versioned())
	w.opts.Retry = patient(1)
	w.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: "small", Times: 2, Kind: s3sim.SlowDown})
	w.small("small", 1)
	o := w.one("small")
	there, _ := w.Get(archive, "small")
	if o.Refused != 2 || o.Attempts != 1 {
		t.Errorf("refused %d, attempts %d", o.Refused, o.Attempts)
	}
	if !o.TargetSeen || o.Target.ETag != there.ETag || o.Target.VersionID != there.VersionID || o.Target.Size != there.Size || there.VersionID == "" {
		t.Errorf("target %+v, there is %+v", o.Target, there)
	}
	if o.Compared[reconcile.AspectETag] != reconcile.Matches || o.Evidence != reconcile.EvidenceCopy {
		t.Errorf("compared %s by %s", o.Compared.String(), o.Evidence)
	}
	w.put("checked", s3sim.Object{Size: 10 * mib, PartSizes: sizes(5, 5)})
	w.Put(archive, "checked", s3sim.Object{Size: 10 * mib})
	o = w.one("checked") // two HEADs decide, by the checksum
	if o.Status != reconcile.Present || o.Evidence != reconcile.EvidenceHead || o.Compared[reconcile.AspectChecksum] != reconcile.Matches ||
		o.Source.Checksum.Value == "" || o.Target.Checksum.Value != o.Source.Checksum.Value {
		t.Errorf("%s by %s: %s; %+v", o.Status, o.Evidence, o.Compared.String(), o.Target)
	}
	bad := altered(t, s3sim.Object{Size: 1000})
	if o := bad.one("k"); !o.TargetSeen || !o.Compared.Disagree() {
		t.Errorf("a copy that does not match: %+v, %s", o.Target, o.Compared.String())
	}
}
