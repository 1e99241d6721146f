package inventory

import (
	"bytes"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// TestDamagedFiles: a file that is not the manifest's is refused as such, and
// is named.
func TestDamagedFiles(t *testing.T) {
	for _, name := range []string{"csv", "parquet"} {
		s := fixture(t, name)
		file := home + "data/csv-1.csv.gz"
		if name == "parquet" {
			file = home + "data/parquet-1.parquet"
		}
		whole := s.byKey[file]
		at := "s3://inventories/" + file
		s.byKey[file] = whole[:len(whole)-1]
		refused(t, options(t, s), reconcile.Integrity, at, "bytes, the manifest says")
		s.byKey[file] = append(bytes.Clone(whole), 0)
		refused(t, options(t, s), reconcile.Integrity, at, "more than the")
		s.byKey[file] = bytes.Clone(whole)
		s.byKey[file][len(whole)/2] ^= 1
		refused(t, options(t, s), reconcile.Integrity, at, "its MD5 is", "the manifest says "+sumOf(whole))
		delete(s.byKey, file)
		refused(t, options(t, s), reconcile.NotFound, at, "NoSuchKey")
	}
}

// TestDamagedManifest: so is a manifest that is not the checksum's.
func TestDamagedManifest(t *testing.T) {
	checksum := strings.TrimSuffix(theManifest.Key, "json") + "checksum"
	s := fixture(t, "csv")
	s.byKey[theManifest.Key] = append(s.byKey[theManifest.Key], ' ')
	refused(t, options(t, s), reconcile.Integrity, theManifest.String(), "manifest.checksum says")
	o := options(t, s)
	o.Manifest.VersionID = "v1" // the checksum may be another version's
	loaded(t, o)

	s = fixture(t, "csv")
	s.byKey[checksum] = bytes.ToUpper(append(s.byKey[checksum], "  manifest.json\n"...))
	loaded(t, options(t, s))
	s.byKey[checksum] = nil
	refused(t, options(t, s), reconcile.Integrity, `manifest.checksum says ""`)
	delete(s.byKey, checksum)
	loaded(t, options(t, s))
	delete(s.byKey, theManifest.Key)
	refused(t, options(t, s), reconcile.NotFound, theManifest.String())
}

// TestMalformedCSV: one row that cannot be read refuses the inventory, with
// the file and the row named.
func TestMalformedCSV(t *testing.T) {
	good := plain("a")
	const (
		modified = "2026-11-24T01:02:03.004Z"
		etag     = "0cc175b9c0f1b6a831c399e269772661"
	)
	for name, c := range map[string]struct{ line, want string }{
		"size":        {line("k", "true", "false", "7.5", modified, etag, "GLACIER"), `Size "7.5"`},
		"negative":    {line("k", "true", "false", "-1", modified, etag, "GLACIER"), `Size "-1"`},
		"huge":        {line("k", "true", "false", "9223372036854775808", modified, etag, "GLACIER"), "Size"},
		"no size":     {line("k", "true", "false", "", modified, etag, "GLACIER"), `key "k" has no Size`},
		"no class":    {line("k", "true", "false", "7", modified, etag, ""), `key "k" has no StorageClass`},
		"no key":      {line("", "true", "false", "7", modified, etag, "GLACIER"), "a key of 0 bytes"},
		"long key":    {line(strings.Repeat("k", 1025), "true", "false", "7", modified, etag, "GLACIER"), "a key of 1025 bytes"},
		"long etag":   {line("k", "true", "false", "7", modified, strings.Repeat("e", 129), "GLACIER"), "129 bytes"},
		"long class":  {line("k", "true", "false", "7", modified, etag, strings.Repeat("G", 65)), "64 bytes"},
		"date":        {line("k", "true", "false", "7", "yesterday", etag, "GLACIER"), `LastModifiedDate "yesterday"`},
		"latest":      {line("k", "maybe", "false", "7", modified, etag, "GLACIER"), `IsLatest "maybe"`},
		"marker":      {line("k", "true", "1", "7", modified, etag, "GLACIER"), `IsDeleteMarker "1"`},
		"encoding":    {strings.Replace(good, `"a"`, `"a%2"`, 1), `Key "a%2"`},
		"bucket":      {strings.Replace(good, theBucket, "another", 1), `bucket "another", and the inventory of "archive-glacier"`},
		"old, bucket": {strings.Replace(line("k", "false", "false", "7", modified, etag, "GLACIER"), theBucket, "another", 1), "another"},
		"few fields":  {`"archive-glacier","k"`, "wrong number of fields"},
		"many fields": {good + `,""`, "wrong number of fields"},
		"quote":       {strings.Replace(good, `"a"`, `"a"b"`, 1), `"`},
		"open quote":  {strings.TrimSuffix(good, `"`), `"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := csvOf(good, plain("b"), c.line, plain("c"))
			refused(t, options(t, s), reconcile.Other, "s3://inventories/"+home+"data/0: ", "row 3: ", c.want)
		})
	}
}

// TestBrokenContent: files that are what the manifest says and cannot be read.
func TestBrokenContent(t *testing.T) {
	zipped := csvFile(plain("a"), plain("b"), plain("c"))
	parquet := readFixture(t, "parquet-1.parquet")
	for name, c := range map[string]struct {
		format string
		body   []byte
		want   string
	}{
		"empty gzip":        {"CSV", nil, "no gzip file: unexpected EOF"},
		"truncated gzip":    {"CSV", zipped[:len(zipped)-9], "unexpected EOF"},
		"no trailer":        {"CSV", zipped[:len(zipped)-4], "unexpected EOF"},
		"half a header":     {"CSV", zipped[:5], "no gzip file: unexpected EOF"},
		"gzip and rubbish":  {"CSV", append(bytes.Clone(zipped), "rubbish"...), "row 4: "},
		"text":              {"CSV", []byte(plain("a")), "no gzip file"},
		"empty Parquet":     {"Parquet", nil, "Parquet"},
		"truncated Parquet": {"Parquet", parquet[:len(parquet)-100], "Parquet"},
		"half a Parquet":    {"Parquet", parquet[len(parquet)/2:], ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := made(c.format, smallSchema, [][]byte{c.body}, nil)
			refused(t, options(t, s), reconcile.Other, "s3://inventories/"+home+"data/0: ", c.want)
		})
	}
}

// TestFlippedParquet: whatever byte is another one, it is an error or the rows
// are still complete; the program goes on in any case.
func TestFlippedParquet(t *testing.T) {
	whole := readFixture(t, "parquet-2.parquet")
	failed := 0
	at := []int{5208} // in the footer, where it hides the number of rows and the row groups
	for i := 0; i < len(whole); i += max(1, 26 / *long) {
		at = append(at, i)
	}
	for _, i := range at {
		body := bytes.Clone(whole)
		body[i] ^= 0x55
		l, err := Load(t.Context(), options(t, made("Parquet", "", [][]byte{body}, nil)))
		if err != nil {
			failed++
			continue
		}
		if info := l.Info(); info.Objects+info.Skipped != 80 {
			t.Errorf("byte %d: %+v", i, info)
		}
		l.Close()
	}
	if failed < 20 {
		t.Errorf("only %d were found out", failed)
	}
}

func TestMissingColumns(t *testing.T) {
	without := func(name string) string {
		return strings.TrimPrefix(strings.Replace(", "+smallSchema, ", "+name, "", 1), ", ")
	}
	for _, column := range []string{"Bucket", "Key", "Size", "StorageClass", "IsLatest"} {
		refused(t, options(t, made("CSV", without(column), nil, nil)), reconcile.Other, theManifest.String(), "no field "+column+":")
	}
	for _, column := range []string{"ETag", "LastModifiedDate", "IsDeleteMarker"} {
		loaded(t, options(t, made("CSV", without(column), nil, nil)))
	}
	for file, want := range map[string]string{
		"no-size.parquet": "no field Size: without sizes", "no-class.parquet": "no field StorageClass: it says what needs a restore",
		"size-is-text.parquet": "the column size has not the type that S3 gives it: BYTE_ARRAY",
	} {
		s := made("Parquet", "", [][]byte{readFixture(t, file)}, nil)
		refused(t, options(t, s), reconcile.Other, home+"data/0: ", want)
	}
	refused(t, options(t, made("CSV", smallSchema+", Size", nil, nil)), reconcile.Other, `"Size" twice`)
}

// TestDuplicateKeys: a key can be current once.
func TestDuplicateKeys(t *testing.T) {
	s := made("CSV", smallSchema, [][]byte{csvFile(plain("a"), plain("b")), csvFile(plain("c"), plain("b"))}, nil)
	refused(t, options(t, s), reconcile.Other, theManifest.String(), `key "b" twice`)
	old := line("b", "false", "false", "7", "", "", "GLACIER")
	s = made("CSV", smallSchema, [][]byte{csvFile(plain("a"), plain("b")), csvFile(old, old)}, nil)
	if l := loaded(t, options(t, s)); l.Info().Objects != 2 || l.Info().Skipped != 2 {
		t.Errorf("%+v", l.Info())
	}
}

// TestNoRoom: a folder that is not there is an error and no empty listing.
func TestNoRoom(t *testing.T) {
	o := options(t, csvOf(plain("a")))
	o.TempDir += "/none"
	if l, err := Load(t.Context(), o); err == nil {
		t.Errorf("%+v", l.Info())
	}
}
