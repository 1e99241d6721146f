package s3list

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/s3sim"
)

// recorded are answers of servers: from S3's documentation, and from moto 5.2
// and versitygw 1.8 as they came. Those called grouped answer a request with a
// delimiter, which this program never sends.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
func recorded(t testing.TB) map[string]string {
	t.Helper()
	names, err := filepath.Glob("testdata/listings/*.xml")
	if err != nil || len(names) == 0 {
		t.Fatal("no recorded listings", err)
	}
	all := map[string]string{}
	for _, name := range names {
		doc, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(name), ".xml")] = string(doc)
	}
	return all
}

func TestListingsOfServers(t *testing.T) {
	odd := []string{"a b+c.hdf", "d/%2B?#&=.hdf", "e/ä 日本.hdf"}
	for name, doc := range recorded(t) {
		t.Run(name, func(t *testing.T) {
			page, err := sameAsSDK(t, doc)
			if grouped := strings.HasSuffix(name, "grouped"); errors.Is(err, errGrouped) != grouped || err != nil && !grouped {
				t.Fatal(err)
			}
			if !strings.HasSuffix(name, "first") {
				return
			}
			for i, key := range odd {
				if page.Objects[i].Key != key || len(page.Objects) != len(odd) || page.Next == "" {
					t.Errorf("%+v", page)
				}
			}
		})
	}
}

// TestListingCut cuts every recorded answer, and one with everything in it, at
// every byte.
func TestListingCut(t *testing.T) {
	all := recorded(t)
	all["everything"] = listing
	for name, doc := range all {
		doc = strings.TrimSpace(doc)
		for n := range len(doc) {
			// A reader that tells its end with the last bytes, so that no more
			// memory is taken than a document of that size needs.
			l, err := Read(iotest.DataErrReader(strings.NewReader(doc[:n])), nil)
			if err == nil {
				_, err = l.Page("glacier")
			}
			if err == nil {
				t.Fatalf("%s cut after %q: %+v", name, doc[:n], l)
			}
		}
	}
}

const listing = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>glacier</Name><Prefix></Prefix>` +
	`<MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><KeyCount>4</KeyCount><IsTruncated>true</IsTruncated>` +
	`<NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>` +
	`<Contents><Key>a+b%2Bc/%C3%A4%01.hdf</Key><LastModified>2024-05-06T07:08:09.000Z</LastModified>` +
	`<ETag>&quot;5eb63bbbe01eeed093cb22bb8f5acdc3&quot;</ETag><ChecksumAlgorithm>SHA256</ChecksumAlgorithm>` +
	`<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>` +
	`<Size>12345678901</Size><StorageClass>GLACIER</StorageClass>` +
	`<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2026-12-01T00:00:00.000Z</RestoreExpiryDate></RestoreStatus></Contents>` +
	`<Contents><Key>b</Key><ETag>"x-2"</ETag><Size>0</Size><StorageClass>DEEP_ARCHIVE</StorageClass>` +
	`<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus></Contents>` +
	`<Contents><Key>c</Key><ETag>"y"</ETag><Size>1</Size></Contents>` +
	`<Contents><Key>d</Key><Size>1</Size><StorageClass>GLACIER</StorageClass></Contents>` +
	`</ListBucketResult>`

const (
	head  = `<ListBucketResult><Name>glacier</Name><IsTruncated>false</IsTruncated>`
	tail  = `</ListBucketResult>`
	small = head + `<Contents><Key>k</Key><Size>1</Size></Contents>` + tail
)

// TestListingTaken is what other servers, and S3 at another time, may send.
func TestListingTaken(t *testing.T) {
	contents := func(inside string) string { return head + "<Contents>" + inside + "</Contents>" + tail }
	for name, doc := range map[string]string{
		"smallest":         small,
		"byte order mark":  "\ufeff<?xml version='1.0'?>" + small,
		"declaration":      `<?xml version="1.0" encoding="utf-8" standalone="yes" ?>` + "\r\n" + small,
		"comment":          `<!-- a - - >b< -->` + small,
		"around":           "<!-- <a> --><?php x?> " + small + "\n<!-- b --><?a?>",
		"order":            contents(`<Size>1</Size><StorageClass>STANDARD</StorageClass><Key>k</Key>`),
		"prefixes":         `<s3:ListBucketResult xmlns:s3='u'><s3:IsTruncated>false</s3:IsTruncated><s3:Contents><s3:Key>k</s3:Key><Size>1</Size></s3:Contents></s3:ListBucketResult>`,
		"case":             `<listbucketresult><istruncated>FALSE</istruncated><contents><KEY>k</KEY><size>1</size></contents></listbucketresult>`,
		"white space":      contents("\n\t <Key>k</Key\n>\r\n<Size >1</Size> "),
		"attributes":       contents(`<Key a="1" xml:b = '&lt;"&#x31;]]>'>k</Key><Size xmlns="u">1</Size>`),
		"unknown":          contents(`<Key>k</Key><New><Key>x</Key>text<!-- c --><![CDATA[</New>]]><?pi?><Size/></New><Size>1</Size>`),
		"owner":            contents(`<Owner><Key>x</Key><ID>i</ID><DisplayName/></Owner><Key>k</Key><Size>1</Size>`),
		"unknown outside":  head + `<Future><Contents><Key>x</Key><Size>1</Size></Contents></Future><Contents><Key>k</Key><Size>1</Size></Contents>` + tail,
		"cdata":            contents(`<Key><![CDATA[k]]></Key><Size>1</Size>`),
		"reference":        contents(`<Key>&#107;</Key><Size>&#x31;</Size>`),
		"no group":         head + `<CommonPrefixes/><Contents><Key>k</Key><Size>1</Size></Contents>` + tail,
		"empty values":     head + `<EncodingType/><Prefix/><Delimiter></Delimiter><Contents><Key>k</Key><Size>1</Size><ETag/><StorageClass/></Contents>` + tail,
		"encoding at last": head + `<Contents><Key>%6b</Key><Size>1</Size></Contents><EncodingType>url</EncodingType>` + tail,
		"count is none":    head + `<KeyCount>many</KeyCount><MaxKeys></MaxKeys><Contents><Key>k</Key><Size>1</Size></Contents>` + tail,
		"written some day": contents(`<Key>k</Key><Size>1</Size><LastModified>2026-02-30T00:00:00Z</LastModified>`),
		"written never":    contents(`<Key>k</Key><Size>1</Size><LastModified/>`),
		"count too small":  head + `<KeyCount>0</KeyCount><Contents><Key>k</Key><Size>1</Size></Contents>` + tail,
	} {
		t.Run(name, func(t *testing.T) {
			page, err := sameAsSDK(t, doc)
			if err != nil || len(page.Objects) != 1 || page.Objects[0].Key != "k" || page.Objects[0].Size != 1 {
				t.Errorf("%+v, %v", page, err)
			}
		})
	}
}

// TestListingRefused gives every reason for a refusal. What the SDK takes
// nevertheless is in stricter.
func TestListingRefused(t *testing.T) {
	contents := func(inside string) string {
		return head + "<Contents><Key>k</Key><Size>1</Size>" + inside + "</Contents>" + tail
	}
	deep := strings.Repeat("<a>", maxDepth)
	for doc, want := range map[string]error{
		"":                            errNoListing,
		" \n":                         errNoListing,
		"<!-- nothing -->":            errNoListing,
		"<html><body><p>x</p></html>": errNoListing,
		"<Error><Code>Oops</Code>":    errNoListing,
		"<ListAllMyBucketsResult/>":   errNoListing,
		"<ListBucketResult/>":         errNoEnd,
		`<ListBucketResult><Name>glacier</Name></ListBucketResult>`: errNoEnd,
		"glacier":                                errText,
		"\x00":                                   errText,
		"<!DOCTYPE html><html></html>":           errDirective,
		"<!DOCTYPE a [<!ENTITY b 'c'>]>" + small: errDirective,
		"x" + small:                              errText,
		"<![CDATA[]]>" + small:                   errText,
		small + "x":                              errTrailing,
		small + small:                            errTrailing,
		small + "\x00":                           errTrailing,
		small + "</ListBucketResult>":            errTrailing,
		small + "<!-- cut":                       errTrailing,
		`<?xml version="1.1"?>` + small:          errDeclaration,
		`<?xml version="1.0" encoding="latin1"?>` + small: errDeclaration,
		" <?xml version='1.0'?>" + small:                  errDeclaration,
		head + "<?xml version='1.0'?>" + tail:             errDeclaration,
		head + "<? x?>" + tail:                            errName,
		head + "<?a\xff x?>" + tail:                       errAside,
		"<?x\xedl version='1.0'?>" + small:                errAside,
		head + "<!-- a -- b -->" + tail:                   errAside,
		head + "<!--->" + tail:                            errCut,
		head + "text" + tail:                              errText,
		head + "&#32;" + tail:                             errText,
		contents("text"):                                  errText,
		contents("<![CDATA[ ]]>"):                         errText,
		contents("<>x</>"):                                errName,
		contents("< Owner/>"):                             errName,
		contents("<a:b:c/>"):                              errName,
		contents("<ä/>"):                                  errName,
		contents("<1/>"):                                  errName,
		contents("<a b></a>"):                             errAttribute,
		contents("<a b=c></a>"):                           errAttribute,
		contents("<a b='1'c='2'></a>"):                    errAttribute,
		contents("<a b='<'></a>"):                         errAttribute,
		contents("<a b='\x01'></a>"):                      errCharacter,
		contents("<a b='&c;'></a>"):                       errReference,
		contents("<a/"):                                   errAttribute,
		contents("<a></b>"):                               errEndTag,
		contents("<a></ab>"):                              errEndTag,
		contents("<a:b></b>"):                             errEndTag,
		contents("<ETag></Size>"):                         errEndTag,
		contents("<ETag><b/></ETag>"):                     errValue,
		contents("<ETag>a<b/></ETag>"):                    errValue,
		contents("<ETag>a<!-- --></ETag>"):                errValue,
		contents("<ETag>a<![CDATA[b]]></ETag>"):           errValue,
		contents("<ETag>a]]></ETag>"):                     errBracket,
		contents("<ETag>&nbsp;</ETag>"):                   errReference,
		contents("<ETag>a & b</ETag>"):                    errReference,
		contents("<ETag>&#x1;</ETag>"):                    errReference,
		contents("<ETag>&#xD800;</ETag>"):                 errReference,
		contents("<ETag>&#x110000;</ETag>"):               errReference,
		contents("<ETag>&#;</ETag>"):                      errReference,
		contents("<ETag>&#X41;</ETag>"):                   errReference,
		contents("<ETag>&#65</ETag>"):                     errReference,
		contents("<ETag>\x1f</ETag>"):                     errCharacter,
		contents("<ETag>\xff</ETag>"):                     errCharacter,
		contents("<ETag>\xed\xa0\x80</ETag>"):             errCharacter,
		contents("<ETag>\ufffe</ETag>"):                   errCharacter,
		contents("<ETag><![CDATA[\x01]]></ETag>"):         errCharacter,
		contents("<a>\x01</a>"):                           errCharacter,
		contents("<a>&b;</a>"):                            errReference,
		contents("<a><!ELEMENT b></a>"):                   errDirective,
		contents(deep):                                    errDeep,
		contents("<Key>k</Key>"):                          errTwice,
		contents("<x:key>k</x:key>"):                      errTwice,
		contents("<StorageClass/><StorageClass/>"):        errTwice,
		contents("<RestoreStatus/><RestoreStatus/>"):      errTwice,
		contents("<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus>"): errTwice,
		contents("<RestoreStatus><IsRestoreInProgress>maybe</IsRestoreInProgress></RestoreStatus>"):                                                errBool,
		head + "<Name>glacier</Name>" + tail:                                           errTwice,
		head + "<IsTruncated>true</IsTruncated>" + tail:                                errTwice,
		head + "<EncodingType>base64</EncodingType>" + tail:                            errEncoding,
		head + "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>" + tail:           errGrouped,
		head + "<KeyCount>1</KeyCount>" + tail:                                         errLost,
		head + "<Contents/>" + tail:                                                    errKey,
		head + "<Contents><Key/><Size>1</Size></Contents>" + tail:                      errKey,
		head + "<Contents><Key>k</Key></Contents>" + tail:                              errKey,
		head + "<Contents><Key>k</Key><Size>-1</Size></Contents>" + tail:               errNegative,
		head + "<Contents><Key>k</Key><Size> 1</Size></Contents>" + tail:               errNumber,
		head + "<Contents><Owner><Key>k</Key></Owner><Size>1</Size></Contents>" + tail: errKey,
		head: errCut,
	} {
		if _, err := sameAsSDK(t, doc); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", doc, err, want)
		}
	}
}

// TestListingEndless reads no more of an answer than a listing can have.
func TestListingEndless(t *testing.T) {
	body := &io.LimitedReader{R: spacesForever{}, N: 1 << 40}
	const most = 2 << 20
	r := &reader{}
	r.doc = make([]byte, 0, windowSize)
	if _, err := r.upTo(most, body, nil); err == nil || 1<<40-body.N > most+1 {
		t.Errorf("%d bytes read: %v", 1<<40-body.N, err)
	}
}

type spacesForever struct{}

func (spacesForever) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// TestListingAllocations keeps the memory of a page to a few allocations, as
// long as there is nothing unusual in it.
func TestListingAllocations(t *testing.T) {
	doc := []byte(pageOf(1000))
	perPage := testing.AllocsPerRun(10, func() {
		if l, err := Read(bytes.NewReader(doc), nil); err != nil || len(l.objects) != 1000 {
			t.Fatal(len(l.objects), err)
		}
	})
	if perPage > 100 { // the race detector has the pool forget at random
		t.Errorf("%v allocations for 1000 entries", perPage)
	}
}

// TestListingsOfSim reads what the simulator answers.
func TestListingsOfSim(t *testing.T) {
	srv, err := s3sim.Start(s3sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	srv.CreateBucket("glacier")
	oddKeys := []string{"a b+c.hdf", "d/%2B?#&=.hdf", "e/ä/\u2028\x01.hdf", "f//g/", "h'\"<>&.hdf"}
	for _, key := range oddKeys {
		srv.Put("glacier", key, s3sim.Object{Size: 1, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(72 * time.Hour)})
		srv.Put("glacier", "archived/"+key, s3sim.Object{Size: 1, StorageClass: "DEEP_ARCHIVE"})
	}
	var seen bytes.Buffer
	client := s3.New(s3.Options{
		Region: srv.Region(), BaseEndpoint: aws.String(srv.URL()), UsePathStyle: true, HTTPClient: recorder{&seen},
		Credentials: credentials.NewStaticCredentialsProvider("reconcile", "reconcile-secret", ""),
	})
	in := &s3.ListObjectsV2Input{
		Bucket: aws.String("glacier"), EncodingType: types.EncodingTypeUrl, MaxKeys: aws.Int32(3),
		OptionalObjectAttributes: []types.OptionalObjectAttributes{types.OptionalObjectAttributesRestoreStatus},
	}
	var n int
	for pages := s3.NewListObjectsV2Paginator(client, in); pages.HasMorePages(); {
		seen.Reset()
		if _, err := pages.NextPage(t.Context()); err != nil {
			t.Fatal(err)
		}
		page, err := sameAsSDK(t, seen.String())
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Objects)
	}
	if n != 2*len(oddKeys) {
		t.Errorf("%d objects", n)
	}
}

// recorder keeps the body of every answer.
type recorder struct{ into *bytes.Buffer }

func (r recorder) Do(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.TeeReader(resp.Body, r.into), resp.Body}
	return resp, nil
}
