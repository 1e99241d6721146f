package manifest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"reconcile/internal/storage"
	"reconcile/internal/strictjson"
)

// maxIndex is how many bytes an index may have. Ours have about 2,000.
const maxIndex = 1 << 20

// Read reads the index of a plan, the file named.
func Read(ctx context.Context, from storage.Folder, name string) (*Index, error) {
	body, err := from.Open(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, maxIndex+1))
	if err == nil && len(text) > maxIndex {
		err = fmt.Errorf("it has more than %d bytes", maxIndex)
	}
	var x *Index
	if err == nil {
		x, err = ParseIndex(text)
	}
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", from.URL(name), err)
	}
	return x, nil
}

// Each calls f with every object of the plan, class by class and in the order
// of keys in each. An error also says that the files are not those that the
// index speaks of; f has been called with what they hold by then.
func (x *Index) Each(ctx context.Context, from storage.Folder, f func(Item) error) error {
	for _, c := range x.Classes {
		if err := c.each(ctx, from, f); err != nil {
			return fmt.Errorf("plan, %s: %w", from.URL(c.JSONL.Name), err)
		}
	}
	return nil
}

func (c *ClassOfPlan) each(ctx context.Context, from storage.Folder, f func(Item) error) error {
	body, err := from.Open(ctx, c.JSONL.Name)
	if err != nil {
		return err
	}
	defer body.Close()
	sum := storage.NewSum()
	var objects, size int64
	err = eachLine(io.TeeReader(body, sum), func(i Item) error {
		objects++
		size += i.SizeBytes
		return f(i)
	})
	if err != nil {
		return err
	}
	if w := sum.Written(); w.MD5 != c.JSONL.MD5 || objects != c.Objects || size != c.Bytes {
		return fmt.Errorf("it is not the file that was written with the plan: %d objects of %d bytes with MD5 %s, and the plan says %d of %d with %s",
			objects, size, w.MD5, c.Objects, c.Bytes, c.JSONL.MD5)
	}
	return nil
}

// maxLine is how many bytes a line may have: two keys of 1024 bytes, each of
// which takes up to 6 in JSON, and the rest.
const maxLine = 64 << 10

// eachLine decodes JSON Lines.
func eachLine(from io.Reader, f func(Item) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		var i Item
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		err := dec.Decode(&i)
		if err == nil && (i.SourceBucket == "" || i.SourceKey == "" || i.SizeBytes < 0 || dec.More()) {
			err = errors.New("it names no object")
		}
		if err == nil {
			err = strictjson.Unique(lines.Bytes())
		}
		if err == nil {
			err = f(i)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}
