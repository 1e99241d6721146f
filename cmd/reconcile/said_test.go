package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// TestRequestedTier: the tier that a request names is the one that is asked for,
// unless one was given; one that S3 does not know is refused.
func TestRequestedTier(t *testing.T) {
	t.Parallel()
	s := seedServerWith(t, s3sim.Config{RestoreDelay: func(_, tier string) time.Duration {
		return map[string]time.Duration{"Bulk": 0, "Standard": time.Hour, "Expedited": 2 * time.Hour}[tier]
	}})
	ask := func(key, tier string, more ...string) (int, string) {
		s.Put(seedGlacier, key, s3sim.Object{Size: 10, StorageClass: "GLACIER"})
		request := fmt.Sprintf(`{"defaultRecoveryTypeOverride":%q,"granules":[{"collectionId":"c","granuleId":"g","keys":[{"key":%q}]}]}`, tier, key)
		code, _, out := asks(t, s, request, append([]string{"restore", "--source", seedGlacier, "--granules", "-", "--yes"}, more...)...)
		return code, out
	}
	if code, out := ask("a.hdf", "Bulk"); code != exit.OK || !strings.Contains(out, "asked for by Bulk") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if info, _ := s.Get(seedGlacier, "a.hdf"); info.Restore != "restored" {
		t.Errorf("not restored by Bulk: %q", info.Restore)
	}
	if code, out := ask("b.hdf", "bulk", "--tier", "Standard"); code != exit.OK || !strings.Contains(out, "asked for by Standard") || !strings.Contains(out, "the one that was given holds") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	before := s.Accepted()
	if code, out := ask("c.hdf", "Quick"); code != exit.Usage || s.Accepted() != before || !strings.Contains(out, "defaultRecoveryTypeOverride") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// TestNamedWithSizeAndChecksum: a source that is not what a granule record says
// is a row that says so, and nothing is paid for it: listed and asked for by HEAD.
func TestNamedWithSizeAndChecksum(t *testing.T) {
	t.Parallel()
	s := seedServer(t, 0)
	content := []byte("hello\n")
	sum := sha256.Sum256(content)
	right, wrong := fmt.Sprintf("%x", sum), strings.Repeat("0", 64)
	file := func(key, size, checksum string) string {
		return fmt.Sprintf(`{"bucket":%q,"key":%q,"size":%s,"checksumType":"SHA256","checksum":%q}`, seedGlacier, key, size, checksum)
	}
	var files []string
	for n := range 40 { // close together: they are listed
		key := fmt.Sprintf("list/%02d.hdf", n)
		s.Put(seedGlacier, key, s3sim.Object{Body: content, StorageClass: "GLACIER", ChecksumAlgorithm: "SHA256"})
		files = append(files, file(key, "6", right))
	}
	files[3], files[7] = file("list/03.hdf", "7", right), file("list/07.hdf", "6", wrong)
	document := func(files []string) string {
		name := t.TempDir() + "/granule.json"
		text := fmt.Sprintf(`{"granules":[{"granuleId":"g","collectionId":"c","files":[%s]}]}`, strings.Join(files, ","))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, files := range [][]string{files, {files[3], files[7], files[11]}} {
		before := s.Accepted()
		code, r, out := asks(t, s, "", "restore", "--source", seedGlacier, "--granules", document(files), "--yes")
		if code != exit.Unsettled || len(r.Objects) != len(files) || s.Accepted()-before > int64(len(files)-2) {
			t.Fatalf("exit code %d, %d rows, %d restores\n%s", code, len(r.Objects), s.Accepted()-before, out)
		}
		for _, row := range r.Objects {
			why := map[string]string{"list/03.hdf": "it has 6 bytes, and was named with 7",
				"list/07.hdf": "SHA256 is " + base64.StdEncoding.EncodeToString(sum[:])}[string(row.SourceKey)]
			if (why != "") != (row.ErrorKind == "integrity") || why != "" && !strings.Contains(row.ErrMsg, why) {
				t.Errorf("%s: %s %s %s", row.SourceKey, row.Status, row.ErrorKind, row.ErrMsg)
			}
		}
	}
}
