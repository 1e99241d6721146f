package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// The digest is the head of the report that was written.
func TestDigest(t *testing.T) {
	now := time.Date(2026, 11, 3, 4, 5, 6, 0, time.UTC)
	r := New(Options{Rows: RowsAll, Command: "run", Now: func() time.Time { return now }})
	defer r.Close()
	for _, s := range []reconcile.Status{reconcile.Copied, reconcile.Failed} {
		if err := r.Add(reconcile.Outcome{Source: reconcile.Object{Location: reconcile.Location{Bucket: "b", Key: "<k>"}}, Status: s}); err != nil {
			t.Fatal(err)
		}
	}
	run, sent := Run{ID: "id", StartedAt: now, Source: "b"}, map[string]int64{"HeadObject": 2}
	var whole bytes.Buffer
	if err := r.Write(t.Context(), run, sent, nil, []Destination{{Path: "-", Format: JSON}}, Sinks{Stdout: &whole}); err != nil {
		t.Fatal(err)
	}
	digest, err := r.Digest(run, sent)
	if err != nil {
		t.Fatal(err)
	}
	var want, got map[string]any
	if err := json.Unmarshal(whole.Bytes(), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(digest, &got); err != nil || bytes.ContainsRune(digest, '\n') {
		t.Fatalf("%v in %s", err, digest)
	}
	delete(want, "objects")
	delete(want, "breakdown") // an answer is short
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s, want the head of %s", digest, whole.Bytes())
	}
}
