package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"reconcile/internal/lease"
	"reconcile/internal/reconcile"
	"reconcile/internal/scan"
)

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
	if err := dec.Decode(&m); err != nil {
		return nil, fmt.Errorf("shard map %s: %w", s.at, err)
	}
	if err := s.check(m); err != nil {
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
