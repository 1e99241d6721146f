package fixity

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"reconcile/internal/batch"
	"reconcile/internal/reconcile"
)

// TestRandomWorlds holds what comes out against a map of what was put in: pairs
// whose other side has another key, in no order on either side, with rows that are
// missing, failed or of another ETag.
func TestRandomWorlds(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 7))
		var all []reconcile.Outcome
		want := map[string]string{}
		var lines [2][]string
		for i := range 1 + rng.IntN(60) {
			o := pair(fmt.Sprintf("%02d", i))
			o.Target = object(fmt.Sprintf("a%d", rng.IntN(2)), fmt.Sprintf("%08x", rng.Uint32()))
			sums := [2]byte{byte(rng.IntN(3)), byte(rng.IntN(3))}
			known, failed := 0, false
			for side, of := range []reconcile.Object{o.Source, o.Target} {
				switch rng.IntN(6) {
				case 0: // no row
				case 1:
					lines[side] = append(lines[side], line(of, "", "another", sums[side]))
				case 2:
					lines[side] = append(lines[side], of.Bucket+","+of.Key+",,failed,500,InternalError,why\n")
					failed = true
				default:
					lines[side] = append(lines[side], line(of, "", of.ETag, sums[side]))
					known++
				}
			}
			switch {
			case failed:
				want[o.Source.Key] = "failed by "
			case known < 2:
				want[o.Source.Key] = "present by size"
			case sums[0] == sums[1]:
				want[o.Source.Key] = "present by checksum"
			default:
				want[o.Source.Key] = "differs by checksum"
			}
			all = append(all, o)
		}
		for _, l := range lines {
			rng.Shuffle(len(l), func(i, j int) { l[i], l[j] = l[j], l[i] })
		}
		p := newProof(t, strings.Join(lines[0], ""), strings.Join(lines[1], ""))
		for _, o := range p.settle(t, all...) {
			if got := fmt.Sprintf("%s by %s", o.Status, o.Proof); got != want[o.Source.Key] {
				t.Fatalf("seed %d: %s: %s, want %s", seed, o.Source.Key, got, want[o.Source.Key])
			}
		}
		var objects int64
		for _, side := range p.prover.Sides("g") {
			n := int64(0)
			last := ""
			if err := p.prover.Objects(side.Bucket, func(key, _ string) error {
				n++
				if key <= last {
					t.Errorf("%s after %s", key, last)
				}
				last = key
				return nil
			}); err != nil || n != side.Objects {
				t.Errorf("%d objects, %v; want %d", n, err, side.Objects)
			}
			objects += n
		}
		unproved := int64(0)
		for _, w := range want {
			if w == "present by size" {
				unproved++
			}
		}
		if objects != 2*unproved {
			t.Errorf("seed %d: %d objects are to be proved, want %d", seed, objects, 2*unproved)
		}
	}
}

var pairs = flag.Int("pairs", 2000, "pairs of the benchmark")

// BenchmarkPairs proves so many pairs by the reports of two jobs; with -pairs
// 1000000 a million.
func BenchmarkPairs(b *testing.B) {
	for b.Loop() {
		sums := NewSums(b.TempDir())
		for side, bucket := range []string{"g", "a"} {
			report := sums.Open(Report{Name: "job", Date: begun.Add(time.Duration(side)), Begun: begun})
			for i := range *pairs {
				key := fmt.Sprintf("%08d", i)
				row := batch.Row{Bucket: bucket, Key: key, Raw: key, OK: true, Message: fmt.Sprintf(`{"checksum_hex":"%040x","etag":"%s-%s","checksumAlgorithm":"SHA1","checksumType":"FULL_OBJECT"}`, i, bucket, key)}
				if err := sums.Add(report, &row); err != nil {
					b.Fatal(err)
				}
			}
		}
		p := New(nil, Options{Sums: sums, TempDir: b.TempDir()})
		for i := range *pairs {
			o := pair(fmt.Sprintf("%08d", i))
			o.Target = object("a", o.Source.Key)
			if held, err := p.Hold(&o); !held || err != nil {
				b.Fatal(err)
			}
		}
		proven := 0
		err := p.Settle(b.Context(), nil, func(o reconcile.Outcome) error {
			if o.Proof == reconcile.ProofChecksum {
				proven++
			}
			return nil
		})
		if err != nil || proven != *pairs {
			b.Fatalf("%d proven, %v", proven, err)
		}
		p.Close()
		sums.Close()
	}
}
