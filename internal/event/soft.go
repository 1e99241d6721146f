package event

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Fields that are only hints are read softly: one that is missing or has
// another type than documented leaves the hint empty and the item whole.

// present reports whether a field is there and not null.
func present(raw json.RawMessage) bool {
	return len(raw) > 0 && !bytes.Equal(raw, []byte("null"))
}

func isObject(raw json.RawMessage) bool {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	return len(raw) > 0 && raw[0] == '{'
}

// softText returns a string, "" where raw is none.
func softText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// softSize returns a number of bytes, which CSV readers give as a string; 0
// where raw is none.
func softSize(raw json.RawMessage) int64 {
	n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// softETag returns an ETag without the quotes that S3's API puts around it.
func softETag(raw json.RawMessage) string {
	return strings.Trim(softText(raw), `"`)
}

// softTime returns a time, zero where raw is none.
func softTime(raw json.RawMessage) time.Time {
	t, err := time.Parse(time.RFC3339, softText(raw))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// unwrapped returns the document inside a JSON string. What is no string is
// the document itself: hand-made events often leave out the extra quoting.
func unwrapped(raw json.RawMessage) []byte {
	if len(raw) == 0 || raw[0] != '"' {
		return raw
	}
	return []byte(softText(raw))
}

// clipped returns s cut to n bytes, at a rune.
func clipped(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:max(n, 0)], "")
}
