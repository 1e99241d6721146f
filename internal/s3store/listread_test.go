package s3store

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

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
	want, wantErr := readListing(strings.NewReader(doc), nil)
	r := rand.New(rand.NewPCG(seed, 0))
	slow := &listReader{}
	slow.doc = make([]byte, 0, 1+r.IntN(200))
	var told []string
	got, err := slow.listing(&bits{doc, r}, func(l *listAnswer) { told = append(told, l.next) })
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
	for seed := range uint64(500) {
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
	r := &listReader{}
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
	first, err := readListing(bytes.NewReader(doc), nil)
	if err != nil {
		t.Fatal(err)
	}
	kept := fmt.Sprintf("%+v", first)
	for range 10 {
		doc = bytes.ReplaceAll(doc, []byte("MOD09GA"), []byte("XYZ00XY"))
		doc = bytes.ReplaceAll(doc, []byte("GLACIER"), []byte("UNKNOWN"))
		if _, err := readListing(bytes.NewReader(doc), nil); err != nil {
			t.Fatal(err)
		}
	}
	if now := fmt.Sprintf("%+v", first); now != kept {
		t.Errorf("it was %.300s\nit is   %.300s", kept, now)
	}
}

// TestListEarly sends the beginning of a page, and the rest only when the
// caller knows where the listing goes on.
func TestListEarly(t *testing.T) {
	doc := pageOf(1000)
	head, rest, _ := strings.Cut(doc, "<Contents>")
	known := make(chan string, 1)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, head)
		w.(http.Flusher).Flush()
		select {
		case token := <-known:
			known <- token
			io.WriteString(w, "<Contents>"+rest)
		case <-time.After(10 * time.Second):
			t.Error("the caller does not know")
		}
	})
	page, err := s.List(t.Context(), reconcile.ListRequest{Bucket: "glacier", Early: func(next string) { known <- next }})
	if err != nil || len(page.Objects) != 1000 {
		t.Fatal(len(page.Objects), err)
	}
	if token := <-known; token != page.Next || token == "" {
		t.Errorf("token %q, next %q", token, page.Next)
	}
}

// TestListEarlyOrNever: nothing is said too early, or more than once, or of an
// answer that does not go on or is going to be refused.
func TestListEarlyOrNever(t *testing.T) {
	const yes, token = "<IsTruncated>true</IsTruncated>", "<NextContinuationToken>t&amp;1</NextContinuationToken>"
	const entry = "<Contents><Key>k</Key><Size>1</Size></Contents>"
	for name, c := range map[string]struct {
		inside string
		told   []string
	}{
		"S3's order":     {"<Name>glacier</Name>" + token + yes + entry, []string{"t&1"}},
		"another order":  {yes + "<Name>glacier</Name>" + token + entry, []string{"t&1"}},
		"at last":        {entry + "<Name>glacier</Name>" + yes + token, []string{"t&1"}},
		"the end":        {token + "<IsTruncated>false</IsTruncated>" + entry, nil},
		"no token":       {yes + entry, nil},
		"empty token":    {yes + "<NextContinuationToken/>" + entry, nil},
		"another bucket": {"<Name>public</Name>" + token + yes + entry, nil},
		"not at the top": {"<New>" + token + yes + "</New><IsTruncated>false</IsTruncated>" + entry, nil},
		"in a comment":   {"<!--" + token + yes + "--><IsTruncated>false</IsTruncated>" + entry, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var told []string
			s := serve(t, answerWith(200, "<ListBucketResult>"+c.inside+"</ListBucketResult>"))
			page, err := s.List(t.Context(), reconcile.ListRequest{Bucket: "glacier", Early: func(next string) { told = append(told, next) }})
			if !reflect.DeepEqual(told, c.told) || len(told) > 0 && (err != nil || page.Next != told[0]) {
				t.Errorf("told %q, want %q; page %+v, %v", told, c.told, page, err)
			}
		})
	}
}
