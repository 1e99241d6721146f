package reconcile

// Message is one message of a queue.
type Message struct {
	ID      string
	Receipt string // by which it is deleted
	Body    []byte
}
