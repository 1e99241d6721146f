package event

import (
	"encoding/json"
	"errors"
	"fmt"
)

// sqsItems returns the items of one SQS message. All of them carry its id, so
// that the message comes back when one of them failed.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
func sqsItems(r record, depth int) []Item {
	items := messageItems("SQS message without a body", r.Body, depth)
	id := softText(r.MessageID)
	for i := range items {
		items[i].id = id
	}
	return items
}

// envelope is SNS's: what a function is given under Sns, and what stands in
// the body of an SQS message unless raw message delivery is on.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
// https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
type envelope struct {
	Type    json.RawMessage `json:"Type"`
	Message json.RawMessage `json:"Message"`
}

func decodeEnvelope(payload []byte, _ document, depth int) (Event, error) {
	return Event{Protocol: SNS, Items: snsItems(payload, depth)}, nil
}

func snsItems(raw json.RawMessage, depth int) []Item {
	var n envelope
	if err := json.Unmarshal(raw, &n); err != nil {
		return []Item{{Malformed: fmt.Errorf("SNS envelope: %w", err)}}
	}
	switch kind := softText(n.Type); kind {
	case "SubscriptionConfirmation", "UnsubscribeConfirmation":
		// https://docs.aws.amazon.com/sns/latest/dg/SendMessageToSQS.cross.account.html
		return []Item{{Ignored: "SNS " + kind + ": the owner of the queue answers it with SNS itself"}}
	}
	return messageItems("SNS notification without a Message", n.Message, depth)
}

// messageItems returns the items of the document inside a message. A test
// event has none, and the message is done with.
func messageItems(empty string, raw json.RawMessage, depth int) []Item {
	if !present(raw) {
		return []Item{{Malformed: errors.New(empty)}}
	}
	if depth+1 >= maxDepth {
		return []Item{{Malformed: fmt.Errorf("more than %d messages inside one another", maxDepth-1)}}
	}
	inner, err := decode(unwrapped(raw), depth+1)
	switch {
	case err != nil:
		return []Item{{Malformed: fmt.Errorf("message: %w", err)}}
	case inner.Run != nil:
		return []Item{{Malformed: errors.New("message: a whole run cannot come inside a message: invoke the function by itself")}}
	case inner.Protocol == Batch:
		return []Item{{Malformed: errors.New("message: S3 Batch Operations waits for an answer, which a message cannot give")}}
	}
	return inner.Items
}
