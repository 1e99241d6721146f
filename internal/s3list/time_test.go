package s3list

import (
	"testing"
	"time"
)

// TestDatesOfServers reads one moment in every notation that servers use for
// it, and refuses what could be another one.
func TestDatesOfServers(t *testing.T) {
	want := time.Date(2050, 12, 2, 13, 4, 5, 0, time.UTC)
	for _, text := range []string{
		"2050-12-02T13:04:05.000Z", "2050-12-02T13:04:05Z", "2050-12-02T13:04:05+0000", "2050-12-02T13:04:05.000+0000",
		"2050-12-02T13:04:05+00:00", "2050-12-02T14:04:05+01:00", "2050-12-02T14:04:05+0100", "2050-12-02T13:04:05",
		"2050-12-02 13:04:05 +0000 UTC", "2050-12-02 13:04:05 UTC", "20501202T130405Z", " 2050-12-02T13:04:05z\n",
		"Fri, 02 Dec 2050 13:04:05 GMT", "Fri, 2 Dec 2050 13:04:05 GMT", "Fri, 02 December 2050 13:04:05 GMT",
		"Fri, 2 December 2050 13:04:05 UTC", "Fri, 02 Dec 2050 13:04:05 +0000", "Fri, 02 Dec 2050 14:04:05 +0100",
		"Friday, 2 Dec 2050 13:04:05 GMT", "Friday, 02-Dec-50 13:04:05 GMT", "2 Dec 2050 13:04:05 Z", "Fri Dec  2 13:04:05 2050",
	} {
		if got, ok := ParseTime(text); !ok || !got.Equal(want) {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "soon", "0", "2050-12-02", "Fri, 02 Dec 2050 13:04:05 PST", "Fri, 31 Feb 2050 13:04:05 GMT", "2050-13-02T13:04:05Z", "Frost, 2 Dec 2050 13:04:05 GMT"} {
		if got, ok := ParseTime(text); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestWeakETag takes the value of an ETag that a proxy has weakened.
func TestWeakETag(t *testing.T) {
	for _, etag := range []string{`W/"e-2"`, "W/&quot;e-2&quot;", `"e-2"`, "&quot;e-2&quot;", "e-2"} {
		page, err := listByUs(head + "<Contents><Key>k</Key><Size>1</Size><ETag>" + etag + "</ETag></Contents>" + tail)
		if err != nil || page.Objects[0].ETag != "e-2" {
			t.Errorf("%s: %+v, %v", etag, page, err)
		}
	}
}
