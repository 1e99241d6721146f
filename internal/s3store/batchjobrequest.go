package s3store

import (
	"encoding/json"
	"maps"
	"strings"
)

// Request is what CreateBatchJob sends, as "aws s3control create-job
// --cli-input-json" takes it: that has S3's names for the fields, as the SDK has.
func (j BatchJob) Request() map[string]any {
	text, _ := json.Marshal(j.input()) // texts and numbers cannot fail
	var all map[string]any
	json.Unmarshal(text, &all)
	return given(all)
}

// given leaves out what is null, for which the command line wants no field.
func given(all map[string]any) map[string]any {
	maps.DeleteFunc(all, func(_ string, value any) bool {
		if inner, ok := value.(map[string]any); ok {
			given(inner)
		}
		return value == nil
	})
	return all
}

// partition is the second field of an ARN, aws where there is none.
func partition(arn string) string {
	fields := strings.SplitN(arn, ":", 3)
	if len(fields) < 3 || fields[1] == "" {
		return "aws"
	}
	return fields[1]
}
