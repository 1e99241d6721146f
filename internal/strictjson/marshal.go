package strictjson

import (
	"bytes"
	"encoding/json"
)

// Marshal is json.Marshal that leaves < > & as they are: they are common in keys,
// and nothing that is written here is a web page.
func Marshal(v any) ([]byte, error) {
	text, err := encode(v, "")
	return bytes.TrimSuffix(text, []byte("\n")), err
}

// MarshalIndented is the same with lines that are indented, of which the last one
// ends.
func MarshalIndented(v any) ([]byte, error) { return encode(v, "  ") }

func encode(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	err := enc.Encode(v)
	return b.Bytes(), err
}
