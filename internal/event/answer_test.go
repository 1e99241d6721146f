package event_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"reconcile/internal/event"
	"reconcile/internal/reconcile"
)

// outcome is of an item's object, which belongs in the bucket "protected".
func outcome(i event.Item, s reconcile.Status, kind reconcile.Kind, message string) reconcile.Outcome {
	return reconcile.Outcome{
		Source:    reconcile.Object{Location: i.Location},
		Target:    reconcile.Object{Location: reconcile.Location{Bucket: "protected", Key: i.Location.Key}},
		Status:    s,
		ErrorKind: kind,
		Message:   message,
	}
}

// outcomes are of all items of an event, in turn.
func outcomes(e event.Event, statuses ...reconcile.Status) []reconcile.Outcome {
	all := make([]reconcile.Outcome, len(e.Items))
	for i, item := range e.Items {
		if item.Named() {
			all[i] = outcome(item, statuses[i%len(statuses)], "", "")
		}
	}
	return all
}

// The seed's sample event is answered with the seed's list.
func TestSeedAnswer(t *testing.T) {
	row := func(success bool, message string) string {
		return fmt.Sprintf(`[{"source_key":%q,"source_bucket":"my-dr-fake-glacier-bucket","target_bucket":"protected","success":%v,"err_msg":%q}]`,
			seedKey, success, message)
	}
	denied := "An error occurred (AccessDenied) when calling the copy_object operation: Unknown"
	tests := []struct {
		status  reconcile.Status
		kind    reconcile.Kind
		message string
		want    string
		fails   bool
	}{
		{reconcile.Copied, "", "", row(true, ""), false},
		{reconcile.Present, "", "", row(true, ""), false},
		{reconcile.LeftOnline, "", "", row(true, ""), false},
		{reconcile.Excluded, "", "rule 3", row(true, ""), false},
		{reconcile.InRestore, "", "", row(false, "restoring"), false},
		{reconcile.InRestore, "", "asked for at noon", row(false, "asked for at noon"), false},
		{reconcile.NotRestored, "", "", row(false, "not_restored"), false},
		{reconcile.Failed, reconcile.AccessDenied, denied, row(false, denied), true},
		{reconcile.Differs, "", "sizes 1 and 2", row(false, "sizes 1 and 2"), true},
		{reconcile.Unrouted, "", "", row(false, "unrouted"), true},
		{reconcile.Canceled, "", "deadline", row(false, "deadline"), true},
		{"nonsense", "", "", row(false, "nonsense"), true},
	}
	e := decode(t, sample(t, "seed"))
	for _, tt := range tests {
		body, err := event.Answer(e, []reconcile.Outcome{outcome(e.Items[0], tt.status, tt.kind, tt.message)})
		if string(body) != tt.want {
			t.Errorf("%s: %s, want %s", tt.status, body, tt.want)
		}
		wantErr := ""
		if tt.fails {
			wantErr = "File copy failed. " + tt.want
		}
		if got := errorText(err); got != wantErr {
			t.Errorf("%s: error %q, want %q", tt.status, got, wantErr)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// One bad record stops no other: each has its row, and the error carries all.
func TestMixedAnswer(t *testing.T) {
	e := decode(t, sample(t, "notification-mixed"))
	body, err := event.Answer(e, outcomes(e, reconcile.Copied))
	var rows []event.Row
	if json.Unmarshal(body, &rows) != nil || len(rows) != len(e.Items) {
		t.Fatalf("%s", body)
	}
	for i, item := range e.Items {
		row := rows[i]
		switch {
		case row.Success != item.Named() || (row.ErrMsg == "") != row.Success:
			t.Errorf("%s: %+v", describe(item), row)
		case item.Ignored != "" && row.ErrMsg != "ignored: "+item.Ignored:
			t.Errorf("%s: %+v", describe(item), row)
		case row.SourceKey != item.Location.Key || row.SourceBucket != item.Location.Bucket:
			t.Errorf("%s: %+v", describe(item), row)
		}
	}
	var failed *event.CopyRequestError
	if !errors.As(err, &failed) || len(failed.Rows) != len(e.Items) || failed.Error() != "File copy failed. "+string(body) {
		t.Errorf("error %v", err)
	}
}

// A list of ignored events and of what is still being restored fails nothing,
// an empty list and a test event are answered with an empty one.
func TestQuietAnswers(t *testing.T) {
	for payload, want := range map[string]string{
		string(sample(t, "notification-test")): `[]`,
		`{"Records":[]}`:                       `[]`,
		`{"objects":[]}`:                       `[]`,
		`{"tasks":[]}`:                         `{"invocationSchemaVersion":"","treatMissingKeysAs":"PermanentFailure","invocationId":"","results":[]}`,
		`{"Items":[]}`:                         `{"success":true,"summary":{},"statuses":[],"failed":[],"failed_left_out":0,"rows":[]}`,
		inSQS("1", string(sample(t, "notification-test"))): `{"batchItemFailures":[]}`,
		inSQS("1", `{"Records":[]}`):                       `{"batchItemFailures":[]}`,
		string(sample(t, "eventbridge-expired")): `[{"source_key":"2019/a+b%20c.hdf","source_bucket":"glacier","target_bucket":"","success":false,` +
			`"err_msg":"ignored: Object Restore Expired: the restored copy is gone, nothing to copy"}]`,
	} {
		e := decode(t, []byte(payload))
		body, err := event.Answer(e, nil)
		if err != nil || string(body) != want {
			t.Errorf("%s: %s %v, want %s", payload, body, err, want)
		}
		if err := event.Failed(e, nil); err != nil {
			t.Errorf("%s: %v", payload, err)
		}
	}
}

// The row names the object that was found, be it under the other reading of
// its key, and < > & stay as they are.
func TestAlternateAnswer(t *testing.T) {
	e := decode(t, []byte(`{"detail-type":"Object Restore Completed","detail":{"bucket":{"name":"b"},"object":{"key":"a+%3C%26%3E"}}}`))
	o := outcome(e.Items[0], reconcile.Copied, "", "")
	o.Source.Key = e.Items[0].Alternate
	body, err := event.Answer(e, []reconcile.Outcome{o})
	want := `[{"source_key":"a <&>","source_bucket":"b","target_bucket":"protected","success":true,"err_msg":""}]`
	if err != nil || string(body) != want {
		t.Errorf("%s %v, want %s", body, err, want)
	}
}

// Only failed messages come back: one with a failed record, once, one that
// cannot be read, one that was not reached; not what is ignored or restoring.
func TestMessageAnswer(t *testing.T) {
	first, third := "059f36b4-87a3-44ab-83d2-661975830a7d", "3"
	tests := []struct {
		statuses []reconcile.Status // of one two.hdf, three.hdf, -, four.hdf, -
		want     []string
	}{
		{[]reconcile.Status{reconcile.Copied, reconcile.InRestore, "", reconcile.Present, ""}, []string{third}},
		{[]reconcile.Status{reconcile.Copied, reconcile.Failed, "", reconcile.Present, ""}, []string{first, third}},
		{[]reconcile.Status{reconcile.Failed, reconcile.Differs, "", reconcile.Canceled, ""}, []string{first, third, "4"}},
		{[]reconcile.Status{reconcile.NotRestored, reconcile.Excluded, "", reconcile.Unrouted, ""}, []string{third, "4"}},
	}
	e := decode(t, sample(t, "sqs"))
	for _, tt := range tests {
		body, err := event.Answer(e, outcomes(e, tt.statuses...))
		want := `{"batchItemFailures":[{"itemIdentifier":"` + strings.Join(tt.want, `"},{"itemIdentifier":"`) + `"}]}`
		if err != nil || string(body) != want {
			t.Errorf("%v: %s %v, want %s", tt.statuses, body, err, want)
		}
		if event.Failed(e, outcomes(e, tt.statuses...)) == nil {
			t.Errorf("%v: nothing failed", tt.statuses)
		}
	}
}

// A failed message without an id cannot be named: the invocation fails, and
// all messages come back.
func TestUnnamedFailures(t *testing.T) {
	object := quoted(`{"objects":[{"bucket":"b","key":"k"}]}`)
	for _, payload := range []string{
		`{"Records":[{"messageId":"1","body":` + object + `},{"body":` + object + `}]}`,
		`{"Records":[{"messageId":"1","body":` + object + `},5]}`,
		`{"tasks":[{"s3Key":"k","s3Bucket":"b"},{"taskId":"2","s3Key":"k","s3Bucket":"b"}]}`,
		`{"tasks":[null]}`,
	} {
		e := decode(t, []byte(payload))
		body, err := event.Answer(e, outcomes(e, reconcile.Failed))
		var failed *event.CopyRequestError
		if !errors.As(err, &failed) || len(failed.Rows) != len(e.Items) || !json.Valid(body) || strings.Contains(string(body), `""}`) {
			t.Errorf("%s: %s %v", payload, body, err)
		}
	}
}

// A task's code says whether sending it again can help.
func TestBatchAnswer(t *testing.T) {
	tests := []struct {
		status reconcile.Status
		kind   reconcile.Kind
		want   string
	}{
		{reconcile.Copied, "", "Succeeded"},
		{reconcile.Present, "", "Succeeded"},
		{reconcile.LeftOnline, "", "Succeeded"},
		{reconcile.Excluded, "", "Succeeded"},
		{reconcile.InRestore, "", "TemporaryFailure"},
		{reconcile.Canceled, "", "TemporaryFailure"},
		{reconcile.Failed, reconcile.Throttled, "TemporaryFailure"},
		{reconcile.Failed, reconcile.Network, "TemporaryFailure"},
		{reconcile.Failed, reconcile.AccessDenied, "PermanentFailure"},
		{reconcile.Failed, reconcile.NotFound, "PermanentFailure"},
		{reconcile.Failed, reconcile.Unreadable, "PermanentFailure"},
		{reconcile.Failed, reconcile.Integrity, "PermanentFailure"},
		{reconcile.Failed, "", "PermanentFailure"},
		{reconcile.Differs, reconcile.Throttled, "PermanentFailure"},
		{reconcile.Unrouted, "", "PermanentFailure"},
		{reconcile.NotRestored, "", "PermanentFailure"},
		{"", "", "PermanentFailure"},
	}
	for _, name := range []string{"batch-1.0", "batch-2.0"} {
		e := decode(t, sample(t, name))
		for _, tt := range tests {
			body, err := event.Answer(e, []reconcile.Outcome{outcome(e.Items[0], tt.status, tt.kind, "")})
			results := batchResults(t, body)
			if err != nil || len(results) != 1 || results[0].ResultCode != tt.want || results[0].TaskID != "dGFza2lkZ29lc2hlcmUK" {
				t.Errorf("%s, %s: %s %v", tt.status, tt.kind, body, err)
			}
			head := `{"invocationSchemaVersion":"` + strings.TrimPrefix(name, "batch-") +
				`","treatMissingKeysAs":"PermanentFailure","invocationId":"YXNkbGZqYWRmaiBhc2RmdW9hZHNmZGpmaGFzbGtkaGZza2RmaAo","results":[`
			if !strings.HasPrefix(string(body), head) {
				t.Errorf("%s, want %s…", body, head)
			}
		}
	}
}

type batchResult struct{ TaskID, ResultCode, ResultString string }

func batchResults(t testing.TB, body []byte) []batchResult {
	t.Helper()
	var answer struct{ Results []batchResult }
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return answer.Results
}

// A task that cannot be read fails for good, by itself.
func TestMalformedTask(t *testing.T) {
	e := decode(t, []byte(`{"tasks":[{"taskId":"1","s3Key":"100%","s3Bucket":"b"},{"taskId":"2","s3Bucket":"b"},{"taskId":"3","s3Key":"k","s3Bucket":"b"}]}`))
	body, err := event.Answer(e, outcomes(e, reconcile.Copied))
	results := batchResults(t, body)
	if err != nil || len(results) != 3 {
		t.Fatalf("%s %v", body, err)
	}
	want := []batchResult{
		{"1", "PermanentFailure", `S3 Batch task: object key "100%": invalid URL escape "%"`},
		{"2", "PermanentFailure", "S3 Batch task: no object key in the event"},
		{"3", "Succeeded", results[2].ResultString},
	}
	for i := range want {
		if results[i] != want[i] {
			t.Errorf("%+v, want %+v", results[i], want[i])
		}
	}
}

// A caller's mistakes are loud: outcomes that are missing make their items
// fail, too many and a whole run are errors.
func TestWrongOutcomes(t *testing.T) {
	e := decode(t, sample(t, "objects"))
	for _, given := range [][]reconcile.Outcome{nil, {}, make([]reconcile.Outcome, 1), make([]reconcile.Outcome, len(e.Items))} {
		body, err := event.Answer(e, given)
		if err == nil || strings.Count(string(body), "no outcome: this is a bug in reconcile") != 2 {
			t.Errorf("%d outcomes: %s %v", len(given), body, err)
		}
	}
	if body, err := event.Answer(e, make([]reconcile.Outcome, len(e.Items)+1)); err == nil || body != nil {
		t.Errorf("too many outcomes: %s", body)
	}
	if body, err := event.Answer(decode(t, sample(t, "run")), nil); err == nil || body != nil {
		t.Errorf("a run: %s", body)
	}
	if event.Failed(e, make([]reconcile.Outcome, len(e.Items)+1)) == nil {
		t.Error("nothing failed")
	}
}
