package event_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"reconcile/internal/event"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// resultString is what S3 Batch is told of an outcome.
func resultString(t testing.TB, o reconcile.Outcome) string {
	t.Helper()
	e := decode(t, []byte(`{"tasks":[{"taskId":"1","s3Key":"k","s3Bucket":"b"}]}`))
	body, _ := event.Answer(e, []reconcile.Outcome{o})
	return batchResults(t, body)[0].ResultString
}

func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// randomOutcome is any outcome that an object of an event can have.
func randomOutcome(r *rand.Rand) reconcile.Outcome {
	o := reconcile.Outcome{
		Source: reconcile.Object{
			Location:     reconcile.Location{Bucket: "glacier", Key: pick(r, "k", "a/ü <&>\n\x01\u2028.hdf", strings.Repeat("é", 500), `"\`)},
			Size:         pick(r, int64(0), 1, 1<<40),
			ETag:         pick(r, "", "abc-2"),
			StorageClass: pick(r, "GLACIER", "STANDARD"),
		},
		Target:    pick(r, reconcile.Object{}, reconcile.Object{Location: reconcile.Location{Bucket: "protected", Key: "t/k"}}),
		Status:    pick(r, reconcile.Statuses()...),
		ErrorKind: pick(r, reconcile.Throttled, reconcile.Other, ""),
		Message:   pick(r, "", "went wrong: <&> \"ü\"", strings.Repeat("ü", 100)),
		Attempts:  r.IntN(4),
		Method:    pick(r, "", reconcile.MethodCopy, reconcile.MethodMultipart),
		Proof:     pick(r, "", reconcile.ProofChecksum, reconcile.ProofSize),
		Elapsed:   time.Duration(r.Int64N(int64(time.Hour))),
	}
	if r.IntN(2) == 0 {
		o.Source.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: time.Unix(r.Int64N(1<<32), 5)}
	}
	return o
}

// The result string is byte for byte the report's row, without the later
// columns that have nothing to say, and is read back as the
// outcome with the same row.
func TestResultRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		o := randomOutcome(r)
		row := report.RowOf(o)
		s := resultString(t, o)
		if want := rowJSON(t, row); s != want {
			t.Fatalf("%s, want %s", s, want)
		}
		got, ok := event.ReadResult(s)
		if !ok || rowJSON(t, report.RowOf(got)) != s {
			t.Fatalf("%s: read as %+v", s, got)
		}
	}
}

func rowJSON(t testing.TB, row report.Row) string {
	return asJSON(t, report.Compact{Row: row})
}

func asJSON(t testing.TB, row any) string {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(row); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// A result string is bounded. A long message is cut first; a row that is too
// long all the same is told in words.
func TestResultBounded(t *testing.T) {
	o := outcome(event.Item{Location: reconcile.Location{Bucket: "b", Key: "k"}}, reconcile.Failed, reconcile.Network, "")
	for _, unit := range []string{"x", "ü", "\"", "\x01", "\u2028"} {
		for _, length := range []int{3000, 3700, 3800, 3900, 4000, 10000} {
			o.Message = strings.Repeat(unit, length/len(unit))
			s := resultString(t, o)
			got, ok := event.ReadResult(s)
			if len(s) > 4096 || !utf8.ValidString(s) {
				t.Errorf("%q: %d bytes", unit, len(s))
			}
			if ok && (got.Status != reconcile.Failed || got.Source.Key != "k" || !strings.HasPrefix(o.Message, got.Message)) {
				t.Errorf("%q: %+v", unit, got)
			}
			if !ok && !strings.HasPrefix(s, "failed: "+unit) {
				t.Errorf("%q: %.40s", unit, s)
			}
			if unit == "x" && (!ok || length > 3900 && len(s) != 4096) {
				t.Errorf("%d of %q: %d bytes, row %v", length, unit, len(s), ok)
			}
		}
	}
	o.Message, o.Source.Key = "why", strings.Repeat("\x01", 1024)
	if s := resultString(t, o); s != "failed: why" {
		t.Errorf("%.80s", s)
	}
	o.Source.Key, o.Target.Key = strings.Repeat("é", 512), strings.Repeat("é", 512)
	if got, ok := event.ReadResult(resultString(t, o)); !ok || got.Source.Key != o.Source.Key {
		t.Error("the longest keys of S3 do not fit")
	}
}

// What is no row of ours is not taken for one.
func TestReadResultRefuses(t *testing.T) {
	for _, s := range []string{
		"", "failed: why", "{}", "null", "5", `{"status":"copied"}`, `{"status":"done","source_key":"k"}`,
		`{"status":"copied","source_key":null}`, `{"status":5,"source_key":"k"}`,
		`{"status":"copied","source_key":"k"} x`,
		`Lambda returned function error: {"errorMessage":"File copy failed."}`,
	} {
		if o, ok := event.ReadResult(s); ok {
			t.Errorf("%s: read as %+v", s, o)
		}
	}
	if o, ok := event.ReadResult(`{"status":"copied","source_key":"k","restore_expiry":"soon"}`); !ok || fmt.Sprint(o.Source.Location) != "s3:///k" {
		t.Errorf("%+v %v", o, ok)
	}
}
