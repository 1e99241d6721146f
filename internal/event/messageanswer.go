package event

// messageFailures is the answer to SQS: the messages that come back. It counts
// only where the event source mapping has ReportBatchItemFailures; without it
// every message is deleted when the function returns.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
type messageFailures struct {
	Failures []messageFailure `json:"batchItemFailures"`
}

type messageFailure struct {
	ID string `json:"itemIdentifier"`
}

// messageAnswer names every message of which an item failed, once. A message
// without an id is not named: Lambda takes an empty one for the failure of the
// whole batch, and Answer says that with an error.
//
// In a FIFO queue Lambda asks for everything after the first failure as well,
// to keep the order. Order means nothing here: what counts is the state of the
// object.
func messageAnswer(all []result) []byte {
	answer := messageFailures{Failures: []messageFailure{}}
	named := map[string]bool{"": true}
	for _, v := range all {
		if v.fails && !named[v.id] {
			named[v.id] = true
			answer.Failures = append(answer.Failures, messageFailure{v.id})
		}
	}
	return marshal(answer)
}
