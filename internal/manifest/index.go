package manifest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sync"
	"time"

	"reconcile/internal/strictjson"
)

// Version is the version of plan.json's shape. Fields may be added to a
// version, none changes its meaning or goes.
const Version = 1

// IndexName is the name of the index.
const IndexName = "plan.json"

// Index is plan.json: what was planned, and where it is written.
type Index struct {
	Version   int           `json:"plan_version"`
	Run       string        `json:"run_id"`
	Program   string        `json:"program_version"`
	CreatedAt time.Time     `json:"created_at"` // UTC
	Source    string        `json:"source"`     // bucket
	Prefix    string        `json:"prefix"`
	Targets   []string      `json:"targets"` // buckets
	Objects   int64         `json:"objects"`
	Bytes     int64         `json:"bytes"`
	Classes   []ClassOfPlan `json:"classes"` // those with objects, the smallest first
}

// ClassOfPlan is what a plan has of one class.
type ClassOfPlan struct {
	Name       string `json:"name"`
	UpTo       *int64 `json:"up_to_bytes"` // null: any size
	BatchItems int    `json:"batch_items"`
	Objects    int64  `json:"objects"`
	Bytes      int64  `json:"bytes"`
	CSV        *File  `json:"csv"` // null: not for S3 Batch Operations
	JSONL      *File  `json:"jsonl"`
}

// File is a file beside the index.
type File struct {
	Name string `json:"name"`
	Size int64  `json:"size_bytes"`
	MD5  string `json:"md5"`  // of its bytes, in hexadecimal
	ETag string `json:"etag"` // S3's, without quotes; "" on disk
}

// fileName keeps an index from naming anything but what stands beside it.
var fileName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`) })

// ParseIndex reads plan.json and checks all that can be checked without its
// files.
func ParseIndex(text []byte) (*Index, error) {
	var x Index
	err := json.Unmarshal(text, &x)
	if err == nil {
		err = strictjson.Unique(text)
	}
	if err != nil {
		return nil, fmt.Errorf("it is no plan: %w", err)
	}
	switch {
	case x.Version == 0:
		return nil, fmt.Errorf("it is no plan: no plan_version")
	case x.Version != Version:
		return nil, fmt.Errorf("its plan_version is %d, and this program reads %d", x.Version, Version)
	case x.Run == "" || x.Source == "":
		return nil, fmt.Errorf("it does not say of which run and bucket it is")
	}
	return &x, x.check()
}

// check wants the classes to add up.
func (x *Index) check() error {
	var objects, bytes int64
	seen := map[string]bool{}
	for _, c := range x.Classes {
		switch {
		case c.JSONL == nil || c.Objects <= 0 || c.Bytes < 0:
			return fmt.Errorf("class %q is not whole", c.Name)
		case c.Name == "" || seen[c.Name]:
			return fmt.Errorf("class %q is there twice, or has no name", c.Name)
		}
		for _, f := range []*File{c.CSV, c.JSONL} {
			if f != nil && !fileName().MatchString(f.Name) {
				return fmt.Errorf("class %q: %q cannot be the name of a file beside the plan", c.Name, f.Name)
			}
		}
		seen[c.Name] = true
		objects += c.Objects
		bytes += c.Bytes
	}
	if objects != x.Objects || bytes != x.Bytes {
		return fmt.Errorf("its classes have %d objects of %d bytes, and it says %d of %d", objects, bytes, x.Objects, x.Bytes)
	}
	return nil
}
