package event_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/event"
	"reconcile/internal/reconcile"
)

func init() { debug.SetGCPercent(400) } // memory is no matter here

// checkEvent checks what must hold of every event, and of its answers,
// whatever the outcomes.
func checkEvent(t *testing.T, e event.Event) {
	t.Helper()
	if (e.Run != nil) != (e.Protocol == event.Schedule) || e.Run != nil && len(e.Items) > 0 {
		t.Fatalf("%+v", e)
	}
	if e.Run != nil {
		return
	}
	named := 0
	for _, i := range e.Items {
		checkItem(t, i)
		if i.Named() {
			named++
		}
	}
	for _, n := range e.Objects() {
		named -= len(n.Items)
	}
	if named != 0 {
		t.Fatalf("%d items are in no object", named)
	}
	statuses := append(reconcile.Statuses(), "")
	for k := range statuses {
		checkAnswer(t, e, outcomes(e, slices.Concat(statuses[k:], statuses[:k])...))
	}
	checkAnswer(t, e, nil)
}

// checkItem: every item names an object, or says why it does not.
func checkItem(t *testing.T, i event.Item) {
	t.Helper()
	switch {
	case i.Ignored != "" && i.Malformed != nil:
		t.Fatalf("both ignored and malformed: %+v", i)
	case i.Named() && (i.Location.Bucket == "" || i.Location.Key == ""):
		t.Fatalf("names nothing: %+v", i)
	case i.Alternate != "" && (!i.Named() && i.Told != event.Lapsed || i.Alternate == i.Location.Key):
		t.Fatalf("no other reading: %+v", i)
	}
}

// checkAnswer: every item is answered exactly once, and the error says so when
// one failed that the body cannot name.
func checkAnswer(t *testing.T, e event.Event, given []reconcile.Outcome) {
	t.Helper()
	body, err := event.Answer(e, given)
	if !json.Valid(body) {
		t.Fatalf("no JSON: %s", body)
	}
	failed := event.Failed(e, given)
	switch e.Protocol {
	case event.SQS:
		checkMessages(t, body, failed, err)
	case event.Batch:
		checkTasks(t, e, body, err)
	case event.Map:
		a := readMap(t, body, err)
		if len(a.Statuses) != len(e.Items) || a.Success != (failed == nil) {
			t.Fatalf("%d items: %s", len(e.Items), body)
		}
	default:
		checkRows(t, e, given, body)
		if errorText(err) != errorText(failed) {
			t.Fatalf("error %v, want %v", err, failed)
		}
	}
}

func checkRows(t *testing.T, e event.Event, given []reconcile.Outcome, body []byte) {
	t.Helper()
	var rows []event.Row
	if err := json.Unmarshal(body, &rows); err != nil || len(rows) != len(e.Items) {
		t.Fatalf("%d items: %s", len(e.Items), body)
	}
	for i, row := range rows {
		want := e.Items[i].Named() && i < len(given) && given[i].Success()
		if row.Success != want || (row.ErrMsg == "") != want {
			t.Fatalf("%s: %+v", describe(e.Items[i]), row)
		}
	}
}

func checkMessages(t *testing.T, body []byte, failed, err error) {
	t.Helper()
	var answer struct {
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if e := json.Unmarshal(body, &answer); e != nil {
		t.Fatal(e)
	}
	seen := map[string]bool{"": true}
	for _, f := range answer.BatchItemFailures {
		if seen[f.ItemIdentifier] {
			t.Fatalf("named twice, or not at all: %s", body)
		}
		seen[f.ItemIdentifier] = true
	}
	if (failed != nil) != (len(answer.BatchItemFailures) > 0 || err != nil) {
		t.Fatalf("%v: %s %v", failed, body, err)
	}
}

func checkTasks(t *testing.T, e event.Event, body []byte, err error) {
	t.Helper()
	results := batchResults(t, body)
	if len(results) > len(e.Items) || (err == nil) != (len(results) == len(e.Items)) {
		t.Fatalf("%d items: %s", len(e.Items), body)
	}
	for _, r := range results {
		if r.TaskID == "" || len(r.ResultString) > 4096 ||
			r.ResultCode != "Succeeded" && r.ResultCode != "TemporaryFailure" && r.ResultCode != "PermanentFailure" {
			t.Fatalf("%+v", r)
		}
	}
}

// FuzzDecode: no payload makes Decode panic, or gives an event that cannot be
// answered in full.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		f.Add(sample(f, name))
		f.Add([]byte(inSQS(name, string(sample(f, name)))))
		f.Add([]byte(snsToLambda(string(sample(f, name)))))
	}
	f.Add([]byte(`{"key":"+"}`)) // found by the fuzzer: a second reading of nothing
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, err := event.Decode(payload)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "no event: ") || len(e.Items) > 0 || e.Run != nil {
				t.Fatalf("%v %+v", err, e)
			}
			return
		}
		checkEvent(t, e)
	})
}

// FuzzReadResult: what is read as an outcome says the same when told again.
func FuzzReadResult(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		f.Add(resultString(f, randomOutcome(r)))
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, ok := event.ReadResult(s)
		if !ok {
			return
		}
		again := resultString(t, o)
		if len(again) > 4096 {
			t.Fatalf("%d bytes", len(again))
		}
		if p, ok := event.ReadResult(again); ok && resultString(t, p) != again {
			t.Fatalf("%s\nthen %s", again, resultString(t, p))
		}
	})
}

// Whatever the mixture of records and messages, every one is answered once.
func TestEveryItemAnswered(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		var records []string
		for n := range r.IntN(6) {
			records = append(records, randomRecord(r, n, 2))
		}
		list := strings.Join(records, ",")
		payload := pick(r, `{"Records":[%s]}`, `{"objects":[%s]}`, `{"Items":[%s]}`, `{"tasks":[%s]}`, `{"BatchInput":{"bucket":"b"},"Items":[%s]}`)
		e := decode(t, fmt.Appendf(nil, payload, list))
		if want := len(records); !strings.Contains(payload, "Records") && len(e.Items) != want {
			t.Fatalf("%d items of %d: %s", len(e.Items), want, list)
		}
		checkEvent(t, e)
	}
}

// randomRecord is a good or bad record of any sender.
func randomRecord(r *rand.Rand, n, depth int) string {
	if depth > 0 && r.IntN(3) == 0 {
		body := `{"Records":[` + randomRecord(r, n, depth-1) + `,` + randomRecord(r, n, depth-1) + `]}`
		return pick(r,
			fmt.Sprintf(`{"messageId":"%d","body":%s}`, n, quoted(body)),
			`{"body":`+quoted(body)+`}`,
			`{"Sns":`+inSNS(body)+`}`)
	}
	return pick(r,
		`{"eventName":"ObjectRestore:Completed","s3":{"bucket":{"name":"b"},"object":{"key":"k+1"}}}`,
		`{"eventName":"ObjectRestore:Delete","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}`,
		`{"s3":{"object":{"key":"k"}}}`,
		fmt.Sprintf(`{"messageId":"%d","body":"nonsense"}`, n),
		fmt.Sprintf(`{"taskId":"%d","s3Key":"k%%2B+","s3Bucket":"b"}`, n),
		`{"bucket":"b","key":"k%20"}`, `{"source_bucket":"b","source_key":"k"}`,
		`"k"`, `{}`, `null`, `[]`, `5`)
}
