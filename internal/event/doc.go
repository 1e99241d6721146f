// Package event decodes what starts a run from outside, and encodes the answer
// that each sender understands. It does no I/O: Decode turns a payload into
// Items, the caller finds out what becomes of each, Answer turns the outcomes
// into the sender's protocol.
//
//	ev, err := event.Decode(payload)      // err: no event at all
//	outcomes := make([]reconcile.Outcome, len(ev.Items))
//	for _, n := range ev.Objects() { … }  // one outcome for each of n.Items
//	body, err := event.Answer(ev, outcomes)
//
// # What is accepted
//
// The protocols are told apart by shape:
//
//	{"Records":[{"s3":…}]}            S3 notification
//	{"Records":[{"messageId","body"}]} SQS, the body being any other of these
//	{"Records":[{"Sns":…}]}           SNS, the Message being any other of these
//	{"Type","Message"}                SNS's envelope by itself
//	{"detail-type","detail"}          EventBridge; "Scheduled Event" is a whole run
//	{"tasks":[…]}                     S3 Batch Operations, schema 1.0 and 2.0
//	{"Items":[…],"BatchInput":…}      Step Functions Distributed Map, batched
//	{"Key":…} or {"source_key":…}     one item of it, not batched
//	{"objects":[{"bucket","key"}]}    a plain list
//	{"run":{…}}                       a whole run, as a constant input of EventBridge Scheduler
//	{"Event":"s3:TestEvent"}          S3 trying out a notification: answered with nothing
//
// Messages may be nested (EventBridge in SNS in SQS). A whole run and an S3
// Batch task want an answer of their own and cannot come inside a message.
// Unknown fields are ignored. A document of two shapes at once is refused: it
// may be a report, or a mistake, and neither should start a run.
//
// # What an event means
//
// An event only names its object. What counts is the object's state when the
// event is handled: an ObjectRestore:Post that arrives late names an object that
// may be readable by now. Post (S3 sends one for every restore request) and
// Completed are therefore the same here; what is still being restored is
// answered as restoring, which fails nothing.
//
// # Keys
//
// Each source encodes keys in its own way. Where its documentation does not say
// how, the item has two readings, see Item.Alternate.
//
//   - S3 notifications: form encoding, always. "red flower.jpg" comes as
//     red+flower.jpg. The Lambda that this project starts from took the key as
//     it came and looked for red+flower.jpg. A key that cannot be decoded was
//     not written by S3 and is malformed: guessing could name another object.
//   - S3 Batch Operations: percent encoding; whether a bare plus is a plus or a
//     space is not documented, a plus is tried first.
//   - EventBridge: not documented; as it comes first, form-decoded second.
//   - Step Functions: the objects of S3's item readers likewise.
//   - {"objects":…}, keys as plain strings and rows of this program: exact.
package event
