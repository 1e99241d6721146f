package event

import (
	"errors"
	"fmt"

	"reconcile/internal/reconcile"
	"reconcile/internal/strictjson"
)

// Answer encodes what became of the items in the sender's protocol.
//
// outcomes[i] belongs to e.Items[i]; those of items that name no object are not
// looked at. An item that names one and has no outcome is answered as failed:
// it was forgotten, and saying nothing would mean that it is fine.
//
// The body is the answer, whether there is an error or not; the error is the
// invocation's. Where the protocol has no answer for a single item, one that
// Fails makes it a *CopyRequestError; SQS, S3 Batch Operations and Step
// Functions find their failed items in the body, and get an error only if an
// item cannot be named in it. A whole run is answered by its report, not here.
func Answer(e Event, outcomes []reconcile.Outcome) ([]byte, error) {
	if e.Run != nil {
		return nil, errors.New("event: a whole run is answered by its report")
	}
	if len(outcomes) > len(e.Items) {
		return nil, fmt.Errorf("event: %d outcomes for %d items", len(outcomes), len(e.Items))
	}
	all := results(e, outcomes)
	switch e.Protocol {
	case SQS:
		return messageAnswer(all), unnamed(all)
	case Batch:
		return batchAnswer(e, all), unnamed(all)
	case Map:
		return mapAnswer(all), nil
	}
	return marshal(rowsOf(all)), failure(all)
}

// Failed returns a *CopyRequestError if any item failed, whatever the protocol:
// what decides the exit code of a program that handled the event.
func Failed(e Event, outcomes []reconcile.Outcome) error {
	return failure(results(e, outcomes[:min(len(outcomes), len(e.Items))]))
}

// Fails reports whether an outcome fails what handled it: the object is wrong
// or not there (an event answers for its object as an audit does for all), or
// it was not reached in time and has to come again. What is still being
// restored, or has no readable copy, does not: asking again brings nothing, and
// S3 sends another event when it is there.
func Fails(s reconcile.Status) bool {
	return s.Breaks("audit") || s == reconcile.Canceled
}

// result is an item and what became of it.
type result struct {
	Item
	outcome reconcile.Outcome
	given   bool // the outcome is the caller's
	fails   bool
}

// ignored is the status of an ignored item, which no outcome has.
const ignored reconcile.Status = "ignored"

func results(e Event, outcomes []reconcile.Outcome) []result {
	all := make([]result, len(e.Items))
	for i, item := range e.Items {
		v := result{Item: item}
		switch {
		case item.Ignored != "":
			v.outcome = reconcile.Outcome{Status: ignored, Message: "ignored: " + item.Ignored}
		case item.Malformed != nil:
			v.outcome = failed(item.Malformed.Error())
		case i >= len(outcomes) || outcomes[i].Status == "":
			v.outcome = failed("no outcome: this is a bug in reconcile")
		default:
			v.outcome, v.given = outcomes[i], true
		}
		if v.outcome.Source.Key == "" {
			v.outcome.Source.Location = item.Location
		}
		v.fails = item.Ignored == "" && Fails(v.outcome.Status)
		all[i] = v
	}
	return all
}

func failed(message string) reconcile.Outcome {
	return reconcile.Outcome{Status: reconcile.Failed, ErrorKind: reconcile.Other, Message: message}
}

// success is the row's "success": no ignored item has it.
func (v result) success() bool { return v.outcome.Success() }

// message is "" exactly when there is success: the seed's rows promise that.
func (v result) message() string {
	switch {
	case v.success():
		return ""
	case v.outcome.Message != "":
		return v.outcome.Message
	}
	return string(v.outcome.Status)
}

// marshal is for values that cannot fail.
func marshal(v any) []byte {
	text, err := strictjson.Marshal(v)
	if err != nil {
		panic("event: " + err.Error()) // a type of ours that JSON does not know
	}
	return text
}
