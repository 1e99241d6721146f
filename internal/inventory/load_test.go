package inventory

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

// expectedRow is what another program says has to be listed.
type expectedRow struct {
	Key, ETag, StorageClass, EncryptionStatus, IntelligentTieringAccessTier, ChecksumAlgorithm string

	Size, LastModifiedDate int64
}

func expected(t *testing.T) []expectedRow {
	t.Helper()
	unzip, err := gzip.NewReader(bytes.NewReader(readFixture(t, "expected.json.gz")))
	if err != nil {
		t.Fatal(err)
	}
	var rows []expectedRow
	if err := json.NewDecoder(unzip).Decode(&rows); err != nil || len(rows) < 2500 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows
}

// TestFixtures: both formats list what the program that made them says.
func TestFixtures(t *testing.T) {
	want := expected(t)
	for name, format := range map[string]string{"csv": "CSV", "parquet": "Parquet"} {
		t.Run(name, func(t *testing.T) {
			l := loaded(t, options(t, fixture(t, name)))
			got := listAll(t, l, reconcile.ListRequest{Bucket: theBucket})
			if len(got) != len(want) {
				t.Fatalf("%d objects, want %d", len(got), len(want))
			}
			for i, w := range want {
				if o := objectOf(w); got[i] != o {
					t.Errorf("listed %+v\nwant %+v", got[i], o)
				}
			}
			info := Info{
				Manifest: theManifest, Bucket: theBucket, CreatedAt: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC),
				Format: format, Files: 3, Objects: int64(len(want)), Skipped: int64(32 + 2500 + 80 - len(want)),
			}
			if l.Info() != info {
				t.Errorf("%+v, want %+v", l.Info(), info)
			}
		})
	}
}

// objectOf writes the rules down once more.
func objectOf(w expectedRow) reconcile.Object {
	o := reconcile.Object{
		Location: reconcile.Location{Bucket: theBucket, Key: w.Key},
		Size:     w.Size, ETag: w.ETag, StorageClass: w.StorageClass,
		LastModified: time.UnixMilli(w.LastModifiedDate).UTC(),
		Checksum:     reconcile.Checksum{Algorithm: w.ChecksumAlgorithm},
		Encryption: map[string]reconcile.Encryption{
			"SSE-S3": "AES256", "NOT-SSE": "AES256", "SSE-KMS": "aws:kms", "DSSE-KMS": "aws:kms:dsse", "SSE-C": "sse-c",
		}[w.EncryptionStatus],
	}
	if w.ChecksumAlgorithm == "CRC64NVME" {
		o.Checksum.Type = "FULL_OBJECT"
	}
	switch {
	case slices.Contains([]string{"STANDARD", "GLACIER_IR"}, w.StorageClass):
		o.Restore.Phase = reconcile.Online
	case strings.Contains(w.IntelligentTieringAccessTier, "ARCHIVE"):
		o.Restore.Phase = reconcile.Archived
	}
	return o
}

// TestPhases: only what cannot change by a restore is more than unknown.
func TestPhases(t *testing.T) {
	for _, c := range []struct {
		class, tier string
		want        reconcile.RestorePhase
	}{
		{"STANDARD", "", reconcile.Online}, {"GLACIER_IR", "", reconcile.Online}, {"GLACIER", "", reconcile.RestoreUnknown},
		{"DEEP_ARCHIVE", "ARCHIVE", reconcile.RestoreUnknown}, {"INTELLIGENT_TIERING", "", reconcile.RestoreUnknown},
		{"INTELLIGENT_TIERING", "FREQUENT", reconcile.RestoreUnknown}, {"INTELLIGENT_TIERING", "ARCHIVE_INSTANT_ACCESS", reconcile.RestoreUnknown},
		{"INTELLIGENT_TIERING", "ARCHIVE", reconcile.Archived}, {"INTELLIGENT_TIERING", "DEEP_ARCHIVE", reconcile.Archived},
		{"INTELLIGENT_TIERING", "Deep Archive Access", reconcile.Archived}, {"INTELLIGENT_TIERING", "ARCHIVE_ACCESS", reconcile.Archived},
		{"A_NEW_ONE", "ARCHIVE", reconcile.RestoreUnknown},
	} {
		if got := phaseOf(c.class, c.tier); got != c.want {
			t.Errorf("%s %s: %v, want %v", c.class, c.tier, got, c.want)
		}
	}
}

// TestFewColumns: optional fields may be missing.
func TestFewColumns(t *testing.T) {
	parquet := made("Parquet", "", [][]byte{readFixture(t, "few-columns.parquet")}, nil)
	csv := made("CSV", "StorageClass,Size,Key,Bucket", [][]byte{csvFile(
		`"GLACIER","0","granules/00000/scene-0.hdf","archive-glacier"`,
		`"DEEP_ARCHIVE","7","granules/00419/scene-1.hdf","archive-glacier"`,
		`"STANDARD","5497558138882","granules/00838/scene-2.hdf","archive-glacier"`,
		``,
	)}, nil)
	for name, s := range map[string]*objects{"Parquet": parquet, "CSV": csv} {
		got := listAll(t, loaded(t, options(t, s)), reconcile.ListRequest{Bucket: theBucket})
		want := []string{"granules/00000/scene-0.hdf", "granules/00419/scene-1.hdf", "granules/00838/scene-2.hdf"}
		if !slices.Equal(keysOf(got), want) {
			t.Fatalf("%s: %q", name, keysOf(got))
		}
		last := got[2]
		if last.ETag != "" || !last.LastModified.IsZero() || last.Encryption != reconcile.EncryptionUnknown ||
			last.Checksum != (reconcile.Checksum{}) || last.Size != 5497558138882 || last.StorageClass != "STANDARD" {
			t.Errorf("%s: %+v", name, last)
		}
	}
}

// TestParquetUnits: times are in the unit that the column says.
func TestParquetUnits(t *testing.T) {
	s := made("Parquet", "", [][]byte{readFixture(t, "micros.parquet")}, nil)
	got := listAll(t, loaded(t, options(t, s)), reconcile.ListRequest{Bucket: theBucket})
	if want := time.UnixMilli(1600000001001).UTC(); len(got) != 3 || got[1].LastModified != want {
		t.Errorf("%+v, want %v", got, want)
	}
}

func TestEmptyInventory(t *testing.T) {
	for _, s := range []*objects{made("CSV", smallSchema, nil, nil), made("Parquet", "", nil, nil), csvOf(), csvOf(line("k", "false", "false", "1", "", "", "GLACIER"))} {
		l := loaded(t, options(t, s))
		for _, req := range []reconcile.ListRequest{{}, {Prefix: "a"}, {StartAfter: "a"}} {
			req.Bucket = theBucket
			page, err := l.List(t.Context(), req)
			if err != nil || len(page.Objects) != 0 || page.Next != "" || l.Info().Objects != 0 {
				t.Errorf("%+v, %v", page, err)
			}
		}
	}
}

// TestAbsentFlags: a row that does not say whether it is current is.
func TestAbsentFlags(t *testing.T) {
	l := loaded(t, options(t, csvOf(plain("k"), line("l", "", "", "1", "", "", "GLACIER"))))
	if got := keysOf(listAll(t, l, reconcile.ListRequest{Bucket: theBucket})); !slices.Equal(got, []string{"k", "l"}) {
		t.Errorf("%q", got)
	}
}

// TestOtherDestination: the files are where the manifest says.
func TestOtherDestination(t *testing.T) {
	s := made("CSV", smallSchema, [][]byte{csvFile(plain("k"))}, func(m *manifestJSON) { m.DestinationBucket = "arn:aws-cn:s3:::elsewhere" })
	o := options(t, s)
	refused(t, o, reconcile.NotFound, "s3://elsewhere/"+home+"data/0")
	s = made("CSV", smallSchema, [][]byte{csvFile(plain("k"))}, func(m *manifestJSON) { m.DestinationBucket = "" })
	loaded(t, options(t, s))
}

// cutBody breaks off after half of the content.
type cutBody struct{ io.Reader }

func (cutBody) Close() error { return nil }

func cut(content []byte) io.ReadCloser {
	broken := &reconcile.Error{Op: "GetObject", Kind: reconcile.Network, Err: io.ErrUnexpectedEOF}
	return cutBody{io.MultiReader(bytes.NewReader(content[:len(content)/2]), failing{broken})}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestTriedAgain: requests that fail for a passing reason are sent again, and
// no row of a broken body is counted.
func TestTriedAgain(t *testing.T) {
	s := fixture(t, "csv")
	s.open = func(key string, n int) (io.ReadCloser, error) {
		switch n {
		case 1:
			return nil, &reconcile.Error{Op: "GetObject", Kind: reconcile.Other, Status: 500}
		case 2:
			return cut(s.byKey[key]), nil
		}
		return nil, nil
	}
	l := loaded(t, options(t, s))
	if got := listAll(t, l, reconcile.ListRequest{Bucket: theBucket}); len(got) != len(expected(t)) || l.Info().Skipped != 60 {
		t.Errorf("%d objects, %+v", len(got), l.Info())
	}
	for key, n := range s.opened {
		if n != 3 {
			t.Errorf("%s was asked for %d times", key, n)
		}
	}
}

// TestGivenUp: the last error comes out as it is, and the other files end.
func TestGivenUp(t *testing.T) {
	for _, broken := range []string{"data/csv-0.csv.gz", "data/csv-2.csv.gz", "manifest.json", "manifest.checksum"} {
		s := fixture(t, "csv")
		s.open = func(key string, _ int) (io.ReadCloser, error) {
			if strings.HasSuffix(key, broken) {
				return cut(s.byKey[key]), nil
			}
			return nil, nil
		}
		refused(t, options(t, s), reconcile.Network, "unexpected EOF")
	}
}

func TestCanceledLoad(t *testing.T) {
	s := fixture(t, "csv")
	o := options(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	s.open = func(key string, _ int) (io.ReadCloser, error) {
		if strings.HasSuffix(key, ".gz") {
			cancel()
		}
		return nil, nil
	}
	if _, err := Load(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	nothingIn(t, o.TempDir)
}

// TestLog: the log says how old the inventory is.
func TestLog(t *testing.T) {
	var out bytes.Buffer
	o := options(t, csvOf(plain("k")))
	o.Log = slog.New(slog.NewTextHandler(&out, nil))
	loaded(t, o)
	for _, word := range []string{"age=30h0m0s", "bucket=archive-glacier", "objects=1", "manifest=" + theManifest.String(), "level=WARN"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("%q is not in %s", word, out.String())
		}
	}
}
