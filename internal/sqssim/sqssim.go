// Package sqssim is an in-memory queue over HTTP that speaks as much of SQS's
// JSON protocol as a program that takes messages needs. It is a package of its
// own because tests of several packages have their events come from it; the
// client that they use is the SDK's, which was generated from SQS's published
// model.
package sqssim

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Queue is one queue. It hands messages out in any order, as SQS does.
type Queue struct {
	Address string // of the queue in requests; empty: URL

	server *httptest.Server
	now    func() time.Time

	mu       sync.Mutex
	messages []*message
	sent     int
	rng      *rand.Rand
	receive  func() // called before each ReceiveMessage
	fail     int    // requests that are refused
}

type message struct {
	id, body string
	receipt  string
	hidden   time.Time
}

// Start starts a queue whose clock is now.
func Start(now func() time.Time) *Queue {
	q := &Queue{now: now, rng: rand.New(rand.NewPCG(1, 1))}
	q.server = httptest.NewServer(q)
	return q
}

// Close stops the server.
func (q *Queue) Close() { q.server.Close() }

// URL is the address of the queue.
func (q *Queue) URL() string { return q.server.URL + "/111122223333/restores" }

// Send puts a message into the queue.
func (q *Queue) Send(body string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent++
	q.messages = append(q.messages, &message{id: fmt.Sprintf("m%d", q.sent), body: body})
}

// OnReceive has f called before each ReceiveMessage is answered.
func (q *Queue) OnReceive(f func()) { q.receive = f }

// Fail has the next n requests refused.
func (q *Queue) Fail(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fail = n
}

// Left are the bodies of the messages that nobody has deleted.
func (q *Queue) Left() (all []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.messages {
		all = append(all, m.body)
	}
	return all
}

// request has the fields of both requests.
type request struct {
	QueueURL            string `json:"QueueUrl"`
	MaxNumberOfMessages int
	VisibilityTimeout   int
	Entries             []struct{ ID, ReceiptHandle string }
}

// ServeHTTP answers ReceiveMessage and DeleteMessageBatch.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
func (q *Queue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in request
	target := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	signed := strings.Contains(r.Header.Get("Authorization"), "/sqs/aws4_request")
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || !signed || in.QueueURL != cmp.Or(q.Address, q.URL()) {
		refuse(w, "InvalidAddress", fmt.Sprint(err, signed, in.QueueURL))
		return
	}
	if target == "ReceiveMessage" && q.receive != nil {
		q.receive()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.fail > 0:
		q.fail--
		refuse(w, "AccessDeniedException", "no right")
	case target == "ReceiveMessage":
		answer(w, q.taken(in))
	case target == "DeleteMessageBatch" && len(in.Entries) > 0 && len(in.Entries) <= 10:
		answer(w, q.deleted(in))
	default:
		refuse(w, "InvalidAction", target)
	}
}

type fields = map[string]any

func (q *Queue) taken(in request) fields {
	now := q.now()
	q.rng.Shuffle(len(q.messages), func(i, k int) { q.messages[i], q.messages[k] = q.messages[k], q.messages[i] })
	all := []fields{}
	for _, m := range q.messages {
		if len(all) == min(max(in.MaxNumberOfMessages, 1), 10) {
			break
		}
		if m.hidden.After(now) {
			continue
		}
		m.hidden = now.Add(time.Duration(in.VisibilityTimeout) * time.Second)
		m.receipt = fmt.Sprintf("r-%s-%d", m.id, q.rng.Uint64())
		sum := md5.Sum([]byte(m.body))
		all = append(all, fields{"MessageId": m.id, "ReceiptHandle": m.receipt, "Body": m.body, "MD5OfBody": hex.EncodeToString(sum[:])})
	}
	return fields{"Messages": all}
}

func (q *Queue) deleted(in request) fields {
	done, failed := []fields{}, []fields{}
	for _, e := range in.Entries {
		found := false
		for i, m := range q.messages {
			if m.receipt == e.ReceiptHandle && m.receipt != "" {
				q.messages = append(q.messages[:i], q.messages[i+1:]...)
				found = true
				break
			}
		}
		if found {
			done = append(done, fields{"Id": e.ID})
		} else {
			failed = append(failed, fields{"Id": e.ID, "Code": "ReceiptHandleIsInvalid", "SenderFault": true})
		}
	}
	return fields{"Successful": done, "Failed": failed}
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	json.NewEncoder(w).Encode(fields{"__type": "com.amazonaws.sqs#" + code, "message": message})
}
