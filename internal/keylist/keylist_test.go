package keylist_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"reconcile/internal/keylist"
)

// read returns the entries as KEY, or BUCKET KEY VERSION|ALTERNATE.
func read(t testing.TB, name, text string) (all []string, err error) {
	t.Helper()
	err = keylist.Read(iotest.OneByteReader(strings.NewReader(text)), name, "glacier", func(e keylist.Entry) error {
		s := e.Key
		if e.Bucket != "" {
			s = e.Bucket + " " + s
		}
		if e.Version != "" {
			s += " " + e.Version
		}
		if e.Alternate != "" {
			s += "|" + e.Alternate
		}
		all = append(all, s)
		return nil
	})
	return all, err
}

func TestUnderstood(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       []string
	}{
		"lines":                    {"l.txt", "a/b.hdf\nc d,E.hdf\n", []string{"a/b.hdf", "c d,E.hdf"}},
		"no last line's end":       {"l", "a\n\nb", []string{"a", "b"}},
		"CR LF":                    {"l.txt", "\uFEFFa\r\nb\r\n", []string{"a", "b"}},
		"CR":                       {"l.txt", "a\rb\rc", []string{"a", "b", "c"}},
		"odd but plain":            {"l.txt", "[2023]/x\n{\"\n"[:0] + "#1/x\n%41+\nMOD09,x.hdf\na/b,c\n", []string{"#1/x", "%41+", "MOD09,x.hdf", "a/b,c"}},
		"a bracket further down":   {"l.txt", "a\n[2023]/x\n", []string{"a", "[2023]/x"}},
		"our bucket":               {"l.txt", "glacier,a/b%2Bc.hdf\nglacier,plain\n", []string{"glacier a/b+c.hdf|a/b%2Bc.hdf", "glacier plain"}},
		"a plus":                   {"l.txt", "glacier,a+b\nglacier,100%\n", []string{"glacier a b|a+b", "glacier 100%"}},
		"quoted in a .txt":         {"l.txt", "\"a,b\"\n\"c \"\"d\"\"\"\n", []string{"a,b", `c "d"`}},
		"an inventory":             {"l.txt", "\"glacier\",\"a%20b\"\n\"glacier\",\"c\"\n", []string{"glacier a b|a%20b", "glacier c"}},
		"a manifest":               {"m.csv", "glacier,a%2Cb,v1\nglacier,c,v2\n", []string{"glacier a,b v1|a%2Cb", "glacier c v2"}},
		"another's manifest":       {"m.csv", "other-bucket,a\n", []string{"other-bucket a"}},
		"a column":                 {"l.CSV", "a/b\nc\n", []string{"a/b", "c"}},
		"a header":                 {"l.csv", "Size,Key\n1,a+b\n2,\"c,d\"\n", []string{"a+b", "c,d"}},
		"a header in a .txt":       {"l.txt", "bucket,key\nglacier,a%20b\n", []string{"glacier a%20b"}},
		"a header with a version":  {"l.csv", "\uFEFFBucket,Object Key,Version-Id\r\nglacier,a,v\r\n", []string{"glacier a v"}},
		"JSON":                     {"l.json", "\uFEFF[\"a\", \"b\\nc\", \" d \"]\n", []string{"a", "b\nc", " d "}},
		"JSON in a .txt":           {"l.txt", " [\n \"a\",\n \"b\"\n]", []string{"a", "b"}},
		"no entries":               {"l.json", "[]", nil},
		"JSON Lines":               {"l.jsonl", "{\"key\":\"a\",\"size\":{\"x\":1}}\n\"b\"\n{\"Key\":\"c\",\"bucket\":\"glacier\",\"versionId\":null}\n", []string{"a", "b", "glacier c"}},
		"JSON Lines in a .txt":     {"l.txt", "{\"key\":\"a\"}\n{\"key\":\"b\"}\n", []string{"a", "b"}},
		"a replacement character":  {"l.json", "[\"\uFFFD\", \"\\uFFFD\"]", []string{"\uFFFD", "\uFFFD"}},
		"nothing":                  {"l.txt", "", nil},
		"nothing but a mark":       {"l.csv", "\uFEFF", nil},
		"a line as long as can be": {"l.txt", strings.Repeat("k", 1024), []string{strings.Repeat("k", 1024)}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := read(t, c.file, c.text); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"a trailing space":          {"l.txt", "a\nb \n", "l.txt:2: it begins or ends with a space"},
		"a leading one":             {"l.txt", " b\n", "l.txt:1: it begins or ends with a space"},
		"one that does not break":   {"l.txt", "b\u00a0\n", "l.txt:1: it begins or ends with a space"},
		"a mark in the middle":      {"l.txt", "a\n\uFEFFb\n", "l.txt:2: it begins or ends with a space"},
		"a tab":                     {"l.txt", "a\tb\n", "l.txt:1: there is a tab"},
		"UTF-16":                    {"l.txt", "\xff\xfek\x000\x00", "l.txt:1: it is not UTF-8"},
		"Latin-1":                   {"l.txt", "a\ncaf\xe9\n", "l.txt:2: it is not UTF-8"},
		"mixed ends":                {"l.txt", "a\nb\rc\n", "l.txt:2: a carriage return that is no line's end"},
		"CR CR LF":                  {"l.txt", "a\r\r\nb\r\r\n", "l.txt:2: a carriage return"},
		"an address":                {"l.txt", "s3://glacier/a\n", "l.txt:1: it is an address"},
		"an address of the web":     {"l.txt", "HTTPS://s3.amazonaws.com/glacier/a\n", "l.txt:1: it is an address"},
		"an ARN":                    {"l.txt", "arn:aws-us-gov:s3:::glacier/a\n", "l.txt:1: it is an address"},
		"a list in YAML":            {"l.txt", "- a\n- b\n", "l.txt:1: it looks like an item of a YAML list"},
		"an address in CSV":         {"l.csv", "s3://glacier/a\n", "l.csv:1: it is an address"},
		"quoted further down":       {"l.txt", "a\n\"b\"\n", "l.txt:2: it is quoted"},
		"quoted for a shell":        {"l.txt", "'a'\n", "l.txt:1: it is quoted"},
		"a comment":                 {"l.txt", "# withdrawn\na\n", "l.txt:1: it looks like a comment"},
		"a listing":                 {"l.txt", "2024-01-02 03:04:05       1234 a/b\n", "l.txt:1: it looks like a line of a listing"},
		"what may be a bucket":      {"l.txt", "a\nother-bucket,key\n", `l.txt:2: it may be key "key" of bucket "other-bucket"`},
		"a space after the comma":   {"l.txt", "glacier, key\n", "l.txt:1: it begins or ends with a space"},
		"a comma too many":          {"l.txt", "glacier,a,b,c\n", "l.txt:1: 4 columns"},
		"no key":                    {"l.txt", "glacier,\n", "l.txt:1: there is no key"},
		"columns without a name":    {"l.csv", "1,B\n", "l.csv:1: 2 columns without a header"},
		"a name twice":              {"l.csv", "key,source_key\na,b\n", `l.csv:1: the columns "key" and "source_key"`},
		"a report":                  {"l.csv", "source_bucket,source_key,status,success\n", "l.csv:1: it is a report"},
		"rows of unequal length":    {"l.csv", "key,size\na,1\nb\n", "l.csv:3: wrong number of fields"},
		"a quote in the middle":     {"l.csv", "a\nb\"c\n", "l.csv:2: bare \""},
		"CR in CSV":                 {"l.csv", "a\rb\rc", "l.csv:1: there is a tab or another control"},
		"a space in CSV":            {"l.csv", "key,size\n\"a \",1\n", "l.csv:2: it begins or ends with a space"},
		"too long":                  {"l.txt", "a\n" + strings.Repeat("k", 1025), "l.txt:2: it has 1025 bytes"},
		"far too long":              {"l.txt", "a\n" + strings.Repeat("k", 1<<20), "l.txt:2: it has more than"},
		"null":                      {"l.json", "null", "l.json:1: null is not a string"},
		"two arrays":                {"l.json", "[\"a\"]\n[\"b\"]", "l.json:2: something follows"},
		"objects in an array":       {"l.json", "[\n{\"key\":\"a\"}]", `l.json:2: {"key":"a"} is not a string`},
		"an object without a key":   {"l.txt", "{\"key\":\"a\"}\n{\"Name\":\"b\"}", `l.txt:2: the object has no "key"`},
		"a field twice":             {"l.txt", `{"key":"a","key":"b"}`, `l.txt:1: the field "key" is there twice`},
		"two keys":                  {"l.txt", `{"key":"a","source_key":"b"}`, `l.txt:1: the columns "key" and "source_key"`},
		"an empty key":              {"l.json", `["a",""]`, "l.json:1: there is no key"},
		"half of a character":       {"l.json", `["\ud800"]`, "is not UTF-8"},
		"bytes in JSON":             {"l.json", "[\"\xe9\"]", "is not UTF-8"},
		"cut off":                   {"l.json", "[\n\"a\",\n\"b", "l.json:3: the JSON ends"},
		"nothing after a bracket":   {"l.json", "[", "l.json:1: the JSON ends"},
		"no JSON":                   {"l.json", "a\nb\n", "l.json:1: it is not one JSON array"},
		"a key that begins like it": {"l.txt", "[2023]/x\n[2024]/y", "l.txt:1:"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, c.file, c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q, %v, want %q", got, err, c.want)
			}
		})
	}
}

// What taking refuses ends the reading, and what reading fails with is told.
func TestErrorsOfOthers(t *testing.T) {
	no := errors.New("no")
	for _, name := range []string{"l.txt", "l.csv", "l.json"} {
		text := map[string]string{"l.txt": "a\nb\n", "l.csv": "a\nb\n", "l.json": `["a","b"]`}[name]
		n := 0
		err := keylist.Read(strings.NewReader(text), name, "", func(keylist.Entry) error { n++; return no })
		if !errors.Is(err, no) || n != 1 {
			t.Errorf("%s: %v after %d", name, err, n)
		}
		if err := keylist.Read(iotest.ErrReader(no), name, "", func(keylist.Entry) error { return nil }); !errors.Is(err, no) {
			t.Errorf("%s: %v", name, err)
		}
		half := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(text)))
		if err := keylist.Read(half, name, "", func(keylist.Entry) error { return nil }); !errors.Is(err, iotest.ErrTimeout) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every list that is written by another program's rules is read back, entry by
// entry, with its lines.
func FuzzWritten(f *testing.F) {
	f.Add("a\nb,c\nd \"e\"\n\uFFFD\nf/\r")
	f.Fuzz(func(t *testing.T, text string) {
		var keys []string
		for _, k := range strings.Split(strings.ToValidUTF8(text, "?"), "\n") {
			if k != "" && len(k) <= 1024 {
				keys = append(keys, k)
			}
		}
		var array, lines, rows bytes.Buffer
		json.NewEncoder(&array).Encode(append([]string{}, keys...))
		w := csv.NewWriter(&rows)
		w.Write([]string{"key", "n"})
		for i, k := range keys {
			json.NewEncoder(&lines).Encode(map[string]any{"n": i, "key": k})
			w.Write([]string{k, fmt.Sprint(i)})
		}
		w.Flush()
		for name, text := range map[string]string{"l.json": array.String(), "l.jsonl": lines.String(), "l.csv": rows.String()} {
			got, err := read(t, name, text)
			var refused *keylist.Error
			if name == "l.csv" && errors.As(err, &refused) {
				continue // what CSV cannot say for certain
			}
			if err != nil || !slices.Equal(got, keys) {
				t.Fatalf("%s: %q, %v, want %q", name, got, err, keys)
			}
		}
	})
}

// Whatever a list is, it gives keys that can be, or an error that names a line.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"a\rb", "{\"key\":\"a\"}", "[\"a\"]", "\"a\",\"b\"", "glacier,a%20b", "key,bucket\na,b", "\uFEFF\"", "[[", "{}", "["} {
		for i := range 4 {
			f.Add(text, i)
		}
	}
	f.Fuzz(func(t *testing.T, text string, format int) {
		name := []string{"l.txt", "l.csv", "l.json", "l.jsonl"}[uint(format)%4]
		err := keylist.Read(strings.NewReader(text), name, "glacier", func(e keylist.Entry) error {
			if e.Key == "" || len(e.Key) > 1024 || e.Line < 1 || e.Line > 1+strings.Count(text, "\n")+strings.Count(text, "\r") {
				t.Errorf("%+v", e)
			}
			return nil
		})
		var e *keylist.Error
		if err != nil && (!errors.As(err, &e) || e.Line < 1) {
			t.Errorf("%v", err)
		}
	})
}

func TestSet(t *testing.T) {
	s := keylist.NewSet([]keylist.Entry{{Key: "a"}, {Key: "b c", Alternate: "b+c"}, {Key: "a"}, {Key: "d"}, {Key: "z"}})
	if s.Len() != 4 || !s.Has("a") || !s.Has("b+c") || s.Has("b") || s.Has("") {
		t.Errorf("%d entries", s.Len())
	}
	first, n := s.Unmatched(nil, 1)
	if n != 2 || !slices.Equal(first, []string{"d"}) {
		t.Errorf("%d, %q", n, first)
	}
	if _, n := s.Unmatched(func(key string) bool { return key < "e" }, 9); n != 1 {
		t.Errorf("%d", n)
	}
}

// Memory does not grow with a list, and a million keys take no while.
func BenchmarkText(b *testing.B) {
	text := strings.Repeat("some/prefix/of/a/granule/MOD09.A2024001.h10v05.hdf\n", 100_000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if err := keylist.Read(strings.NewReader(text), "l.txt", "glacier", func(keylist.Entry) error { n++; return nil }); err != nil || n != 100_000 {
			b.Fatal(n, err)
		}
	}
}
