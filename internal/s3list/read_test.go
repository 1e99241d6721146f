package s3list

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
)

func init() { debug.SetGCPercent(400) } // memory is no matter here

var long = flag.Int("long", 1, "how many times as many random rounds there are")

// bits is a body that arrives a few bytes at a time, and now and then none.
type bits struct {
	doc string
	r   *rand.Rand
}

func (b *bits) Read(p []byte) (int, error) {
	if b.doc == "" {
		return 0, io.EOF
	}
	most := []int{1, 20, 500, 1 << 20}[b.r.IntN(4)]
	n := copy(p, b.doc[:min(b.r.IntN(most+1), len(b.doc))])
	if b.doc = b.doc[n:]; b.doc == "" && b.r.IntN(2) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// sameInBits reads doc as it comes over a slow line, into a window that is too
// small for it, and at once, and fails where that makes a difference. What
// early tells must be what the answer says.
func sameInBits(t *testing.T, doc string, seed uint64) {
	t.Helper()
	want, wantErr := Read(strings.NewReader(doc), nil)
	r := rand.New(rand.NewPCG(seed, 0))
	slow := &reader{}
	slow.doc = make([]byte, 0, 1+r.IntN(200))
	var told []string
	got, err := slow.listing(&bits{doc, r}, func(l *Answer) { told = append(told, l.next) })
	if fmt.Sprint(err) != fmt.Sprint(wantErr) || !reflect.DeepEqual(got, want) {
		t.Fatalf("seed %d: in bits %v\n%+v\nat once %v\n%+v\n%q", seed, err, got, wantErr, want, doc)
	}
	if goesOn := got.truncated && got.next != ""; err == nil && (goesOn != (len(told) == 1) || goesOn && told[0] != got.next) || len(told) > 1 {
		t.Fatalf("seed %d: told %q of %+v\n%q", seed, told, got, doc)
	}
}

// FuzzListingInBits reads any document the same, however it arrives.
func FuzzListingInBits(f *testing.F) {
	for _, doc := range recorded(f) {
		f.Add(doc, uint64(1))
	}
	f.Add(listing, uint64(2))
	f.Add("\ufeff<?xml version='1.0' encoding='utf-8'?><!-- c --><a:listbucketresult><x>]]&gt;\r\n<![CDATA[c]]></x></a:listbucketresult ><?p i?>\n", uint64(3))
	f.Fuzz(sameInBits)
}

func TestListingInBits(t *testing.T) {
	for seed := range uint64(125 * *long) {
		r := rand.New(rand.NewPCG(seed, 3))
		doc, _ := randomListing(r)
		sameInBits(t, doc, seed)
		sameInBits(t, doc[:r.IntN(len(doc))], seed)
		sameInBits(t, strings.Join(mutate(r, pieces.FindAllString(doc, -1)), ""), seed)
	}
	for seed := range uint64(10) {
		sameInBits(t, pageOf(300), seed)
	}
}

// TestListingMemory reads an answer that is longer than the window without
// having all of it in memory.
func TestListingMemory(t *testing.T) {
	doc := pageOf(1000)
	r := &reader{}
	r.doc = make([]byte, 0, windowSize)
	l, err := r.listing(strings.NewReader(doc), nil)
	if err != nil || len(l.objects) != 1000 || len(doc) < 4*windowSize || cap(r.doc) != windowSize {
		t.Errorf("%d objects, %v; %d bytes in memory, of %d", len(l.objects), err, cap(r.doc), len(doc))
	}
}

// TestListingsDoNotShareMemory reads pages one after the other: what was given
// away of one must not change with the next.
func TestListingsDoNotShareMemory(t *testing.T) {
	doc := []byte(pageOf(100))
	first, err := Read(bytes.NewReader(doc), nil)
	if err != nil {
		t.Fatal(err)
	}
	kept := fmt.Sprintf("%+v", first)
	for range 10 {
		doc = bytes.ReplaceAll(doc, []byte("MOD09GA"), []byte("XYZ00XY"))
		doc = bytes.ReplaceAll(doc, []byte("GLACIER"), []byte("UNKNOWN"))
		if _, err := Read(bytes.NewReader(doc), nil); err != nil {
			t.Fatal(err)
		}
	}
	if now := fmt.Sprintf("%+v", first); now != kept {
		t.Errorf("it was %.300s\nit is   %.300s", kept, now)
	}
}
