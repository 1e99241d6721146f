package parquet

import (
	"slices"
	"testing"
)

// TestHybrid: the examples of the format's page, and runs as other writers make
// them. A run of ones repeats the value, not the byte: parquet-go v0.32.0 took
// it for 8 booleans of which one is true.
// https://parquet.apache.org/docs/file-format/data-pages/encodings/
func TestHybrid(t *testing.T) {
	for name, c := range map[string]struct {
		b     []byte
		width uint
		want  []uint32
	}{
		"bit-packed 0 to 7, 3 bits":        {[]byte{3, 0b10001000, 0b11000110, 0b11111010}, 3, []uint32{0, 1, 2, 3, 4, 5, 6, 7}},
		"run of ones":                      {[]byte{18, 1}, 1, []uint32{1, 1, 1, 1, 1, 1, 1, 1, 1}},
		"run, then groups":                 {[]byte{6, 1, 3, 0b00000101}, 1, []uint32{1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0}},
		"empty run":                        {[]byte{0, 4, 1}, 1, []uint32{1, 1}},
		"run of two bytes":                 {[]byte{4, 0x34, 0x12}, 16, []uint32{0x1234, 0x1234}},
		"no bits":                          {[]byte{8}, 0, []uint32{0, 0, 0, 0}},
		"groups across bytes, 12 bits":     {[]byte{3, 0x21, 0x43, 0x65, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12, []uint32{0x321, 0x654, 0, 0, 0, 0, 0, 0}},
		"header of more than one byte":     {append([]byte{0x90, 0x01}, 1), 1, slices.Repeat([]uint32{1}, 72)},
		"several groups behind one header": {[]byte{5, 0xff, 0}, 1, append(slices.Repeat([]uint32{1}, 8), slices.Repeat([]uint32{0}, 8)...)},
	} {
		h := &hybrid{b: c.b, width: c.width}
		var got []uint32
		for range c.want {
			v, err := h.next()
			if err != nil {
				t.Fatalf("%s: %v after %v", name, err, got)
			}
			got = append(got, v)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if _, err := h.next(); err == nil {
			t.Errorf("%s: more values than were written", name)
		}
	}
}
