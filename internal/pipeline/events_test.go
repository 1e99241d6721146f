package pipeline_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
	"reconcile/internal/sqssim"
)

// teller sends to a queue what S3 would: what has happened to the restores of a
// bucket since it last looked.
type teller struct {
	*incident
	queue *sqssim.Queue
	rng   *rand.Rand
	last  map[string]string // the state of each key

	lost, doubled, swapped float64 // shares of the messages
	kept                   []string
}

func (i *incident) tells(t *testing.T) *teller {
	q := sqssim.Start(i.Now)
	t.Cleanup(q.Close)
	tell := &teller{incident: i, queue: q, rng: rand.New(rand.NewPCG(9, 9)), last: map[string]string{}}
	q.OnReceive(tell.look)
	return tell
}

// hears has a recovery take its events from the queue.
func (e *teller) hears(t *testing.T) func(*pipeline.Job) {
	return func(j *pipeline.Job) {
		queue, err := e.open(t).Queue(e.queue.URL())
		if err != nil {
			t.Fatal(err)
		}
		j.Waiting.Queue = patient{queue, e.incident}
	}
}

// patient is a queue that lets five minutes pass where there is nothing.
type patient struct {
	pipeline.Queue
	*incident
}

func (p patient) Receive(ctx context.Context, wait bool) ([]reconcile.Message, error) {
	all, err := p.Queue.Receive(ctx, wait)
	if wait && len(all) == 0 {
		_ = p.Sleep(ctx, 5*time.Minute)
	}
	return all, err
}

func (e *teller) look() {
	for n, key := range e.Keys(glacier) {
		info, _ := e.Get(glacier, key)
		was := e.last[key]
		if e.last[key] = info.Restore; was == info.Restore {
			continue
		}
		switch info.Restore {
		case "ongoing":
			e.say(notification("ObjectRestore:Post", info))
		case "restored":
			if n%2 == 0 {
				e.say(eventBridge("Object Restore Completed", info))
			} else {
				e.say(notification("ObjectRestore:Completed", info))
			}
		default:
			e.say(notification("ObjectRestore:Delete", info))
		}
	}
}

// say loses, doubles and holds back messages as SQS and S3 may.
func (e *teller) say(body string) {
	switch x := e.rng.Float64(); {
	case x < e.lost:
		return
	case x < e.lost+e.swapped:
		e.kept = append(e.kept, body)
		return
	case x < e.lost+e.swapped+e.doubled:
		e.queue.Send(body)
	}
	e.queue.Send(body)
	for _, late := range e.kept {
		e.queue.Send(late)
	}
	e.kept = nil
}

// notification is an event as S3 sends it to a queue.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
func notification(name string, o s3sim.Info) string {
	glacierData := ""
	if name == "ObjectRestore:Completed" {
		glacierData = fmt.Sprintf(`,"glacierEventData":{"restoreEventData":{"lifecycleRestorationExpiryTime":%q,"lifecycleRestoreStorageClass":%q}}`,
			o.RestoreExpiry.Format(time.RFC3339), o.StorageClass)
	}
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.3","eventSource":"aws:s3","eventName":%q,"s3":{"s3SchemaVersion":"1.0","bucket":{"name":%q},"object":{"key":%q,"size":%d,"eTag":%q}}%s}]}`,
		name, o.Bucket, url.QueryEscape(o.Key), o.Size, o.ETag, glacierData)
}

// eventBridge is an event as a rule of EventBridge sends it to a queue.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
func eventBridge(kind string, o s3sim.Info) string {
	return fmt.Sprintf(`{"version":"0","detail-type":%q,"source":"aws.s3","detail":{"version":"0","bucket":{"name":%q},"object":{"key":%q,"size":%d,"etag":%q},"restore-expiry-time":%q}}`,
		kind, o.Bucket, o.Key, o.Size, o.ETag, o.RestoreExpiry.Format(time.RFC3339))
}

// TestRecoverByEvents: what has arrived is told, so that nothing is listed while
// it waits; the messages are deleted, and what is about something else is not.
func TestRecoverByEvents(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	i.gone(60)
	i.Put(glacier, "a b+c%20d.hdf", cold(10, 77, "GLACIER"))
	e := i.tells(t)
	foreign := []string{
		notification("ObjectRestore:Completed", s3sim.Info{Bucket: glacier, Key: "nobody.hdf", RestoreExpiry: i.Now()}),
		notification("ObjectRestore:Completed", s3sim.Info{Bucket: "another", Key: "d00/k00000.hdf", RestoreExpiry: i.Now()}),
		strings.Replace(notification("ObjectRestore:Completed", s3sim.Info{Bucket: glacier, Key: "d01/k00001.hdf"}), "]}", `,{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"glacier"},"object":{"key":"d01/k00001.hdf"}}}]}`, 1),
		`{"Event":"s3:TestEvent"}`, "no JSON",
	}
	for _, m := range foreign {
		e.queue.Send(m)
	}
	survey := i.do(t, t.Context(), "recover", func(j *pipeline.Job) { j.Waiting.GiveUp = time.Nanosecond; j.Restore.Budget.Bytes = 1 }).Summary.Requests["ListObjectsV2"]
	m := i.do(t, t.Context(), "recover", e.hears(t))
	m.mustComplete(t, 61)
	i.mustBeHome(t)
	if lists := m.Summary.Requests["ListObjectsV2"] - survey; lists != 0 || m.Summary.Requests["HeadObject"] > 10 || i.Accepted() != 61 {
		t.Errorf("%d LISTs while it waited, %v; %d restores", lists, m.Summary.Requests, i.Accepted())
	}
	left := e.queue.Left()
	slices.Sort(left)
	slices.Sort(foreign)
	if !slices.Equal(left, foreign) || m.Waiting.Foreign != int64(len(foreign)) || m.Waiting.Heard < 61 {
		t.Errorf("left in the queue: %q\n%+v", left, m.Waiting)
	}
}

// TestRecoverEventsLost: lost, doubled and late events lose nothing and cost
// nothing, and neither do copies that lapse.
func TestRecoverEventsLost(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	i.gone(80)
	e := i.tells(t)
	e.lost, e.doubled, e.swapped = 0.2, 0.3, 0.2
	m := i.do(t, t.Context(), "recover", e.hears(t))
	m.mustComplete(t, 80)
	i.mustBeHome(t)
	if i.Accepted() != 80 || m.Waiting.Again != 0 || m.Summary.Requests["ListObjectsV2"] > 30 {
		t.Errorf("%d restores, %+v, %v", i.Accepted(), m.Waiting, m.Summary.Requests)
	}
}

// TestRecoverEventsLapse: an ObjectRestore:Delete has the object asked for again.
func TestRecoverEventsLapse(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	i.gone(2)
	e := i.tells(t)
	i.Inject(s3sim.Fault{Op: "CopyObject", Times: 1, Kind: s3sim.SlowDown, Before: func() { i.Pass(8 * 24 * time.Hour) }})
	m := i.do(t, t.Context(), "recover", func(j *pipeline.Job) { e.hears(t)(j); j.Copy.Concurrency = 1 })
	m.mustComplete(t, 2)
	i.mustBeHome(t)
	if m.Waiting.Lapsed == 0 || m.Waiting.Again != m.Waiting.Lapsed {
		t.Errorf("%+v", m.Waiting)
	}
}

// TestRecoverDeaf: a queue that cannot be read ends the recovery before anything
// is paid for; one that fails later has the source listed instead.
func TestRecoverDeaf(t *testing.T) {
	t.Parallel()
	i := newIncident(t, nil)
	i.gone(10)
	e := i.tells(t)
	e.queue.Fail(1)
	if m := i.do(t, t.Context(), "recover", e.hears(t)); m.err == nil || !strings.Contains(m.err.Error(), "sqs:ReceiveMessage") || i.Accepted() != 0 {
		t.Errorf("%v, %d restores", m.err, i.Accepted())
	}
	m := i.do(t, t.Context(), "recover", func(j *pipeline.Job) {
		e.hears(t)(j)
		j.Waiting.Queue = deafened{j.Waiting.Queue, e.queue}
	})
	m.mustComplete(t, 10)
	i.mustBeHome(t)
	if took := i.Now().Sub(newClock().Now()); took > 30*time.Hour || i.Accepted() != 10 {
		t.Errorf("it took %v; %d restores", took, i.Accepted())
	}
}

// deafened is a queue that refuses everything after the first answer.
type deafened struct {
	pipeline.Queue
	sim *sqssim.Queue
}

func (d deafened) Receive(ctx context.Context, wait bool) ([]reconcile.Message, error) {
	all, err := d.Queue.Receive(ctx, wait)
	d.sim.Fail(1 << 30)
	return all, err
}
