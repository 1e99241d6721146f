package report

import "reconcile/internal/strictjson"

// Digest returns a report's "run" and "summary" as one line of JSON, without
// the rows: what whoever asked for a run is answered, wherever its report went.
// It may be called once the report is written.
func (r *Report) Digest(run Run, requests map[string]int64) ([]byte, error) {
	h, err := r.seal(run, requests, nil)
	if err != nil {
		return nil, err
	}
	return strictjson.Marshal(object{{"schema_version", SchemaVersion}, {"run", h.run}, {"summary", h.counted()}})
}
