package event

import (
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// maxMapAnswer is the longest answer to Step Functions, in bytes: a state's
// output may have 256 KiB, of which the Lambda integration takes some for
// itself.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxMapAnswer = 240 << 10

// mapResponse is the answer to Step Functions. A state machine needs only
// success; whoever joins the batches' answers has every item in Statuses, in
// the order of the batch, which the Distributed Map's result file holds beside
// the answer.
type mapResponse struct {
	Success  bool                       `json:"success"`  // no item failed
	Summary  map[reconcile.Status]int64 `json:"summary"`  // items by status
	Statuses []reconcile.Status         `json:"statuses"` // one an item
	// Failed are the rows of the items that failed, as the report has them; as
	// many as fit.
	Failed        []report.Compact `json:"failed"`
	FailedLeftOut int              `json:"failed_left_out"`
	// Rows are the rows of all items, null where they do not fit: from about
	// 500 items on.
	Rows []report.Compact `json:"rows"`
}

// mapAnswer leaves out what is too long: the rows of what went well first,
// which Statuses still counts, then those of what failed. Statuses is never
// left out; one that is too long by itself makes Step Functions fail the state,
// and 256 KiB of input do not hold that many keys of a real bucket.
func mapAnswer(all []result) []byte {
	r := newMapResponse(all)
	body := marshal(r)
	if len(body) <= maxMapAnswer {
		return body
	}
	r.Rows = nil
	body = marshal(r)
	if len(body) <= maxMapAnswer {
		return body
	}
	rows := r.Failed
	r.Failed, r.FailedLeftOut = []report.Compact{}, len(rows)
	room := maxMapAnswer - len(marshal(r))
	for _, row := range rows {
		room -= len(marshal(row)) + len(",")
		if room < 0 {
			break
		}
		r.Failed = append(r.Failed, row)
		r.FailedLeftOut--
	}
	return marshal(r)
}

func newMapResponse(all []result) mapResponse {
	r := mapResponse{
		Success:  true,
		Summary:  map[reconcile.Status]int64{},
		Statuses: make([]reconcile.Status, len(all)),
		Failed:   []report.Compact{},
		Rows:     make([]report.Compact, len(all)),
	}
	for i, v := range all {
		r.Statuses[i], r.Rows[i] = v.outcome.Status, v.row()
		r.Summary[r.Statuses[i]]++
		if v.fails {
			r.Success = false
			r.Failed = append(r.Failed, r.Rows[i])
		}
	}
	return r
}
