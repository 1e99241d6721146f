package event

import "reconcile/internal/reconcile"

// The result codes of S3 Batch Operations. It sends a task that failed
// temporarily again before the job ends.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html
const (
	succeeded        = "Succeeded"
	temporaryFailure = "TemporaryFailure"
	permanentFailure = "PermanentFailure"
)

type batchResponse struct {
	SchemaVersion string `json:"invocationSchemaVersion"`
	// MissingKeys is how tasks count that the answer leaves out: those without
	// an id, which Decode finds malformed and Answer makes an error of.
	MissingKeys string       `json:"treatMissingKeysAs"`
	ID          string       `json:"invocationId"`
	Results     []taskResult `json:"results"`
}

type taskResult struct {
	ID     string `json:"taskId"`
	Code   string `json:"resultCode"`
	String string `json:"resultString"`
}

func batchAnswer(e Event, all []result) []byte {
	answer := batchResponse{
		SchemaVersion: e.schemaVersion,
		MissingKeys:   permanentFailure,
		ID:            e.invocationID,
		Results:       []taskResult{},
	}
	for _, v := range all {
		if v.id != "" {
			answer.Results = append(answer.Results, taskResult{v.id, v.resultCode(), v.resultString()})
		}
	}
	return marshal(answer)
}

// resultCode says whether sending the task again can help: later the restore
// may be done, the service less busy, the network up, the deadline further away.
func (v result) resultCode() string {
	switch {
	case v.Ignored != "" || v.outcome.Success():
		return succeeded
	case v.outcome.Status == reconcile.InRestore, v.outcome.Status == reconcile.Canceled:
		return temporaryFailure
	case v.outcome.Status == reconcile.Failed &&
		(v.outcome.ErrorKind == reconcile.Throttled || v.outcome.ErrorKind == reconcile.Network):
		return temporaryFailure
	}
	return permanentFailure
}
