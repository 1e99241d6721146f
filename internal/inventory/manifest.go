package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"reconcile/internal/reconcile"
)

// manifest is a manifest.json that can be worked with.
type manifest struct {
	bucket  string // that was listed
	created time.Time
	format  format
	schema  []string // names of the columns; CSV only
	files   []dataFile
}

// dataFile is one file of rows, as the manifest describes it.
type dataFile struct {
	at   reconcile.Location
	size int64 // bytes
	md5  string
}

// manifestJSON is the manifest as S3 writes it.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
type manifestJSON struct {
	SourceBucket      string         `json:"sourceBucket"`
	DestinationBucket string         `json:"destinationBucket"`
	CreationTimestamp json.Number    `json:"creationTimestamp"` // milliseconds since 1970, as a string
	FileFormat        string         `json:"fileFormat"`
	FileSchema        string         `json:"fileSchema"`
	Files             []dataFileJSON `json:"files"`
}

type dataFileJSON struct {
	Key  string `json:"key"`
	Size *int64 `json:"size"`
	MD5  string `json:"MD5checksum"`
}

// parseManifest checks everything in a manifest that can be checked without
// the files. home is the bucket that it was read from.
func parseManifest(text []byte, home string) (*manifest, error) {
	var in manifestJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, fmt.Errorf("it is no manifest: %w", err)
	}
	m := &manifest{bucket: bucketName(in.SourceBucket)}
	if m.bucket == "" {
		return nil, errors.New("it is no manifest of an inventory: sourceBucket is missing")
	}
	if in.Files == nil {
		return nil, errors.New("it has no list of files")
	}
	var err error
	if m.created, err = parseCreated(in.CreationTimestamp); err != nil {
		return nil, err
	}
	if m.format, err = formatOf(in.FileFormat); err != nil {
		return nil, err
	}
	if m.schema, err = m.format.columns(in.FileSchema); err != nil {
		return nil, err
	}
	if name := bucketName(in.DestinationBucket); name != "" {
		home = name
	}
	m.files, err = parseFiles(in.Files, home)
	return m, err
}

func parseCreated(n json.Number) (time.Time, error) {
	ms, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil || ms <= 0 {
		return time.Time{}, fmt.Errorf("creationTimestamp %q is not a number of milliseconds", n)
	}
	return time.UnixMilli(ms).UTC(), nil
}

// parseFiles returns the files. One that is there twice would be read twice.
func parseFiles(in []dataFileJSON, bucket string) ([]dataFile, error) {
	files := make([]dataFile, 0, len(in))
	seen := map[string]bool{}
	for _, f := range in {
		sum := strings.ToLower(f.MD5)
		switch {
		case f.Key == "":
			return nil, errors.New("a file has no key")
		case seen[f.Key]:
			return nil, fmt.Errorf("file %q is named twice", f.Key)
		case f.Size == nil || *f.Size < 0:
			return nil, fmt.Errorf("file %q has no size", f.Key)
		case !isMD5(sum):
			return nil, fmt.Errorf("file %q: MD5checksum %q is no MD5", f.Key, f.MD5)
		}
		seen[f.Key] = true
		files = append(files, dataFile{at: reconcile.Location{Bucket: bucket, Key: f.Key}, size: *f.Size, md5: sum})
	}
	return files, nil
}

// isMD5 reports whether s is an MD5 sum in lower-case hexadecimal.
func isMD5(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}

// bucketName takes the name out of an ARN, arn:aws:s3:::name; what is no ARN
// is a name.
func bucketName(s string) string {
	if !strings.HasPrefix(s, "arn:") {
		return s
	}
	_, name, _ := strings.Cut(s, ":::")
	return name
}

// checksumKey is the key of the object with the manifest's MD5; "" where the
// manifest does not have the name that S3 gives it.
func checksumKey(manifest string) string {
	head, ok := strings.CutSuffix(manifest, "manifest.json")
	if !ok || head != "" && !strings.HasSuffix(head, "/") {
		return ""
	}
	return head + "manifest.checksum"
}

// firstWord is what a manifest.checksum says.
func firstWord(text []byte) string {
	words := bytes.Fields(text)
	if len(words) == 0 {
		return ""
	}
	return strings.ToLower(string(words[0]))
}
