// Package metrics writes what a monitor reads of a job that ends: a text file for
// the textfile collector of node_exporter, or one line of CloudWatch's embedded
// metric format. A key is never a dimension, and nobody has to ask the program:
// it opens no port.
//
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package metrics

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// Run is what is told of a run.
type Run struct {
	Command  string
	Source   string // bucket
	Ended    time.Time
	Duration time.Duration
	Complete bool // every object has its outcome
	Success  bool // exit code 0
	Summary  reconcile.Summary

	OldestProof time.Time // as of when the oldest of what was compared was seen; zero: nothing was compared
	CostUSD     *float64  // nil: not known
}

// metric is one name and its values.
type metric struct {
	name, help string
	label      string // of the values; empty: one value without a label
	values     map[string]float64
}

const lastSuccess = "reconcile_last_success_timestamp_seconds"

// metrics are those of the run, in the order of the documentation. success is
// the last one's time in seconds, 0 for none.
func (r *Run) metrics(success float64) []metric {
	s := &r.Summary
	one := func(v float64) map[string]float64 { return map[string]float64{"": v} }
	all := []metric{
		{"reconcile_last_run_timestamp_seconds", "When the last run ended.", "", one(seconds(r.Ended))},
		{lastSuccess, "When the last run ended that had exit code 0.", "", one(success)},
		{"reconcile_run_duration_seconds", "How long the last run took.", "", one(r.Duration.Seconds())},
		{"reconcile_run_complete", "Whether every object of the last run has its outcome.", "", one(number(r.Complete))},
		{"reconcile_objects", "Objects of the last run by what became of them.", "status", byStatus(s, func(status reconcile.Status) int64 { return s.Counts[status] })},
		{"reconcile_bytes", "Bytes of these objects.", "status", byStatus(s, func(status reconcile.Status) int64 { return s.Bytes[status] })},
		{"reconcile_requests", "Requests of the last run, every attempt counted.", "operation", byOperation(s.Requests)},
		{"reconcile_refused", "Throttled answers that objects of the last run got.", "", one(float64(s.Refused))},
		{"reconcile_restores_expiring", "Restored copies that lapse within 24 hours and are not in their archive.", "", one(float64(s.ExpiringSoon))},
		{"reconcile_objects_unproved", "Objects that pass for equal by their size alone.", "", one(float64(s.Unproved))},
	}
	if success == 0 { // never: no time is better than 1970
		all = slices.Delete(all, 1, 2)
	}
	if !r.OldestProof.IsZero() {
		all = append(all, metric{"reconcile_oldest_proof_timestamp_seconds", "When the oldest of what the last run compared was seen.", "", one(seconds(r.OldestProof))})
	}
	if r.CostUSD != nil {
		all = append(all, metric{"reconcile_cost_usd", "What the last run cost, its requests and restores, by the table of prices.", "", one(*r.CostUSD)})
	}
	return all
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// byStatus has a zero for a status that is not met, and nothing for one that
// nobody looked for.
func byStatus(s *reconcile.Summary, count func(reconcile.Status) int64) map[string]float64 {
	all := map[string]float64{}
	for _, status := range reconcile.Statuses() {
		if _, known := s.Known(status); known {
			all[string(status)] = float64(count(status))
		}
	}
	return all
}

func byOperation(requests map[string]int64) map[string]float64 {
	all := map[string]float64{}
	for op, n := range requests {
		all[op] = float64(n)
	}
	return all
}

// WriteFile writes the text file, aside and renamed, with mode 0644 whatever the
// umask: the collector is another user. The time of the last success is kept
// from the file that stands there. A file that is not ours is an error, and
// stays as it is.
func WriteFile(path string, r Run) error {
	success := seconds(r.Ended)
	if !r.Success {
		var err error
		if success, err = standing(path); err != nil {
			return err
		}
	} else if _, err := standing(path); err != nil {
		return err
	}
	err := storage.ReplaceFile(path, func(w io.Writer) error { return write(w, r.metrics(success)) })
	if err != nil {
		return err
	}
	return os.Chmod(path, 0o644)
}

// standing returns the time of the last success in the file, 0 where there is no
// file, or none in it.
func standing(path string) (float64, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	success, ours := 0.0, false
	lines := bufio.NewScanner(io.LimitReader(f, 1<<20))
	for lines.Scan() {
		line := lines.Text()
		ours = ours || strings.HasPrefix(line, "# HELP reconcile_last_run_timestamp_seconds ")
		if value, ok := strings.CutPrefix(line, lastSuccess+" "); ok {
			if success, err = strconv.ParseFloat(value, 64); err != nil {
				return 0, fmt.Errorf("%s: %s: %w", path, lastSuccess, err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	if info, err := f.Stat(); err == nil && info.Size() > 0 && !ours {
		return 0, fmt.Errorf("%s is no file of metrics of this program, and is left as it is", path)
	}
	return success, nil
}

// write writes the text format.
func write(w io.Writer, all []metric) error {
	b := bufio.NewWriter(w)
	for _, m := range all {
		fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s gauge\n", m.name, m.help, m.name)
		for _, label := range slices.Sorted(maps.Keys(m.values)) {
			value := strconv.FormatFloat(m.values[label], 'f', -1, 64)
			if m.label == "" {
				fmt.Fprintf(b, "%s %s\n", m.name, value)
			} else {
				fmt.Fprintf(b, "%s{%s=%s} %s\n", m.name, m.label, quote(label), value)
			}
		}
	}
	return b.Flush()
}

// quote is a label's value: only these three are escaped in the format.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// embeddedDimensions are what CloudWatch keeps metrics apart by: few values each,
// or each would be paid for.
var embeddedDimensions = []string{"Source", "Command"}

// Embedded returns the run as one line of JSON in CloudWatch's embedded metric
// format. CloudWatch knows no labels: a status or an operation is part of the
// name.
func Embedded(r Run) ([]byte, error) {
	line := map[string]any{"Source": r.Source, "Command": r.Command}
	var names []map[string]string
	add := func(name, unit string, v float64) {
		line[name] = v
		names = append(names, map[string]string{"Name": name, "Unit": unit})
	}
	for _, m := range r.metrics(0) {
		if strings.HasSuffix(m.name, "_timestamp_seconds") { // a metric has a time of its own
			continue
		}
		for _, label := range slices.Sorted(maps.Keys(m.values)) {
			name := m.name
			if label != "" {
				name += "_" + label
			}
			add(name, unitOf(m.name), m.values[label])
		}
	}
	if !r.OldestProof.IsZero() {
		add("reconcile_oldest_proof_age_seconds", "Seconds", r.Ended.Sub(r.OldestProof).Seconds())
	}
	line["_aws"] = map[string]any{
		"Timestamp": r.Ended.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": "reconcile", "Dimensions": [][]string{embeddedDimensions}, "Metrics": names[:min(len(names), maxEmbedded)],
		}},
	}
	return json.Marshal(line)
}

// maxEmbedded is how many metrics a line may have.
const maxEmbedded = 100

func unitOf(name string) string {
	switch {
	case strings.HasSuffix(name, "_seconds"):
		return "Seconds"
	case name == "reconcile_bytes":
		return "Bytes"
	case name == "reconcile_cost_usd":
		return "None"
	}
	return "Count"
}
