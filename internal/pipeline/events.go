package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"reconcile/internal/event"
	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
)

// Queue has messages of what happens to restores, in any order, each at least
// once, or not at all. A message that is received is shown to nobody else for a
// while; it comes back unless it is deleted.
type Queue interface {
	// Receive returns messages; with wait it waits for the first, for some
	// seconds at most. None are no error.
	Receive(ctx context.Context, wait bool) ([]reconcile.Message, error)
	Delete(ctx context.Context, all []reconcile.Message) error
}

// The bounds of what is received before it is taken account of: a pass over all
// pending objects has to pay, and the messages come back after a while.
const (
	newsAtMost  = 10_000
	newsNoOlder = time.Minute
	queuePause  = 20 * time.Second // after a queue that did not wait itself, or failed
	deafAfter   = 3                // failures in a row, after which the source is listed as if there were no queue
)

// events are what a recovery hears of. A nil one hears nothing.
type events struct {
	queue  Queue
	source string // bucket
	sleep  func(ctx context.Context, d time.Duration) error
	now    func() time.Time
	log    *slog.Logger

	all   *restore.Set // everything that the recovery is about, as it was first seen
	told  map[string]*tale
	got   []*parcel
	since time.Time // when the first of them was received

	failures int             // in a row
	turned   bool            // it has become deaf, and pending objects still wait to be told
	heard    int64           // messages that were taken account of
	foreign  map[string]bool // ids of messages that are about something else
}

// parcel is a message, with how many of its items are about nothing that is
// known.
type parcel struct {
	reconcile.Message
	unknown int
}

// tiding is an item of a message.
type tiding struct {
	event.Item
	in    *parcel
	known bool
}

// tale is what was told of one key.
type tale struct {
	items []*tiding
	known bool // the recovery is about that key
}

// know notes that the recovery is about the key.
func (t *tale) know() {
	t.known = true
	for _, i := range t.items {
		if !i.known { // by its other reading
			i.known = true
			i.in.unknown--
		}
	}
}

// listenIn receives once before anything is asked for: a queue that cannot be
// read is found before anything is paid for.
func listenIn(ctx context.Context, j *Job) (*events, error) {
	if j.Waiting.Queue == nil {
		return nil, nil
	}
	e := &events{
		queue: j.Waiting.Queue, source: j.Scan.Bucket, sleep: j.Waiting.Sleep, now: j.Copy.Now, log: j.Log,
		told: map[string]*tale{}, foreign: map[string]bool{},
	}
	all, err := e.queue.Receive(ctx, false)
	if err == nil {
		e.take(all)
	}
	return e, err
}

// hears reports whether what arrives is going to be told.
func (e *events) hears() bool { return e != nil && e.failures < deafAfter }

// take takes messages in.
func (e *events) take(all []reconcile.Message) {
	if len(e.got) == 0 {
		e.since = e.now()
	}
	for _, m := range all {
		if e.foreign[m.ID] { // it comes back again and again
			continue
		}
		p := &parcel{Message: m}
		e.got = append(e.got, p)
		decoded, err := event.Decode(m.Body)
		if err != nil || len(decoded.Items) == 0 {
			p.unknown = 1
			continue
		}
		for _, item := range decoded.Items {
			p.unknown++
			if item.Told == "" || item.Malformed != nil || item.Location.Bucket != e.source || item.Location.Key == "" {
				continue
			}
			e.note(&tiding{Item: item, in: p})
		}
	}
}

// note notes an item under its key, and under the other reading of it.
func (e *events) note(i *tiding) {
	for _, key := range []string{i.Location.Key, i.Alternate} {
		if key == "" {
			continue
		}
		t := e.told[key]
		if t == nil {
			t = &tale{}
			e.told[key] = t
		}
		t.items = append(t.items, i)
	}
}

// await waits until due, or until something is told.
func (e *events) await(ctx context.Context, due time.Time) {
	for now := e.now(); due.After(now) && ctx.Err() == nil; now = e.now() {
		began := time.Now()
		all, err := e.queue.Receive(ctx, true)
		if err != nil {
			e.unheard(ctx, err, due)
		} else {
			e.failures = 0
			e.take(all)
		}
		switch n := len(e.got); {
		case e.turned, n >= newsAtMost, n > 0 && (len(all) == 0 || e.now().Sub(e.since) >= newsNoOlder):
			return
		case err == nil && len(all) == 0 && time.Since(began) < time.Second:
			_ = e.sleep(ctx, min(due.Sub(now), queuePause)) // what ended it is looked at next
		}
	}
}

// unheard bears a queue that fails: the source is listed more often instead.
func (e *events) unheard(ctx context.Context, err error, due time.Time) {
	if ctx.Err() != nil {
		return
	}
	if e.failures++; e.failures == deafAfter {
		e.log.Warn("no events can be received; the source is listed instead", "err", err)
		e.turned = true
		return
	}
	_ = e.sleep(ctx, min(due.Sub(e.now()), queuePause))
}

// told reports whether an object is told to be there. What cannot be relied on
// makes it due: the listing knows.
func (s *pass) told(p *restore.Pending) bool {
	if s.events == nil {
		return false
	}
	if s.events.turned && p.Due.After(s.now) && !p.Held {
		p.Due = earlier(p.Due, s.next(*p))
	}
	t := s.events.told[p.Source.Key]
	if t == nil {
		return false
	}
	t.know()
	there, doubtful := t.of(&p.Source, s.now)
	switch {
	case doubtful:
		p.Due = s.now
	case there && p.Held: // somebody else has asked for it
		s.out.add(p.Source.Size)
		p.Held = false
	}
	return there && !doubtful
}

// of says whether an object has a readable copy, by what was told of it. It is
// doubtful where several things were told, or one that does not fit.
func (t *tale) of(o *reconcile.Object, now time.Time) (there, doubtful bool) {
	var expiry time.Time
	for _, i := range t.items {
		switch {
		case i.Told == event.Asked:
		case i.Told == event.Lapsed, i.Hint.Expiry.IsZero(), !i.Hint.Expiry.After(now), i.Hint.ETag != "" && i.Hint.ETag != o.ETag:
			doubtful = true
		default:
			there, expiry = true, i.Hint.Expiry
		}
	}
	if there && !doubtful {
		o.Restore = reconcile.RestoreState{Phase: reconcile.Restored, Expiry: expiry}
	}
	return there, doubtful
}

// pass says what the pending objects of a pass are, and returns what is called at
// its end. Those of the first pass are all that the recovery is about.
func (e *events) pass(set *restore.Set) (end func()) {
	if e != nil && e.all == nil {
		e.all = set
		return func() {}
	}
	return func() { set.Close() }
}

func (e *events) close() {
	if e != nil && e.all != nil {
		e.all.Close()
	}
}

// taken deletes the messages that a pass has taken account of: whatever becomes
// of this process, S3 knows what they have told. What is about something else
// stays in the queue.
func (e *events) taken(ctx context.Context) error {
	if e == nil {
		return nil
	}
	e.turned = false
	if len(e.got) == 0 {
		return nil
	}
	if err := e.recall(); err != nil {
		return err
	}
	var done []reconcile.Message
	for _, p := range e.got {
		if p.unknown == 0 {
			done = append(done, p.Message)
		} else if !e.foreign[p.ID] && len(e.foreign) < newsAtMost {
			e.foreign[p.ID] = true
		}
	}
	e.got, e.told = nil, map[string]*tale{}
	err := e.queue.Delete(ctx, done)
	if err != nil && ctx.Err() == nil {
		e.log.Warn("messages that were taken account of are left in the queue", "err", err)
	}
	e.heard += int64(len(done))
	return nil
}

// counts is how many messages were taken account of, and how many are about
// something else.
func (e *events) counts() (heard, foreign int64) {
	if e == nil {
		return 0, 0
	}
	return e.heard, int64(len(e.foreign))
}

// errFound ends a look for what has been found.
var errFound = errors.New("found")

// recall finds out which keys that are not pending the recovery was about.
func (e *events) recall() error {
	unknown := 0
	for _, t := range e.told {
		if !t.known {
			unknown++
		}
	}
	if unknown == 0 {
		return nil
	}
	err := e.all.Each(func(p restore.Pending) error {
		if t := e.told[p.Source.Key]; t != nil && !t.known {
			t.know()
			if unknown--; unknown == 0 {
				return errFound
			}
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return nil
	}
	return err
}
