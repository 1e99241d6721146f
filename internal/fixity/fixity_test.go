package fixity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/batch"
	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

var (
	begun   = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	written = begun.Add(-time.Hour)
)

// heads answers HEAD with what stands there.
type heads struct {
	mu    sync.Mutex
	asked int
	there map[string]reconcile.Detail
}

func (h *heads) Head(_ context.Context, at reconcile.Location) (reconcile.Detail, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	d, ok := h.there[at.Bucket+"/"+at.Key]
	if !ok {
		return d, &reconcile.Error{Op: "HeadObject", Location: at, Kind: reconcile.NotFound}
	}
	return d, nil
}

func object(bucket, key string) reconcile.Object {
	return reconcile.Object{Location: reconcile.Location{Bucket: bucket, Key: key}, Size: 5, ETag: bucket + "-" + key, LastModified: written}
}

// pair is an object with its copy under another prefix, as a listing finds it.
func pair(key string) reconcile.Outcome {
	o := reconcile.Outcome{Source: object("g", key), Target: object("a", "x/"+key), TargetSeen: true, Status: reconcile.Present, Proof: reconcile.ProofSize, Evidence: reconcile.EvidenceListing}
	o.Compared[reconcile.AspectSize] = reconcile.Matches
	return o
}

// line is a line of a report about an object, with a sum of SHA-1's length.
func line(o reconcile.Object, version, etag string, sum byte) string {
	return fmt.Sprintf(`%s,%s,%s,succeeded,200,,"{""checksum_hex"":""%s"",""etag"":""%s"",""checksumAlgorithm"":""SHA1"",""checksumType"":""FULL_OBJECT""}"`+"\n",
		o.Bucket, o.Key, version, strings.Repeat(fmt.Sprintf("%02X", sum), 20), etag)
}

type proof struct {
	prover *Prover
	heads  *heads
	sums   *Sums
}

func newProof(t *testing.T, reports ...string) *proof {
	t.Helper()
	sums := NewSums(t.TempDir())
	for i, text := range reports {
		report := sums.Open(Report{Name: fmt.Sprintf("job-%d", i+1), Date: begun.Add(time.Duration(i+1) * time.Hour), Begun: begun})
		if err := batch.ReadRows(strings.NewReader(text), func(r *batch.Row) error { return sums.Add(report, r) }); err != nil {
			t.Fatal(err)
		}
	}
	h := &heads{there: map[string]reconcile.Detail{}}
	p := New(h, Options{Sums: sums, Wanted: func(string) bool { return true }, Retry: retry.New(retry.Options{Attempts: 1}), Limiter: limiter.New(4, 1, 4), TempDir: t.TempDir()})
	t.Cleanup(func() { p.Close(); sums.Close() })
	return &proof{p, h, sums}
}

func (p *proof) stand(o reconcile.Object) {
	p.heads.there[o.Bucket+"/"+o.Key] = reconcile.Detail{Object: o, Version: o.VersionID}
}

// settle holds the pairs and returns what becomes of them, in the order of keys.
func (p *proof) settle(t *testing.T, pairs ...reconcile.Outcome) []reconcile.Outcome {
	t.Helper()
	for _, o := range pairs {
		p.stand(o.Source)
		p.stand(o.Target)
		if held, err := p.prover.Hold(&o); err != nil || !held {
			t.Fatalf("%+v is not held, %v", o, err)
		}
	}
	var mu sync.Mutex
	var all []reconcile.Outcome
	err := p.prover.Settle(t.Context(), nil, func(o reconcile.Outcome) error {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, o)
		return nil
	})
	if err != nil || len(all) != len(pairs) {
		t.Fatalf("%d of %d pairs came back, %v", len(all), len(pairs), err)
	}
	slices.SortFunc(all, func(a, b reconcile.Outcome) int { return strings.Compare(a.Source.Key, b.Source.Key) })
	return all
}

// TestProof: checksums of both sides that agree prove, ones that disagree accuse
// once HEAD has shown the same objects, and one that could not be computed is
// said to be so.
func TestProof(t *testing.T) {
	equal, differs, fails, unknown := pair("a"), pair("b"), pair("c"), pair("d")
	p := newProof(t,
		line(differs.Source, "", "g-b", 2)+line(equal.Source, "", "g-a", 1)+line(fails.Source, "", "g-c", 3),
		`a,x/c,,failed,200,PermanentFailure,"error details: {""failureMessage"":"Task 1 Access denied", ""errorCode"": "403"}"`+"\n"+
			line(equal.Target, "", "a-x/a", 1)+line(differs.Target, "", "a-x/b", 9))
	got := p.settle(t, unknown, fails, differs, equal)
	a := got[0]
	if a.Status != reconcile.Present || a.Proof != reconcile.ProofChecksum || a.Evidence != "compute_checksum job-1 2026-03-01T11:00:00Z job-2 2026-03-01T12:00:00Z" ||
		!a.VerifiedAt.Equal(begun.Add(time.Hour)) || a.Compared[reconcile.AspectChecksum] != reconcile.Matches || a.Source.Checksum.Algorithm != "SHA1" ||
		a.Target.Checksum.Value != "AQEBAQEBAQEBAQEBAQEBAQEBAQE=" {
		t.Errorf("equal: %+v", a)
	}
	if b := got[1]; b.Status != reconcile.Differs || b.Attempts != 2 || b.Compared[reconcile.AspectChecksum] != reconcile.Disagrees || !strings.Contains(b.Message, "AgICAgICAgICAgICAgICAgICAgI=") {
		t.Errorf("different: %+v", b)
	}
	if c := got[2]; c.Status != reconcile.Failed || !strings.Contains(c.Message, "s3://a/x/c could not be computed: 403: Task 1 Access denied (job job-2)") || c.ErrorBucket != "a" {
		t.Errorf("failed: %+v", c)
	}
	if d := got[3]; d.Status != reconcile.Present || d.Proof != reconcile.ProofSize || d.Evidence != reconcile.EvidenceListing {
		t.Errorf("in no report: %+v", d)
	}
	if p.heads.asked != 2 || p.prover.Stale.Load() != 0 || p.prover.Unlisted.Load() != 1 {
		t.Errorf("%d HEADs, %d stale", p.heads.asked, p.prover.Stale.Load())
	}
	sides := p.prover.Sides("g")
	if len(sides) != 2 || sides[0] != (Side{"g", 1, 5, false}) || sides[1] != (Side{"a", 1, 5, false}) {
		t.Errorf("to be proved: %+v", sides)
	}
}

// TestNoEvidence: a checksum of another ETag or another version, or of an object
// that was written after the job began, proves nothing and accuses nobody.
func TestNoEvidence(t *testing.T) {
	later, versioned := pair("a"), pair("a")
	later.Target.LastModified = begun.Add(time.Second)
	versioned.Source.VersionID = "v2"
	for name, c := range map[string]struct {
		pair          reconcile.Outcome
		version, etag string // of the source's row
		targetEtag    string
		stands        string // the version that HEAD finds
		proved, asked bool
	}{
		"same ETags":                  {pair: pair("a"), etag: "g-a", targetEtag: "a-x/a", proved: true},
		"another ETag":                {pair: pair("a"), etag: "other", targetEtag: "a-x/a"},
		"no ETag, but the time":       {pair: pair("a"), targetEtag: "a-x/a", proved: true},
		"written since":               {pair: later, etag: "g-a", targetEtag: "a-x/a"},
		"written since, without ETag": {pair: later, etag: "g-a"},
		"its version":                 {pair: versioned, version: "v2", targetEtag: "a-x/a", proved: true},
		"another version":             {pair: versioned, version: "v1", etag: "g-a", targetEtag: "a-x/a"},
		"a version, and HEAD's":       {pair: pair("a"), version: "v7", targetEtag: "a-x/a", stands: "v7", proved: true, asked: true},
		"a version, and not HEAD's":   {pair: pair("a"), version: "v7", targetEtag: "a-x/a", stands: "v8", asked: true},
	} {
		for _, sum := range []byte{1, 2} { // equal to the target's, and not
			p := newProof(t, line(c.pair.Source, c.version, c.etag, sum)+line(c.pair.Target, "", c.targetEtag, 1))
			if held, err := p.prover.Hold(&c.pair); !held || err != nil {
				t.Fatal(err)
			}
			source := c.pair.Source
			if c.stands != "" {
				source.VersionID = c.stands
			}
			p.stand(source)
			p.stand(c.pair.Target)
			var got reconcile.Outcome
			if err := p.prover.Settle(t.Context(), nil, func(o reconcile.Outcome) error { got = o; return nil }); err != nil {
				t.Fatal(err)
			}
			want, proof := reconcile.Present, reconcile.ProofSize
			if c.proved {
				proof = reconcile.ProofChecksum
			}
			if c.proved && sum == 2 {
				want = reconcile.Differs
			}
			if got.Status != want || got.Proof != proof || (p.prover.Stale.Load() == 1) == c.proved || sum == 1 && (p.heads.asked > 0) != c.asked {
				t.Errorf("%s, sum %d: %s by %s, %d stale, %d HEADs", name, sum, got.Status, got.Proof, p.prover.Stale.Load(), p.heads.asked)
			}
		}
	}
}

// TestRotten: computed checksums that differ accuse a pair whose ETags agree, and
// a task that failed does not take its proof away.
func TestRotten(t *testing.T) {
	rotten, fine := pair("a"), pair("b")
	for _, o := range []*reconcile.Outcome{&rotten, &fine} {
		o.Proof = reconcile.ProofETag
	}
	p := newProof(t, line(rotten.Source, "", "g-a", 1)+line(rotten.Target, "", "a-x/a", 2)+"g,b,,failed,404,NoSuchKey,gone\n"+line(fine.Target, "", "a-x/b", 1))
	other := pair("c")
	other.Proof = reconcile.ProofETag
	if held, err := p.prover.Hold(&other); held || err != nil {
		t.Errorf("a pair that is proved and in no report is held: %v", err)
	}
	got := p.settle(t, rotten, fine)
	if got[0].Status != reconcile.Differs || got[0].Proof != reconcile.ProofChecksum {
		t.Errorf("%+v", got[0])
	}
	if got[1].Status != reconcile.Present || got[1].Proof != reconcile.ProofETag || len(p.prover.Sides("g")) != 0 {
		t.Errorf("%+v", got[1])
	}
}

// TestChangedMeanwhile: an object that is another one by the time it is looked at
// again keeps the row that the audit has made.
func TestChangedMeanwhile(t *testing.T) {
	o := pair("a")
	p := newProof(t, line(o.Source, "", "g-a", 1)+line(o.Target, "", "a-x/a", 2))
	if held, err := p.prover.Hold(&o); !held || err != nil {
		t.Fatal(err)
	}
	p.stand(o.Source)
	now := o.Target
	now.ETag, now.Size = "another", 7
	p.stand(now)
	var got reconcile.Outcome
	if err := p.prover.Settle(t.Context(), nil, func(o reconcile.Outcome) error { got = o; return nil }); err != nil {
		t.Fatal(err)
	}
	if got.Status != reconcile.Present || got.Target.ETag != "a-x/a" || got.Target.Size != 5 || got.Attempts != 2 || p.prover.Stale.Load() != 1 {
		t.Errorf("%+v", got)
	}
}

// TestEncodedKeys: a key that stands encoded in a report is that of the decoded
// object; where both names exist each has its own row.
func TestEncodedKeys(t *testing.T) {
	plain, odd := pair("p q"), pair("p%20q")
	encoded := plain.Source
	encoded.Key = "p%20q"
	twice := odd.Source
	twice.Key = "p%2520q"
	plainTarget, oddTarget := plain.Target, odd.Target
	plainTarget.Key, oddTarget.Key = "x/p%20q", "x/p%2520q"
	p := newProof(t, line(encoded, "", "g-p q", 1)+line(twice, "", "g-p%20q", 2)+line(plainTarget, "", "a-x/p q", 1)+line(oddTarget, "", "a-x/p%20q", 2))
	for _, o := range p.settle(t, plain, odd) {
		if o.Proof != reconcile.ProofChecksum {
			t.Errorf("%q: %+v", o.Source.Key, o)
		}
	}
	p = newProof(t, line(odd.Source, "", "g-p%20q", 2)+line(odd.Target, "", "a-x/p%20q", 2)) // not encoded
	if o := p.settle(t, odd)[0]; o.Proof != reconcile.ProofChecksum {
		t.Errorf("%+v", o)
	}
}

// TestParse: messages in both notations, and what is none.
func TestParse(t *testing.T) {
	for message, want := range map[string]string{
		`{"checksum_base64":"bS9TOQ\u003d\u003d","etag":"e","checksumAlgorithm":"CRC32","checksumType":"FULL_OBJECT","checksum_hex":"6D2F5339"}`: "CRC32 FULL_OBJECT bS9TOQ== e",
		`{"checksum_hex":"6D2F5339","checksumAlgorithm":"crc32","etag":"\"e\""}`:                                                                 "CRC32 FULL_OBJECT bS9TOQ== e",
		`{"checksum_base64":"AQEBAQEBAQEBAQEBAQEBAQEBAQE="}`:                                                                                     "SHA1 FULL_OBJECT AQEBAQEBAQEBAQEBAQEBAQEBAQE= ",
		`{"checksum_base64":"bS9TOQ==-3","checksumAlgorithm":"CRC32"}`:                                                                           "CRC32  bS9TOQ== ",
		`{"checksum_base64":"bS9TOQ=="}`:                                                                                                         " FULL_OBJECT bS9TOQ== ",
		`{"checksum_base64":"???"}`:                                                                                                              "illegal base64",
		`{"checksum_hex":"xyz"}`:                                                                                                                 "invalid byte",
		"Successful":                                                                                                                             "no checksum",
		`{}`:                                                                                                                                     "no checksum",
	} {
		var s Sum
		got := ""
		if err := s.parse(message); err != nil {
			got = err.Error()
		} else {
			got = fmt.Sprintf("%s %s %s %s", s.Checksum.Algorithm, s.Checksum.Type, s.Checksum.Value, s.ETag)
		}
		if got != want && !(strings.Contains(got, want) && !strings.Contains(want, "=")) {
			t.Errorf("%s: %s, want %s", message, got, want)
		}
	}
}

// TestInterrupted: what is held comes back as it was when the audit has ended
// early.
func TestInterrupted(t *testing.T) {
	o := pair("a")
	p := newProof(t, line(o.Source, "", "g-a", 1)+line(o.Target, "", "a-x/a", 1))
	if held, err := p.prover.Hold(&o); !held || err != nil {
		t.Fatal(err)
	}
	n := 0
	err := p.prover.Settle(t.Context(), context.Canceled, func(got reconcile.Outcome) error {
		n++
		if got.Proof != reconcile.ProofSize || got.Source.Key != "a" || got.Target.Key != "x/a" {
			t.Errorf("%+v", got)
		}
		return nil
	})
	if err != nil || n != 1 || len(p.prover.Sides("g")) > 0 {
		t.Errorf("%d pairs, %v", n, err)
	}
}
