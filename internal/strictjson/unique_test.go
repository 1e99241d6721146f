package strictjson

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestUnique: a field may be in two objects, and in none twice.
func TestUnique(t *testing.T) {
	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprintf(`"f%d":{"a":1}`, i))
	}
	long := "{" + strings.Join(many, ",") + "}"
	for text, ok := range map[string]bool{
		`{}`: true, `[]`: true, `"a"`: true, `5`: true, `{"a":"a","b":"a"}`: true, `{"a":{"a":[{"a":1},{"a":2}]}}`: true,
		`{"a":1,"a":2}`: false, `{"a":{},"b":[{"c":1,"d":[],"c":2}]}`: false, `{"a":["x",{"y":1}],"a":2}`: false,
		`{"a":1,"A":2}`: false, `{"\u0061":1,"a":2}`: false, `{"a\"":1,"a":2}`: true, `{"a\\":1,"b":"\\"}`: true, `{"k":1,"\u212a":2}`: false,
		long: true, strings.TrimSuffix(long, "}") + `,"F7":1}`: false,
	} {
		if !json.Valid([]byte(text)) {
			t.Fatalf("%s is no JSON", text)
		}
		if err := Unique([]byte(text)); (err == nil) != ok {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}

// FuzzUnique: it reads all valid JSON, and agrees with Fields on an object.
func FuzzUnique(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"\"}"}],"a":null}`))
	f.Add([]byte(`[[],{},"",-1e5,true]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		err := Unique(text)
		if _, _, twice := Fields(text); err == nil && twice != nil && strings.Contains(twice.Error(), "twice") {
			t.Errorf("%q: %v", text, twice)
		}
	})
}
