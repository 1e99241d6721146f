package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
	"reconcile/internal/sqssim"
)

// TestEventsOfQueue: the queue is found by AWS_ENDPOINT_URL_SQS, whatever host
// its address has; one that cannot be read is found before anything is asked for.
func TestEventsOfQueue(t *testing.T) {
	s := seedServer(t, 0)
	s.Put(seedGlacier, "a.hdf", s3sim.Object{Size: 10, StorageClass: "GLACIER"})
	q := sqssim.Start(time.Now)
	defer q.Close()
	q.OnReceive(func() {
		if info, _ := s.Get(seedGlacier, "a.hdf"); info.Restore == "restored" && len(q.Left()) == 1 {
			q.Send(`{"Records":[{"eventName":"ObjectRestore:Completed","s3":{"bucket":{"name":"` + seedGlacier + `"},"object":{"key":"a.hdf"}},` +
				`"glacierEventData":{"restoreEventData":{"lifecycleRestorationExpiryTime":"` + info.RestoreExpiry.UTC().Format(time.RFC3339) + `"}}}]}`)
		}
	})
	q.Send(`{"Event":"s3:TestEvent"}`)
	q.Address = "https://sqs.us-west-2.amazonaws.com/111122223333/restores"
	t.Setenv("AWS_ENDPOINT_URL_SQS", strings.TrimSuffix(q.URL(), "/111122223333/restores"))
	code, r, out := asks(t, s, "", "recover", "--source", seedGlacier, "--yes", "--events", q.Address)
	if code != exit.OK || r.Objects[0].Status != "copied" || len(q.Left()) != 1 || !strings.Contains(out, "1 messages of the queue") {
		t.Errorf("exit code %d, %+v, left %v\n%s", code, r.Objects, q.Left(), out)
	}
	s.Put(seedGlacier, "b.hdf", s3sim.Object{Size: 10, StorageClass: "GLACIER"})
	q.Fail(1)
	if code, _, out := asks(t, s, "", "recover", "--source", seedGlacier, "--yes", "--events", q.Address); code != exit.Incomplete || s.Accepted() != 1 || !strings.Contains(out, "sqs:ReceiveMessage") {
		t.Errorf("exit code %d, %d restores\n%s", code, s.Accepted(), out)
	}
	if code, _, out := asks(t, s, "", "recover", "--source", seedGlacier, "--yes", "--events", "my-queue"); code != exit.Usage || !strings.Contains(out, "--events") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// TestRestoreEventExamples: the policy lets in exactly the queue that the
// notification names.
func TestRestoreEventExamples(t *testing.T) {
	t.Parallel()
	var policy struct {
		Statement []struct{ Action, Resource string }
	}
	var notification struct {
		QueueConfigurations []struct {
			QueueArn string
			Events   []string
		}
	}
	for name, into := range map[string]any{"queue-policy": &policy, "notification": &notification} {
		if err := json.Unmarshal([]byte(readDoc(t, "examples/restore-events/"+name+".json")), into); err != nil {
			t.Fatal(err)
		}
	}
	if s, q := policy.Statement[0], notification.QueueConfigurations[0]; s.Resource != q.QueueArn || s.Action != "sqs:SendMessage" || len(q.Events) != 2 {
		t.Errorf("%+v %+v", s, q)
	}
}
