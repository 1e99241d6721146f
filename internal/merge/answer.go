package merge

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"reconcile/internal/event"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/strictjson"
)

// answer is what package event answers a Distributed Map with.
type answer struct {
	Statuses []reconcile.Status `json:"statuses"`
	Failed   []report.Row       `json:"failed"`
	LeftOut  int                `json:"failed_left_out"`
	Rows     []report.Row       `json:"rows"` // null where they did not fit
}

func (a *answer) given() bool { return a.Statuses != nil }

// answerOf finds the answer in an execution's output: the state that invokes a
// Lambda hands on its Payload, or, where nothing takes it out, all that Lambda
// answers.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
func answerOf(output json.RawMessage) (*answer, error) {
	var out struct {
		answer
		Payload json.RawMessage
	}
	if len(output) == 0 {
		return nil, errors.New("it succeeded, and its output is not there")
	}
	if err := strictjson.Unique(output); err != nil {
		return nil, err
	}
	text := document(output)
	if json.Unmarshal(text, &out) != nil {
		return nil, notAnswered("its output")
	}
	if err := strictjson.Unique(text); err != nil {
		return nil, err
	}
	if !out.given() && len(out.Payload) > 0 {
		text := document(out.Payload)
		if json.Unmarshal(text, &out.answer) != nil {
			return nil, notAnswered("its output's Payload")
		}
		if err := strictjson.Unique(text); err != nil {
			return nil, err
		}
	}
	if !out.given() {
		return nil, notAnswered("its output")
	}
	return &out.answer, nil
}

// readAnswer takes an answer: its rows, or, where they did not fit, the status
// of each item of the batch.
func (m *Merger) readAnswer(f *file, a *answer, input []byte) error {
	if a.Rows != nil {
		return m.addRows(f, a.Rows)
	}
	if len(input) == 0 {
		return errors.New("its rows did not fit in the answer, and its input is not there to say which objects it had")
	}
	e, err := event.Decode(input)
	if err != nil {
		return fmt.Errorf("its input: %w", err)
	}
	if len(e.Items) != len(a.Statuses) {
		return fmt.Errorf("it answers %d items, and its input has %d", len(a.Statuses), len(e.Items))
	}
	for i, item := range e.Items {
		if err := m.addStatus(item, a.Statuses[i]); err != nil {
			return err
		}
	}
	return m.addRows(f, a.Failed)
}

// addRows takes the rows that name an object. Those of items that name none are
// for the notes.
func (m *Merger) addRows(f *file, rows []report.Row) error {
	for _, r := range rows {
		switch _, err := r.Outcome(); {
		case !r.Status.Valid(): // an ignored item
			continue
		case r.SourceKey == "":
			m.note("%s: an item that names no object: %s", f, clipped(r.ErrMsg))
			continue
		case err != nil:
			return err
		}
		if err := m.add(told, &r); err != nil {
			return err
		}
	}
	return nil
}

// addStatus takes all that is known of an item. The row of one that failed may
// come too, and knows more.
func (m *Merger) addStatus(item event.Item, s reconcile.Status) error {
	if !item.Named() || !s.Valid() {
		return nil
	}
	row := bare(item)
	row.Status, row.Success = s, s.Success()
	if !row.Success {
		row.ErrMsg = "its row did not fit in the worker's answer"
	}
	return m.add(told, &row)
}

// bare is the row of an item that nothing is known of.
func bare(item event.Item) report.Row {
	return report.Row{SourceBucket: report.Text(item.Location.Bucket), SourceKey: report.Text(item.Location.Key)}
}

// unanswered takes an execution that did not succeed: what became of its objects
// nobody knows. One that is pending never began.
func (m *Merger) unanswered(e *execution) error {
	in, err := event.Decode(document(e.Input))
	if err != nil {
		return fmt.Errorf("its status is %s; its input: %w", e.Status, err)
	}
	status, message := reconcile.Failed, "the execution ended as "+e.Status
	if e.Status == "PENDING" || e.Status == "RUNNING" {
		status, message = reconcile.Canceled, "the map run ended before its execution did"
	}
	if why := strings.Trim(e.Error+": "+e.Cause, ": "); why != "" {
		message += ": " + why
	}
	for _, item := range in.Items {
		if !item.Named() {
			continue
		}
		row := bare(item)
		row.Status, row.ErrMsg = status, clipped(message)
		if status == reconcile.Failed {
			row.ErrorKind = report.Text(reconcile.Other)
		}
		if err := m.add(told, &row); err != nil {
			return err
		}
	}
	return nil
}
