package report

import (
	"encoding/json"
	"fmt"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report/breakdown"
)

// headJSON is the head as it stands in the report.
type headJSON struct {
	Version int
	Run     runJSON
	Summary map[string]json.RawMessage
	Plan    *Plan

	Breakdown *breakdown.Breakdown
	Granules  json.RawMessage
}

func (h *headJSON) decode() (Head, error) {
	head := Head{Rows: h.Run.Rows, Plan: h.Plan, Breakdown: h.Breakdown, Granules: h.Granules}
	var err error
	if head.Run, err = h.Run.decode(); err == nil {
		head.Summary, err = summaryOf(h.Summary)
	}
	if err != nil {
		return Head{}, fmt.Errorf("JSON report: %w", err)
	}
	return head, nil
}

func (r *runJSON) decode() (Run, error) {
	run := Run{
		ID: r.ID, Command: r.Command, Version: r.Version,
		Complete: r.Complete, Error: r.Error, Source: r.Source, Prefix: r.Prefix,
		Targets: r.Targets, Notes: r.Notes, Shard: r.Shard, Inventories: r.Inventories, rows: r.Rows,
		ExitCode: r.ExitCode, Identity: string(r.Identity), Host: string(r.Host), JobID: string(r.JobID),
		GranulesFrom: string(r.GranulesFrom), Settings: r.Settings, Cost: r.Cost, BatchJobs: r.BatchJobs,
	}
	var err error
	if run.StartedAt, err = parseTime(r.StartedAt); err == nil {
		run.FinishedAt, err = parseTime(r.FinishedAt)
	}
	if err != nil {
		return Run{}, fmt.Errorf("run: %w", err)
	}
	return run, nil
}

func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err
}

// summaryOf is the inverse of summaryJSON. Every number that is none of the
// others is the count of a status: there may be some that this program does
// not know.
func summaryOf(in map[string]json.RawMessage) (reconcile.Summary, error) {
	s := reconcile.Summary{Counts: map[reconcile.Status]int64{}, NotLookedFor: map[reconcile.Status]bool{}}
	var aspects map[string]aspectJSON
	var catalog struct{ Mismatch int64 }
	var passedOver json.RawMessage
	var oldest Text
	known := map[string]any{
		"scanned": &s.Scanned, "bytes": &s.Bytes, "bytes_copied": &s.BytesCopied, "expiring_soon": &s.ExpiringSoon,
		"proofs": &s.Proofs, "requests": &s.Requests,
		"unproved": &s.Unproved, "refused": &s.Refused, "leaks": &s.Leaks, "failures": &s.Failures, "excluded_unmatched": &s.Unmatched,
		"risks": &s.Risks, "never_verified": &s.NeverVerified, "oldest_verified_at": &oldest,
		"compared": &aspects, "catalog": &catalog, "headline": &passedOver, "verification": &passedOver, // which are made of the others
	}
	for name, raw := range in {
		if into, ok := known[name]; ok {
			if err := json.Unmarshal(raw, into); err != nil {
				return s, fmt.Errorf("summary: %s: %w", name, err)
			}
			continue
		}
		var n *int64
		switch err := json.Unmarshal(raw, &n); {
		case err != nil:
		case n == nil:
			s.NotLookedFor[reconcile.Status(name)] = true
		case *n != 0:
			s.Counts[reconcile.Status(name)] = *n
		}
	}
	if oldest != "" {
		var err error
		if s.OldestVerified, err = parseTime(string(oldest)); err != nil {
			return s, fmt.Errorf("summary: oldest_verified_at: %w", err)
		}
	}
	s.Mismatches, s.Aspects = catalog.Mismatch, aspectsOf(aspects)
	if _, old := in["unproved"]; !old {
		s.Unproved = s.Proofs[reconcile.ProofSize]
	}
	return s, nil
}

// aspectJSON is what the report counts of one aspect.
type aspectJSON struct {
	Match       int64 `json:"match"`
	Differ      int64 `json:"differ"`
	NotCompared int64 `json:"not_compared"`
}

func aspectsOf(in map[string]aspectJSON) (all reconcile.AspectCounts) {
	for _, aspect := range reconcile.Aspects() {
		n := in[aspect.String()]
		all[aspect].Match, all[aspect].Differ, all[aspect].NotCompared = n.Match, n.Differ, n.NotCompared
	}
	return all
}
