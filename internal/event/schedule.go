package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"reconcile/internal/strictjson"
)

// scheduled is the detail-type of both EventBridge's schedule rules (source
// aws.events) and EventBridge Scheduler without an input of its own (source
// aws.scheduler).
// https://docs.aws.amazon.com/eventbridge/latest/userguide/event-reference.html
// https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
const scheduled = "Scheduled Event"

// scheduleEvent takes the options from the detail, which is an empty object
// from a rule and the text "{}" from EventBridge Scheduler unless somebody put
// something there.
func scheduleEvent(detail []byte) (Event, error) {
	if !present(detail) || len(bytes.TrimSpace(detail)) == 0 {
		return Event{Protocol: Schedule, Run: &Run{}}, nil
	}
	return runEvent("detail", detail)
}

// decodeRun decodes {"run":{…}}, which is what to give EventBridge Scheduler
// as the constant input.
func decodeRun(_ []byte, d document, _ int) (Event, error) {
	return runEvent("run", d.Run)
}

func runEvent(field string, options []byte) (Event, error) {
	run, err := object(options)
	if err == nil {
		err = strictjson.Unique(options)
	}
	if err != nil {
		return Event{}, fmt.Errorf("%s holds no options: %w; %s", field, err, expected)
	}
	return Event{Protocol: Schedule, Run: &Run{Options: run}}, nil
}

// object decodes a JSON object; numbers stay as they are written.
func object(raw []byte) (map[string]any, error) {
	if !isObject(raw) {
		return nil, errors.New("it is no JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var values map[string]any
	if err := dec.Decode(&values); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, errors.New("something follows the JSON object")
	}
	return values, nil
}
