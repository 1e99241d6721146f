package s3list

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"reconcile/internal/reconcile"
)

// FuzzListing reads any document as the SDK does, or refuses it.
func FuzzListing(f *testing.F) {
	for _, doc := range recorded(f) {
		f.Add(doc)
	}
	f.Add(listing)
	f.Add(small)
	for seed := range uint64(20) {
		doc, _ := randomListing(rand.New(rand.NewPCG(seed, 1)))
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) { sameAsSDK(t, doc) })
}

// FuzzListingEntry puts its inputs where a whole document seldom gets to: into
// an entry, into a key, before and behind.
func FuzzListingEntry(f *testing.F) {
	f.Add("<?xml version='1.0'?>", "k", "<ETag>&quot;e&quot;</ETag>", "\n")
	f.Add("\ufeff", "<![CDATA[k]]>", "<Owner><ID>i</ID></Owner>", "<!-- -->")
	f.Add("<!-- -->", "&#x4b;\r\n", "<RestoreStatus><IsRestoreInProgress>1</IsRestoreInProgress></RestoreStatus>", "<?a?>")
	f.Add("<a xmlns:b='c' d=\"&lt;\"/>", "]]&gt;", "<b:StorageClass>GLACIER</b:StorageClass>", "")
	f.Add("", "k", "<LastModified>2024-05-06T07:08:09.5+01:00</LastModified>", "")
	f.Add("", "k", "<x y='z'><![CDATA[]]]>t<u/></x><ChecksumAlgorithm>SHA1</ChecksumAlgorithm>", "")
	f.Fuzz(func(t *testing.T, before, key, inside, behind string) {
		entry := "<Contents><Key>" + key + "</Key><Size>1</Size>" + inside + "</Contents>"
		sameAsSDK(t, before+head+entry+tail+behind)
		sameAsSDK(t, head+before+entry+behind+tail)
	})
}

// FuzzTime reads every date that the SDK reads as it does, whatever was read
// before it.
func FuzzTime(f *testing.F) {
	for _, text := range []string{
		"2024-02-29T23:59:59.000Z", "2023-02-29T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:00:60Z", "2024-13-01T00:00:00Z",
		"2024-01-01T00:00:00", "2024-01-01T00:00:00.1234567891Z", "2024-01-01T00:00:00,5Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00.000+02:00",
		"2024-01-00T00:00:00Z", "0000-01-01T00:00:00Z", "",
	} {
		f.Add("2024-02-29T00:00:00Z", text)
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, before, text string) {
		var d dates
		d.parse([]byte(before))
		want, errSDK := smithytime.ParseDateTime(text)
		got, ok := d.parse([]byte(text))
		if errSDK == nil && (!ok || !got.Equal(want)) {
			t.Errorf("%q after %q: %v, %v; SDK %v", text, before, got, ok, want)
		}
	})
}

// FuzzUnescape decodes keys as net/url does, to the word of the error.
func FuzzUnescape(f *testing.F) {
	for _, key := range []string{"", "a/b.hdf", "a+b%2Bc", "%C3%a4%01", "%", "a%4", "%zz", "+%", "%%41", "%2", "%2g", "ä+%\x00"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		want, wantErr := url.QueryUnescape(key)
		var got strings.Builder
		err := unescape(&got, []byte(key))
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || err == nil && got.String() != want {
			t.Errorf("%q: %q, %v; net/url %q, %v", key, got.String(), err, want, wantErr)
		}
	})
}

// TestListingRandom reads what was written, in all the ways of writing it.
func TestListingRandom(t *testing.T) {
	for seed := range uint64(500) {
		doc, want := randomListing(rand.New(rand.NewPCG(seed, 0)))
		if got, err := sameAsSDK(t, doc); err != nil || !samePage(got, want) {
			t.Fatalf("seed %d: %v\ngot  %+v\nwant %+v\n%s", seed, err, got, want, doc)
		}
	}
}

// randomListing makes up a page and writes it down, elements in any order.
func randomListing(r *rand.Rand) (doc string, page reconcile.Page) {
	encoded, prefix := r.IntN(2) == 0, []string{"", "s3:"}[r.IntN(2)]
	w := &listWriter{Rand: r, prefix: prefix}
	elements := []string{w.element("Name", "glacier"), w.junk(), w.element("Prefix", "p/")}
	for range r.IntN(5) {
		o := randomObject(r, encoded)
		page.Objects = append(page.Objects, o)
		key := o.Key
		if encoded {
			key = url.QueryEscape(key)
		}
		elements = append(elements, w.entry(o, key))
	}
	if encoded {
		elements = append(elements, w.element("EncodingType", "url"))
	}
	if r.IntN(2) == 0 {
		page.Next = randomText(r, false)
		elements = append(elements, w.element("NextContinuationToken", page.Next))
	}
	elements = append(elements, w.element("IsTruncated", fmt.Sprint(page.Next != "")), w.element("KeyCount", fmt.Sprint(len(page.Objects))))
	// The order of the entries stays: swap other elements only.
	for range 10 {
		i, j := r.IntN(len(elements)), r.IntN(len(elements))
		if !strings.Contains(elements[i], "Contents") && !strings.Contains(elements[j], "Contents") {
			elements[i], elements[j] = elements[j], elements[i]
		}
	}
	root := prefix + "ListBucketResult"
	return fmt.Sprintf("<%s xmlns:s3=\"http://s3.amazonaws.com/doc/2006-03-01/\">%s</%s>", root, strings.Join(elements, w.space()), root), page
}

func randomObject(r *rand.Rand, controls bool) reconcile.Object {
	class := []string{"STANDARD", "GLACIER", "DEEP_ARCHIVE", "NEW_CLASS"}[r.IntN(4)]
	o := reconcile.Object{
		Location: reconcile.Location{Bucket: "glacier", Key: randomText(r, controls)},
		Size:     r.Int64(), ETag: strings.ReplaceAll(randomText(r, false), `"`, ""), StorageClass: class,
		LastModified: time.Unix(r.Int64N(1<<32), 0).UTC(),
		Restore:      reconcile.ListedRestore(class, false, false, time.Time{}),
	}
	if class == "GLACIER" && r.IntN(2) == 0 {
		o.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: time.Unix(r.Int64N(1<<32)+1, 0).UTC()}
	}
	return o
}

// randomText is what may be in a key: with control characters only where keys
// are encoded, because XML has none.
func randomText(r *rand.Rand, controls bool) string {
	runes := []rune("ab/%+&<>'\"]#?= ~äö日本\u2028\U0001F600\u00a0;x")
	if controls {
		runes = append(runes, '\x01', '\x00', '\r', '\n', '\x7f', '\ufffe')
	}
	text := make([]rune, 1+r.IntN(12))
	for i := range text {
		text[i] = runes[r.IntN(len(runes))]
	}
	return string(text)
}

// listWriter writes the same thing in many ways.
type listWriter struct {
	*rand.Rand
	prefix string
}

func (w *listWriter) entry(o reconcile.Object, key string) string {
	inside := []string{
		w.element("Key", key), w.element("Size", fmt.Sprint(o.Size)), w.element("ETag", `"`+o.ETag+`"`), w.junk(),
		w.element("LastModified", o.LastModified.Format(time.RFC3339)),
	}
	if o.StorageClass != "STANDARD" || w.IntN(2) == 0 {
		inside = append(inside, w.element("StorageClass", o.StorageClass))
	}
	if o.Restore.Phase == reconcile.Restored {
		expiry := w.element("RestoreExpiryDate", o.Restore.Expiry.Format("2006-01-02T15:04:05.000Z"))
		inside = append(inside, w.raw("RestoreStatus", expiry+w.element("IsRestoreInProgress", "false")))
	}
	w.Shuffle(len(inside), func(i, j int) { inside[i], inside[j] = inside[j], inside[i] })
	return w.raw("Contents", strings.Join(inside, w.space()))
}

func (w *listWriter) element(name, value string) string {
	switch {
	case value == "" && w.IntN(2) == 0:
		return "<" + w.prefix + name + "/>"
	case w.IntN(4) == 0 && !strings.Contains(value, "]]>"):
		return w.raw(name, "<![CDATA["+value+"]]>")
	case w.IntN(4) == 0:
		var all strings.Builder
		for _, c := range value {
			fmt.Fprintf(&all, []string{"&#%d;", "&#x%x;", "&#x%04X;"}[w.IntN(3)], c)
		}
		return w.raw(name, all.String())
	}
	var escaped bytes.Buffer
	xml.EscapeText(&escaped, []byte(value))
	return w.raw(name, escaped.String())
}

func (w *listWriter) raw(name, inside string) string {
	name = w.prefix + name
	return "<" + name + ">" + inside + "</" + name + w.space() + ">"
}

func (w *listWriter) junk() string {
	return []string{"", "<!-- <Key>x</Key> -->", "<New><Key>x</Key><Size>7</Size></New>", "<Owner><ID>i</ID><Key>x</Key></Owner>", "<n:New xmlns:n='u' a=\"b\"/>"}[w.IntN(5)]
}

func (w *listWriter) space() string { return []string{"", " ", "\n\t"}[w.IntN(3)] }
