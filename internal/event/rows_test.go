package event

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestLongError: the error of thousands of rows has those that failed, as many as
// fit, and says how many there are.
func TestLongError(t *testing.T) {
	e := &CopyRequestError{}
	for i := range 10_000 {
		e.Rows = append(e.Rows, Row{SourceKey: fmt.Sprintf("%05d", i), Success: i%10 > 0, ErrMsg: map[bool]string{false: strings.Repeat("x", 500)}[i%10 > 0]})
	}
	text := e.Error()
	list, rest, ok := strings.Cut(strings.TrimPrefix(text, "File copy failed. "), " and ")
	var rows []Row
	if err := json.Unmarshal([]byte(list), &rows); err != nil || !ok || len(text) > 50<<10 || len(rows) < 80 || rows[1].SourceKey != "00010" {
		t.Fatalf("%v, %d bytes, %d rows", err, len(text), len(rows))
	}
	if want := fmt.Sprintf("%d more of 10000 rows, 1000 of which are no success: ", 10_000-len(rows)); !strings.HasPrefix(rest, want) {
		t.Errorf("%q, want %q", rest, want)
	}
}

// TestFieldTwice: which of two fields of a name holds nobody knows, and the object
// of the other one would not be looked at.
func TestFieldTwice(t *testing.T) {
	for _, text := range []string{
		`{"objects":[{"bucket":"b","key":"one","key":"other"}]}`,
		`{"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"one"},"object":{"key":"other"}}}]}`,
		`{"objects":[{"bucket":"b","key":"one"}],"objects":[{"bucket":"b","key":"other"}]}`,
	} {
		if e, err := Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), "is there twice") {
			t.Errorf("%s: %+v, %v", text, e.Items, err)
		}
	}
}
