package s3sim

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestRestoreRunsThroughItsStates(t *testing.T) {
	now := time.Date(2012, 10, 15, 10, 30, 0, 0, time.UTC)
	s := start(t, Config{
		Now:          func() time.Time { return now },
		RestoreDelay: func(class, tier string) time.Duration { return 4 * time.Hour },
	})
	c := client(s)
	key := aws.String("k")
	s.Put("glacier", "k", Object{Size: 1, StorageClass: "GLACIER"})
	restore := func(days int32) error {
		_, err := c.RestoreObject(ctx, &s3.RestoreObjectInput{
			Bucket: aws.String("glacier"), Key: key, RestoreRequest: &types.RestoreRequest{Days: aws.Int32(days)},
		})
		return err
	}
	head := func() string {
		out := must(c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("glacier"), Key: key}))(t)
		if out.StorageClass != types.StorageClassGlacier {
			t.Errorf("class %q", out.StorageClass)
		}
		return aws.ToString(out.Restore)
	}
	if err := restore(3); err != nil || head() != `ongoing-request="true"` {
		t.Fatal(err, head())
	}
	wantError(t, restore(3), 409, "RestoreAlreadyInProgress")
	_, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("glacier"), Key: key})
	wantError(t, err, 403, "InvalidObjectState")
	now = now.Add(5 * time.Hour)
	if got := head(); got != `ongoing-request="false", expiry-date="Fri, 19 Oct 2012 00:00:00 GMT"` {
		t.Error(got)
	}
	must(c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("glacier"), Key: key}))(t)
	if err := restore(10); err != nil {
		t.Error(err)
	}
	if info, _ := s.Get("glacier", "k"); info.Restore != "restored" || info.RestoreExpiry.Day() != 26 {
		t.Errorf("%+v", info)
	}
	now = now.AddDate(0, 0, 20)
	if head() != "" {
		t.Error("the copy did not lapse")
	}
	_, err = c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("glacier"), Key: key})
	wantError(t, err, 403, "InvalidObjectState")
}

func TestRestoreRules(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	days := func(n int32, tier types.Tier) *types.RestoreRequest {
		return &types.RestoreRequest{Days: aws.Int32(n), GlacierJobParameters: &types.GlacierJobParameters{Tier: tier}}
	}
	for name, tc := range map[string]struct {
		object Object
		in     *types.RestoreRequest
		status int
		code   string
	}{
		"bulk":               {Object{StorageClass: "GLACIER"}, days(1, "Bulk"), 202, ""},
		"expedited":          {Object{StorageClass: "GLACIER"}, days(1, "Expedited"), 202, ""},
		"deep":               {Object{StorageClass: "DEEP_ARCHIVE"}, days(1, "Standard"), 202, ""},
		"deep and expedited": {Object{StorageClass: "DEEP_ARCHIVE"}, days(1, "Expedited"), 503, "GlacierExpeditedRetrievalNotAvailable"},
		"tier unknown":       {Object{StorageClass: "GLACIER"}, days(1, "Soon"), 400, "MalformedXML"},
		"no days":            {Object{StorageClass: "GLACIER"}, &types.RestoreRequest{}, 400, "MalformedXML"},
		"standard":           {Object{}, days(1, "Bulk"), 403, "InvalidObjectState"},
		"instant retrieval":  {Object{StorageClass: "GLACIER_IR"}, days(1, "Bulk"), 403, "InvalidObjectState"},
		"intelligent":        {Object{StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "ARCHIVE_ACCESS"}, &types.RestoreRequest{}, 202, ""},
		"intelligent, days":  {Object{StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "ARCHIVE_ACCESS"}, days(1, "Bulk"), 400, "InvalidArgument"},
		"intelligent online": {Object{StorageClass: "INTELLIGENT_TIERING"}, &types.RestoreRequest{}, 403, "InvalidObjectState"},
	} {
		t.Run(name, func(t *testing.T) {
			s.Put("glacier", "k", tc.object)
			_, err := c.RestoreObject(ctx, &s3.RestoreObjectInput{Bucket: aws.String("glacier"), Key: aws.String("k"), RestoreRequest: tc.in})
			if tc.status != 202 {
				wantError(t, err, tc.status, tc.code)
			} else if err != nil {
				t.Error(err)
			} else if _, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("glacier"), Key: aws.String("k")}); err != nil {
				t.Error("not readable at the next look:", err)
			}
		})
	}
}

func TestExpiryIsTheNextMidnight(t *testing.T) {
	for from, want := range map[string]string{
		"2012-10-15T10:30:00Z": "2012-10-19T00:00:00Z",
		"2012-10-15T00:00:00Z": "2012-10-18T00:00:00Z",
		"2012-12-30T23:59:59Z": "2013-01-03T00:00:00Z",
	} {
		at := must(time.Parse(time.RFC3339, from))(t)
		if got := expiryAfter(at, 3).Format(time.RFC3339); got != want {
			t.Errorf("%s: got %s, want %s", from, got, want)
		}
	}
}

func TestArchiveStatusAndActiveTierQuirk(t *testing.T) {
	s := start(t, Config{Quirks: Quirks{ActiveTierErrorCode: true}})
	c := client(s)
	s.Put("glacier", "k", Object{StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "DEEP_ARCHIVE_ACCESS"})
	out := must(c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("glacier"), Key: aws.String("k")}))(t)
	if out.ArchiveStatus != types.ArchiveStatusDeepArchiveAccess {
		t.Errorf("%+v", out)
	}
	_, err := c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: aws.String("archive"), Key: aws.String("k"), CopySource: aws.String("glacier/k")})
	wantError(t, err, 403, "ObjectNotInActiveTierError")
}

// TestFasterTier: a restore under way takes a faster tier and no other, and
// keeps its days.
func TestFasterTier(t *testing.T) {
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	s := start(t, Config{Now: func() time.Time { return now }, RestoreDelay: PublishedDelay})
	c := client(s)
	s.Put("glacier", "k", Object{Size: 1, StorageClass: "GLACIER"})
	ask := func(days int32, tier types.Tier) error {
		_, err := c.RestoreObject(ctx, &s3.RestoreObjectInput{
			Bucket: aws.String("glacier"), Key: aws.String("k"),
			RestoreRequest: &types.RestoreRequest{Days: aws.Int32(days), GlacierJobParameters: &types.GlacierJobParameters{Tier: tier}},
		})
		return err
	}
	if err := ask(3, types.TierBulk); err != nil {
		t.Fatal(err)
	}
	wantError(t, ask(3, types.TierBulk), 409, "RestoreAlreadyInProgress")
	if err := ask(9, types.TierStandard); err != nil {
		t.Fatal(err)
	}
	wantError(t, ask(3, types.TierBulk), 409, "RestoreAlreadyInProgress")
	now = now.Add(5 * time.Hour)
	if info, _ := s.Get("glacier", "k"); info.Restore != "restored" || info.RestoreExpiry.Day() != 29 {
		t.Errorf("%s until %v", info.Restore, info.RestoreExpiry)
	}
}
