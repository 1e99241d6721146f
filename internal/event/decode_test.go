package event_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/event"
	"reconcile/internal/reconcile"
)

// sample returns a file of testdata.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(t testing.TB, payload []byte) event.Event {
	t.Helper()
	e, err := event.Decode(payload)
	if err != nil {
		t.Fatalf("Decode: %v\n%s", err, payload)
	}
	return e
}

// describe is an item in a line.
func describe(i event.Item) string {
	switch {
	case i.Ignored != "":
		return "ignored: " + i.Ignored
	case i.Malformed != nil:
		return "malformed: " + i.Malformed.Error()
	case i.Alternate != "":
		return i.Location.String() + " or " + i.Alternate
	}
	return i.Location.String()
}

func describeAll(items []event.Item) []string {
	lines := make([]string, len(items))
	for i, item := range items {
		lines[i] = describe(item)
	}
	return lines
}

const seedKey = "dr-glacier/MOD09GQ.A0219114.N5aUCG.006.0656338553321.txt"

// Every published shape gives the items it names, and nothing else.
func TestDecodeSamples(t *testing.T) {
	tests := []struct {
		sample   string
		protocol event.Protocol
		items    []string
	}{
		{"seed", event.Notification, []string{"s3://my-dr-fake-glacier-bucket/" + seedKey}},
		{"notification-completed", event.Notification, []string{
			"s3://glacier/2019/red flower + 50% ü.jpg?versionId=096fKKXTRTtl3on89fVO.nfljtsv6qko or 2019/red+flower+%2B+50%25+%C3%BC.jpg"}},
		{"notification-minio", event.Notification, []string{"s3://glacier/users/ABC or users%2FABC"}},
		{"notification-test", event.Notification, []string{}},
		{"notification-mixed", event.Notification, []string{
			"s3://glacier/a.hdf",
			"s3://glacier/a.hdf",
			"s3://glacier/b.hdf",
			"ignored: ObjectRestore:Delete: the restored copy is gone, nothing to copy",
			"ignored: ObjectCreated:Put: not about a restore",
			`malformed: event record: "{"eventName": "ObjectRestore:Completed", "s3": {"bucket": {"name": "glacier"}, "object": {"size": 645}}}" does not contain a value for Records["s3"]["object"]["key"]`,
			`malformed: event record: "{"eventName": "ObjectRestore:Completed", "s3": {"bucket": {}, "object": {"key": "e.hdf"}}}" does not contain a value for Records["s3"]["bucket"]["name"]`,
			"s3://glacier/100%.txt", // as Ceph sends them: what does not decode is the key itself
			"s3://glacier/%FF.txt",
			`malformed: event record: "{"eventName": 5, "s3": {"bucket": {"name": "glacier"}, "object": {"key": "f.hdf"}}}": json: cannot unmarshal number into Go struct field notification.eventName of type string`,
			`malformed: event record: "{}" does not contain a value for Records["s3"]["bucket"]["name"]`,
			`malformed: event record: "null" does not contain a value for Records["s3"]["bucket"]["name"]`,
			`malformed: event record: ""text"": json: cannot unmarshal string into Go value of type event.notification`,
			"s3://glacier/g.hdf",
		}},
		{"eventbridge-completed", event.EventBridge, []string{
			"s3://glacier/2019/a+b%20c.hdf?versionId=KKsjUC1.6gIjqtvhfg5AdMI0eCePIiT3 or 2019/a b c.hdf"}},
		{"eventbridge-initiated", event.EventBridge, []string{
			"s3://glacier/2019/a+b%20c.hdf?versionId=KKsjUC1.6gIjqtvhfg5AdMI0eCePIiT3 or 2019/a b c.hdf"}},
		{"eventbridge-expired", event.EventBridge, []string{
			"ignored: Object Restore Expired: the restored copy is gone, nothing to copy"}},
		{"eventbridge-created", event.EventBridge, []string{"ignored: Object Created: not about a restore"}},
		{"sqs", event.SQS, []string{
			"s3://glacier/one two.hdf or one+two.hdf",
			"s3://glacier/three.hdf",
			"malformed: message: the document is not JSON: invalid character 'T' looking for beginning of value; " + expected,
			"s3://glacier/four.hdf",
			"ignored: ObjectRestore:Delete: the restored copy is gone, nothing to copy",
		}},
		{"sns", event.SNS, []string{"s3://glacier/one two.hdf or one+two.hdf"}},
		{"batch-1.0", event.Batch, []string{"s3://glacier/2019/a b+c+d.hdf?versionId=1 or 2019/a b+c d.hdf"}},
		{"batch-2.0", event.Batch, []string{"s3://glacier/2019/a.hdf"}},
		{"map-listing", event.Map, []string{
			"s3://glacier/images/n02085620_1073.jpg",
			"s3://glacier/images/a+b.jpg or images/a b.jpg",
			"s3://other/from%20an%20inventory.jpg?versionId=v1 or from an inventory.jpg",
		}},
		{"map-keys", event.Map, []string{
			"s3://glacier/a b.hdf",
			"s3://glacier/a+b%20c.hdf",
			"malformed: no object key in the event",
			"malformed: item 5: json: cannot unmarshal number into Go value of type event.entry",
		}},
		{"map-rows", event.Map, []string{"s3://glacier/a+b.hdf", "malformed: no object key in the event"}},
		{"map-one", event.Map, []string{"s3://glacier/a.hdf"}},
		{"objects", event.Objects, []string{
			"s3://glacier/a+b%20c.hdf",
			"s3://glacier/v.hdf?versionId=1",
			"malformed: no object key in the event",
			"malformed: no bucket in the event",
			"malformed: no bucket in the event",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.sample, func(t *testing.T) {
			e := decode(t, sample(t, tt.sample))
			if e.Protocol != tt.protocol || e.Run != nil {
				t.Errorf("protocol %q, run %v; want %q", e.Protocol, e.Run, tt.protocol)
			}
			if got := describeAll(e.Items); !slices.Equal(got, tt.items) {
				t.Errorf("items:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(tt.items, "\n"))
			}
		})
	}
}

const expected = `expected an S3 notification, EventBridge, SQS, SNS, S3 Batch Operations or Step Functions event, {"objects":[{"bucket","key"}]}, or {"run":{}}`

// What an event says of an object beyond its name is kept as a hint; a hint
// that is broken is empty and spoils nothing.
func TestHints(t *testing.T) {
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	tests := []struct {
		sample string
		item   int
		want   event.Hint
	}{
		{"seed", 0, event.Hint{Size: 645}},
		{"notification-completed", 0, event.Hint{Size: 448694, ETag: "d41d8cd98f00b204e9800998ecf8427e", Expiry: day(2025, 3, 31)}},
		{"notification-mixed", 2, event.Hint{}},
		{"eventbridge-completed", 0, event.Hint{Size: 5, ETag: "b1946ac92492d2347c6235b4d2611184", Expiry: day(2021, 11, 13)}},
		{"eventbridge-initiated", 0, event.Hint{Size: 5, ETag: "b1946ac92492d2347c6235b4d2611184"}},
		{"map-listing", 0, event.Hint{Size: 34910, ETag: "05704fbdccb224cb01c59005bebbad28"}},
		{"map-listing", 2, event.Hint{Size: 7}},
		{"map-rows", 0, event.Hint{Size: 12, ETag: "abc", Expiry: day(2026, 12, 1),
			Target: reconcile.Location{Bucket: "protected", Key: "new/a+b.hdf"}}},
	}
	for _, tt := range tests {
		got := decode(t, sample(t, tt.sample)).Items[tt.item].Hint
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s, item %d: %+v, want %+v", tt.sample, tt.item, got, tt.want)
		}
	}
}

// What is said for all items together is kept.
func TestArguments(t *testing.T) {
	for name, want := range map[string]map[string]any{
		"batch-1.0":   nil,
		"batch-2.0":   {"deadline": "10m"},
		"map-listing": {"bucket": "glacier", "deadline": "10m"},
		"map-rows":    nil,
	} {
		if got := decode(t, sample(t, name)).Arguments; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// A schedule is a whole run, with what options the payload has.
func TestRun(t *testing.T) {
	full := map[string]any{"source": "glacier", "prefix": "2019/", "deadline": "10m",
		"attempts": json.Number("5"), "include_online": true}
	tests := []struct {
		payload string
		want    map[string]any
	}{
		{string(sample(t, "scheduled-rule")), nil},
		{string(sample(t, "scheduled-scheduler")), nil},
		{string(sample(t, "run")), full},
		{`{"run":{}}`, nil},
		{`{"detail-type":"Scheduled Event"}`, nil},
		{`{"detail-type":"Scheduled Event","detail":null}`, nil},
		{`{"detail-type":"Scheduled Event","detail":""}`, nil},
		{`{"detail-type":"Scheduled Event","detail":{"prefix":"p/"}}`, map[string]any{"prefix": "p/"}},
		{`{"detail-type":"Scheduled Event","detail":"{\"prefix\":\"p/\"}"}`, map[string]any{"prefix": "p/"}},
		{`{"run":{"bucket_map":{".hdf":"h"},"report":["a","b"]}}`,
			map[string]any{"bucket_map": map[string]any{".hdf": "h"}, "report": []any{"a", "b"}}},
	}
	for _, tt := range tests {
		e := decode(t, []byte(tt.payload))
		if e.Protocol != event.Schedule || e.Run == nil || len(e.Items) > 0 {
			t.Errorf("%s: %+v", tt.payload, e)
			continue
		}
		if len(e.Run.Options)+len(tt.want) > 0 && !reflect.DeepEqual(e.Run.Options, tt.want) {
			t.Errorf("%s: options %v, want %v", tt.payload, e.Run.Options, tt.want)
		}
	}
}

// A document that is no event says what was expected instead.
func TestNoEvent(t *testing.T) {
	for payload, want := range map[string]string{
		``:                                       "the document is empty",
		" \n":                                    "the document is empty",
		`nonsense`:                               "not JSON: invalid character",
		`{"Records":[`:                           "not JSON: unexpected end",
		`{"objects":[]} x`:                       "not JSON: invalid character 'x' after",
		`[]`:                                     "JSON, but no object",
		`"text"`:                                 "JSON, but no object",
		`null`:                                   "JSON, but no object",
		`{}`:                                     "the shape of none",
		`{"Records":null}`:                       "the shape of none",
		`{"Event":"s3:Other"}`:                   "the shape of none",
		`{"run":"tonight"}`:                      "the shape of none",
		`{"Records":{}}`:                         "no list in Records",
		`{"Items":{}}`:                           "no list in Items",
		`{"objects":"a"}`:                        "no list in objects",
		`{"tasks":"a"}`:                          "S3 Batch Operations: json",
		`{"detail-type":5}`:                      "detail-type is no text",
		`{"Items":[],"BatchInput":[]}`:           "BatchInput: it is no JSON object",
		`{"tasks":[],"job":{"userArguments":5}}`: "userArguments: it is no JSON object",
		`{"detail-type":"Scheduled Event","detail":[]}`:                                                  "detail holds no options",
		`{"detail-type":"Scheduled Event","detail":"{} x"}`:                                              "detail holds no options",
		`{"detail-type":"Scheduled Event","detail":"{x"}`:                                                "detail holds no options",
		`{"run":{},"objects":[]}`:                                                                        "objects and run at once",
		`{"schema_version":1,"run":{},"summary":{},"objects":[` + "]}":                                   "objects and run at once",
		`{"run":{},"key":"a"}`:                                                                           "run and a key at once",
		`{"run":{"prefix":"a/"},"run":{}}`:                                                               `the field "run" is there twice`,
		`{"run":{"prefix":"a/","prefix":"b/"}}`:                                                          `the field "prefix" is there twice`,
		`{"detail-type":"Scheduled Event","source":"aws.events","detail":{"prefix":"a/","prefix":"b/"}}`: `the field "prefix" is there twice`,
		"{\"objects\":[{\"bucket\":\"b\",\"key\":\"\xff\"}]}":                                            "not UTF-8",
	} {
		_, err := event.Decode([]byte(payload))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "no event: ") {
			t.Errorf("%s: %v, want %q", payload, err, want)
		}
	}
}

// quoted is a document as a JSON string.
func quoted(document string) string {
	b, _ := json.Marshal(document)
	return string(b)
}

func inSNS(document string) string {
	return `{"Type":"Notification","MessageId":"m","TopicArn":"arn:aws:sns:us-east-1:1:t","Message":` + quoted(document) + `}`
}

func inSQS(id, document string) string {
	return `{"Records":[{"messageId":"` + id + `","eventSource":"aws:sqs","body":` + quoted(document) + `}]}`
}

func snsToLambda(document string) string {
	return `{"Records":[{"EventSource":"aws:sns","Sns":` + inSNS(document) + `}]}`
}

// Whatever the envelopes and their order, the object inside is found, and the
// outermost sender is the one to answer.
func TestNesting(t *testing.T) {
	notification := `{"Records":[{"eventName":"ObjectRestore:Completed","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]}`
	eventbridge := `{"detail-type":"Object Restore Completed","detail":{"bucket":{"name":"b"},"object":{"key":"k"}}}`
	inner := map[string]string{
		"notification": notification,
		"eventbridge":  eventbridge,
		"objects":      `{"objects":[{"bucket":"b","key":"k"}]}`,
		"one":          `{"bucket":"b","key":"k"}`,
		"batch of map": `{"BatchInput":{"bucket":"b"},"Items":["k"]}`,
	}
	outer := map[string]struct {
		wrap     func(string) string
		protocol event.Protocol
	}{
		"raw in SQS":       {func(s string) string { return inSQS("1", s) }, event.SQS},
		"SNS in SQS":       {func(s string) string { return inSQS("1", inSNS(s)) }, event.SQS},
		"SNS twice in SQS": {func(s string) string { return inSQS("1", inSNS(inSNS(s))) }, event.SQS},
		"SNS to Lambda":    {snsToLambda, event.SNS},
		"SNS alone":        {inSNS, event.SNS},
		"SQS in SNS":       {func(s string) string { return snsToLambda(inSQS("1", s)) }, event.SNS},
		"not quoted": {func(s string) string {
			return `{"Records":[{"messageId":"1","body":` + s + `}]}`
		}, event.SQS},
	}
	for in, document := range inner {
		for out, o := range outer {
			e := decode(t, []byte(o.wrap(document)))
			if got := describeAll(e.Items); e.Protocol != o.protocol || !slices.Equal(got, []string{"s3://b/k"}) {
				t.Errorf("%s, %s: %s %q", in, out, e.Protocol, got)
			}
		}
	}
}

// What cannot come inside a message is malformed there, and so are messages
// nested without end.
func TestMessagesRefused(t *testing.T) {
	for body, want := range map[string]string{
		`{"run":{}}`:                           "a whole run cannot come inside a message",
		string(sample(t, "scheduled-rule")):    "a whole run cannot come inside a message",
		string(sample(t, "batch-1.0")):         "S3 Batch Operations waits for an answer",
		inSNS(inSNS(inSNS(`{}`))):              "more than 3 messages inside one another",
		`{"Type":"Notification"}`:              "the shape of none",
		`{"Type":"Notification","Message":""}`: "the document is empty",
		``:                                     "the document is empty",
		`[]`:                                   "no object",
		`{"a":1}`:                              "the shape of none",
	} {
		e := decode(t, []byte(inSQS("1", body)))
		if len(e.Items) != 1 || e.Items[0].Malformed == nil || !strings.Contains(e.Items[0].Malformed.Error(), want) {
			t.Errorf("%s: %q, want %q", body, describeAll(e.Items), want)
		}
	}
	e := decode(t, []byte(inSQS("1", `{"Type":"SubscriptionConfirmation","Token":"t","Message":"You have chosen to subscribe"}`)))
	if len(e.Items) != 1 || !strings.HasPrefix(e.Items[0].Ignored, "SNS SubscriptionConfirmation") {
		t.Errorf("subscription: %q", describeAll(e.Items))
	}
}

// Records are of one sender; one of another among them is malformed.
func TestRecordsOfTwoSenders(t *testing.T) {
	s3 := `{"s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}`
	sqs := `{"messageId":"1","body":"{\"objects\":[{\"bucket\":\"b\",\"key\":\"k\"}]}"}`
	e := decode(t, []byte(`{"Records":[{},`+sqs+`,`+s3+`]}`))
	want := []string{"malformed: SQS message without a body", "s3://b/k", "malformed: a record of notification among those of sqs"}
	if got := describeAll(e.Items); e.Protocol != event.SQS || !slices.Equal(got, want) {
		t.Errorf("%s %q, want %q", e.Protocol, got, want)
	}
	e = decode(t, []byte(`{"Records":[`+s3+`,`+sqs+`]}`))
	want = []string{"s3://b/k", "malformed: a record of sqs among those of notification"}
	if got := describeAll(e.Items); e.Protocol != event.Notification || !slices.Equal(got, want) {
		t.Errorf("%s %q, want %q", e.Protocol, got, want)
	}
}

// An EventBridge event without what it should have is malformed, unless it is
// of a kind that does not matter.
func TestBrokenDetail(t *testing.T) {
	for detail, want := range map[string]string{
		`{}`:                      "malformed: no bucket in the event",
		`null`:                    "malformed: no bucket in the event",
		`"text"`:                  "malformed: Object Restore Completed: detail: invalid character",
		`{"bucket":{"name":"b"}}`: "malformed: no object key in the event",
		`{"bucket":"b"}`:          "malformed: Object Restore Completed: detail: json: cannot unmarshal string",
		`"{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"100%\"}}"`: "s3://b/100%",
	} {
		e := decode(t, []byte(`{"detail-type":"Object Restore Completed","detail":`+detail+`}`))
		if got := describe(e.Items[0]); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", detail, got, want)
		}
		e = decode(t, []byte(`{"detail-type":"Object Tags Added","detail":`+detail+`}`))
		if got := describe(e.Items[0]); got != "ignored: Object Tags Added: not about a restore" {
			t.Errorf("%s: %s", detail, got)
		}
	}
}

// Buckets come as ARNs of any partition; what is no bucket is malformed.
func TestBucketARN(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:s3:::b":                       "s3://b/k",
		"arn:aws-cn:s3:::b":                    "s3://b/k",
		"arn:aws-us-gov:s3:::b.c":              "s3://b.c/k",
		"arn:aws:s3:us-east-1:0123456788:b":    "s3://b/k",
		"":                                     "malformed: S3 Batch task: no bucket in the event",
		"b":                                    "malformed: S3 Batch task: no ARN of a bucket: b",
		"arn:aws:s3:::":                        "malformed: S3 Batch task: no ARN of a bucket: arn:aws:s3:::",
		"arn:aws:s3:::b/k":                     "malformed: S3 Batch task: no ARN of a bucket: arn:aws:s3:::b/k",
		"arn:aws:sqs:::b":                      "malformed: S3 Batch task: no ARN of a bucket: arn:aws:sqs:::b",
		"arn:aws:s3:us-east-1:1:accesspoint/p": "malformed: S3 Batch task: no ARN of a bucket: arn:aws:s3:us-east-1:1:accesspoint/p",
		"arn:aws:s3express:us-east-1:1:bucket/b--use1-az4--x-s3": "malformed: S3 Batch task: no ARN of a bucket: arn:aws:s3express:us-east-1:1:bucket/b--use1-az4--x-s3",
	} {
		payload := fmt.Sprintf(`{"tasks":[{"taskId":"t","s3Key":"k","s3BucketArn":%q}]}`, arn)
		if got := describe(decode(t, []byte(payload)).Items[0]); got != want {
			t.Errorf("%q: %s, want %s", arn, got, want)
		}
	}
}

// Unknown fields change nothing, wherever they stand.
func TestUnknownFields(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if name == "run" {
			continue // its fields are options
		}
		plain := sample(t, name)
		if name == "map-one" || strings.HasPrefix(name, "scheduled") {
			plain = []byte(strings.Replace(string(plain), "{", `{"x-new": [{}], `, 1))
		} else {
			plain = []byte(strings.ReplaceAll(string(plain), `{"`, `{"x-new": [{}], "`))
		}
		got, want := decode(t, plain), decode(t, sample(t, name))
		if len(got.Items) != len(want.Items) || got.Protocol != want.Protocol {
			t.Errorf("%s: %d items of %s, want %d of %s", name, len(got.Items), got.Protocol, len(want.Items), want.Protocol)
			continue
		}
		for i := range got.Items {
			if g, w := got.Items[i], want.Items[i]; g.Location != w.Location || g.Named() != w.Named() || g.Hint != w.Hint {
				t.Errorf("%s, item %d: %+v, want %+v", name, i, g, w)
			}
		}
	}
}

// The same object named twice is one to handle and two to answer.
func TestObjects(t *testing.T) {
	e := decode(t, sample(t, "notification-mixed"))
	var got []string
	for _, n := range e.Objects() {
		got = append(got, fmt.Sprint(n.Location, n.Items))
	}
	want := []string{"s3://glacier/a.hdf [0 1]", "s3://glacier/b.hdf [2]", "s3://glacier/100%.txt [7]", "s3://glacier/%FF.txt [8]", "s3://glacier/g.hdf [13]"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A large event is no different from a small one.
func TestHugeEvent(t *testing.T) {
	const n = 20_000
	var b strings.Builder
	b.WriteString(`{"objects":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"bucket":"glacier","key":"some/prefix/%06d.hdf"}`, i)
	}
	b.WriteString(`]}`)
	e := decode(t, []byte(inSQS("1", b.String())))
	if len(e.Items) != n || describe(e.Items[n-1]) != "s3://glacier/some/prefix/019999.hdf" {
		t.Fatalf("%d items", len(e.Items))
	}
	deep := strings.Repeat(`{"objects":`, 20_000) + strings.Repeat(`}`, 20_000)
	if _, err := event.Decode([]byte(deep)); err == nil {
		t.Error("a document nested without end is an event")
	}
}
