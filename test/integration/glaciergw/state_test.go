package glaciergw

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestMidnightAfter(t *testing.T) {
	at := func(s string) time.Time {
		parsed, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for _, c := range []struct {
		from string
		days int32
		want string
	}{
		// The example of S3's documentation of temporary copies.
		{"2012-10-15T10:30:00Z", 3, "2012-10-19T00:00:00Z"},
		{"2012-10-15T00:00:00Z", 1, "2012-10-16T00:00:00Z"},
		{"2012-10-15T00:00:01Z", 1, "2012-10-17T00:00:00Z"},
		{"2012-10-15T23:30:00-02:00", 1, "2012-10-18T00:00:00Z"},
	} {
		if got := midnightAfter(at(c.from), c.days); !got.Equal(at(c.want)) {
			t.Errorf("%d days from %s: %v, want %s", c.days, c.from, got, c.want)
		}
	}
}

// An archived object is readable only between the end of its restore and its
// expiry, and says so the same way in heads and in listings.
func TestRestoreOverTime(t *testing.T) {
	asked := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	all := states{objects: map[name]state{}}
	n := name{"b", "k"}
	all.put(n, types.StorageClassGlacier)
	if accepted, err := all.restore(n, 1, asked); !accepted || err != nil {
		t.Fatalf("restore: accepted %v, error %v", accepted, err)
	}
	for _, c := range []struct {
		after    time.Duration
		readable bool
		header   string
	}{
		{0, false, `ongoing-request="true"`},
		{restoreDelay - time.Second, false, `ongoing-request="true"`},
		{restoreDelay, true, `ongoing-request="false", expiry-date="Wed, 07 Jan 2026 00:00:00 GMT"`},
		{38*time.Hour - time.Second, true, `ongoing-request="false", expiry-date="Wed, 07 Jan 2026 00:00:00 GMT"`},
		{38 * time.Hour, false, ""},
	} {
		now, o := asked.Add(c.after), all.get(n)
		header := ""
		if h := o.header(now); h != nil {
			header = *h
		}
		if o.readable(now) != c.readable || header != c.header || (o.status(now) != nil) != (c.header != "") {
			t.Errorf("after %v: readable %v, header %q, status %v", c.after, o.readable(now), header, o.status(now))
		}
	}
}
