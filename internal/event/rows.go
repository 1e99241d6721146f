package event

import "fmt"

// Row is a row of the list that the seed, the Lambda this project starts from,
// answers with. Every field is always a text or a boolean: target_bucket is ""
// where the object has none, and so is what a malformed record does not name.
type Row struct {
	SourceKey    string `json:"source_key"`
	SourceBucket string `json:"source_bucket"`
	TargetBucket string `json:"target_bucket"`
	Success      bool   `json:"success"`
	ErrMsg       string `json:"err_msg"` // "" exactly when Success
}

func rowsOf(all []result) []Row {
	rows := make([]Row, len(all)) // not nil: no rows are [], not null
	for i, v := range all {
		rows[i] = Row{
			SourceKey:    v.outcome.Source.Key, // the alternate one where that was the object's
			SourceBucket: v.outcome.Source.Bucket,
			TargetBucket: v.outcome.Target.Bucket,
			Success:      v.success(),
			ErrMsg:       v.message(),
		}
	}
	return rows
}

// CopyRequestError fails an invocation in which an item failed. It carries the
// rows of all items, as the seed's exception of that name does, so that nobody
// who reads the error has to look for the answer as well.
type CopyRequestError struct {
	Rows []Row
}

// maxError is how long the rows of an error may be together, in bytes. Lambda's
// runtime takes 6 MB of an error; its client sends it once more in a header,
// where servers take 64 KiB and more, and a log takes a line of 256 KiB.
const maxError = 48 << 10

// Error is the seed's wording, with the list in JSON. Of a list that is too long
// those rows are in it that are no success, as many as fit.
func (e *CopyRequestError) Error() string {
	const begin = "File copy failed. "
	list := marshal(e.Rows)
	if len(list) <= maxError {
		return begin + string(list)
	}
	var some []Row
	size, bad := 0, 0
	for _, r := range e.Rows {
		if r.Success {
			continue
		}
		if bad++; size < maxError {
			some = append(some, r)
			size += len(marshal(r)) + 1
		}
	}
	return fmt.Sprintf("%s%s and %d more of %d rows, %d of which are no success: the log and the report have them", begin, marshal(some), len(e.Rows)-len(some), len(e.Rows), bad)
}

// failure returns the error of an invocation in which an item failed.
func failure(all []result) error {
	for _, v := range all {
		if v.fails {
			return &CopyRequestError{Rows: rowsOf(all)}
		}
	}
	return nil
}

// unnamed returns the error of an invocation with a failed item that has no id
// to be named by in the answer.
func unnamed(all []result) error {
	for _, v := range all {
		if v.fails && v.id == "" {
			return &CopyRequestError{Rows: rowsOf(all)}
		}
	}
	return nil
}
