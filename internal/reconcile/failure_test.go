package reconcile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// Failures for one reason are one group, whose cause names neither an object nor
// a request: both are others for each of them.
func TestCauseOfManyFailures(t *testing.T) {
	var tally reconcile.Tally
	for i := range 20 {
		key := fmt.Sprintf("k%02d.hdf", i)
		o := reconcile.Outcome{Status: reconcile.Failed, ErrorKind: reconcile.AccessDenied, ErrorCode: "AccessDenied", ErrorBucket: "archive",
			Message: fmt.Sprintf("CopyObject s3://archive/%s: AccessDenied: denied; needs s3:PutObject on s3://archive/%s (request %d)", key, key, 7919*i)}
		o.Source.Location, o.Target.Location = reconcile.Location{Bucket: "glacier", Key: key}, reconcile.Location{Bucket: "archive", Key: key}
		tally.Add(&o, time.Now)
	}
	var s reconcile.Summary
	tally.AddTo(&s)
	all := s.Failures
	if len(all) != 1 || all[0].Objects != 20 {
		t.Fatalf("groups: %+v", all)
	}
	if want := "CopyObject s3://archive/…: AccessDenied: denied; needs s3:PutObject on s3://archive/…"; all[0].Cause != want {
		t.Errorf("cause %q, want %q", all[0].Cause, want)
	}
}

// One cause at two buckets is one cause in the first sentence.
func TestHeadlineOfTwoBuckets(t *testing.T) {
	s := reconcile.Summary{Counts: map[reconcile.Status]int64{reconcile.Failed: 60}, Failures: []reconcile.FailureGroup{
		{Bucket: "one", Kind: reconcile.AccessDenied, Code: "AccessDenied", Objects: 40, Cause: "CopyObject s3://one/…: AccessDenied"},
		{Bucket: "two", Kind: reconcile.AccessDenied, Code: "AccessDenied", Objects: 20, Cause: "CopyObject s3://two/…: AccessDenied"},
	}}
	if is, want := s.Headline("run", ""), "60 of 60 copies refused: CopyObject s3://one/…: AccessDenied; the same at s3://two"; is != want {
		t.Errorf("%q, want %q", is, want)
	}
}

// The first sentence of a run that reached nothing does not say that there was
// nothing.
func TestHeadlineOfNothingReached(t *testing.T) {
	s := reconcile.Summary{}
	if is := s.Headline("run", "the listing failed"); !strings.Contains(is, "no object was reached") || strings.Contains(is, "found") {
		t.Errorf("%q", is)
	}
	if is := s.Headline("run", ""); is != "no objects were found" {
		t.Errorf("%q", is)
	}
}
