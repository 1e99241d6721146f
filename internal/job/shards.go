package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/lease"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/scan"
)

// shardName is how a shard stands in the name of its lock and of its journal.
var shardName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]+-of-([0-9]+)$`) })

// division is the part of a shard's name that all shards of one division have
// in common; empty: it is no shard's name.
func division(name string) string {
	if m := shardName().FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return ""
}

// ownName is the name of this process among the shards, empty where the source
// is not divided.
func ownName(s config.Shard) string {
	if s.Count < 2 {
		return ""
	}
	return s.String()
}

// divide finds out which keys are this shard's.
func (r *Running) divide(ctx context.Context, o scan.Options) (scan.Range, error) {
	if r.Shard.Count == 0 {
		return scan.Range{}, nil
	}
	s := sharder{r.again, r.ShardMap, reconcile.Location{Bucket: r.Scan.Bucket, Key: r.Scan.Prefix}, r.Shard.Count}
	ranges, err := s.agree(ctx, func() ([]scan.Range, error) {
		lister := o.Inventories[r.Scan.Bucket]
		if lister == nil {
			lister = r.again
		}
		return scan.Shards(ctx, lister, o, r.Shard.Count)
	})
	if err != nil {
		return scan.Range{}, fmt.Errorf("divide the source into %d shards: %w", r.Shard.Count, err)
	}
	own := ranges[r.Shard.Index]
	r.About.Shard = &report.Shard{Index: r.Shard.Index, Count: r.Shard.Count, After: own.After, Until: own.Until}
	r.Log.Info("shard", "shard", r.Shard.String(), "after", own.After, "until", own.Until)
	return own, nil
}

// shardMap is a document by which the shards of a source agree who looks at
// what. Without one each finds the ranges out for itself, and all find the same
// only as long as the source does not change.
type shardMap struct {
	Version   int          `json:"schema_version"`
	Source    string       `json:"source"`
	Prefix    string       `json:"prefix"`
	Count     int          `json:"count"`
	CreatedAt time.Time    `json:"created_at"`
	Ranges    []shardRange `json:"ranges"`
}

// shardRange is a scan.Range. Keys are bytes, which JSON strings are not.
type shardRange struct {
	After []byte `json:"after"`
	Until []byte `json:"until"`
}

const shardMapVersion = 1

// sharder has the shards of a source agree.
type sharder struct {
	store lease.Store
	at    reconcile.Location // of the map; no Key: there is none
	over  reconcile.Location // bucket, and prefix as Key, that is divided
	count int                // shards
}

// agree returns the ranges that the shards have agreed on, or those that find
// returns: the first process to come writes them down.
func (s *sharder) agree(ctx context.Context, find func() ([]scan.Range, error)) ([]scan.Range, error) {
	if s.at.Key == "" {
		return find()
	}
	ranges, err := s.read(ctx)
	if !errors.Is(err, reconcile.NotFound) {
		return ranges, err
	}
	if ranges, err = find(); err != nil {
		return nil, err
	}
	_, err = s.store.WriteDocument(ctx, s.at, s.encode(ranges), reconcile.Precondition{})
	// What is there now holds, whoever has written it: another shard may have been
	// faster, and not every server refuses a second writer.
	written, readErr := s.read(ctx)
	if readErr != nil {
		return nil, fmt.Errorf("shard map %s: %w", s.at, errors.Join(err, readErr))
	}
	return written, nil
}

func (s *sharder) encode(ranges []scan.Range) []byte {
	m := shardMap{Version: shardMapVersion, Source: s.over.Bucket, Prefix: s.over.Key, Count: len(ranges), CreatedAt: time.Now().UTC()}
	for _, part := range ranges {
		m.Ranges = append(m.Ranges, shardRange{[]byte(part.After), []byte(part.Until)})
	}
	text, _ := json.MarshalIndent(m, "", "  ") // strings and numbers only
	return append(text, '\n')
}

// read reads the agreement and makes sure that it is one for this job:
// that its ranges leave no key out and give none to two.
func (s *sharder) read(ctx context.Context) ([]scan.Range, error) {
	doc, err := s.store.ReadDocument(ctx, s.at)
	if err != nil {
		return nil, err
	}
	var m shardMap
	dec := json.NewDecoder(bytes.NewReader(doc.Body))
	dec.DisallowUnknownFields()
	err = dec.Decode(&m)
	if err == nil {
		err = s.check(m)
	}
	if err != nil {
		return nil, fmt.Errorf("shard map %s: %w", s.at, err)
	}
	return m.ranges(), nil
}

func (s *sharder) check(m shardMap) error {
	switch {
	case m.Version != shardMapVersion:
		return fmt.Errorf("schema_version %d is not known", m.Version)
	case m.Source != s.over.Bucket || m.Prefix != s.over.Key:
		return fmt.Errorf("it is of s3://%s/%s, and this is a run over s3://%s/%s", m.Source, m.Prefix, s.over.Bucket, s.over.Key)
	case m.Count != s.count || len(m.Ranges) != m.Count:
		return fmt.Errorf("it has %d ranges for %d shards, and this is one of %d", len(m.Ranges), m.Count, s.count)
	}
	return scan.CheckShards(m.ranges())
}

func (m shardMap) ranges() (all []scan.Range) {
	for _, r := range m.Ranges {
		all = append(all, scan.Range{After: string(r.After), Until: string(r.Until)})
	}
	return all
}
