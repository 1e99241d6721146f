package pipeline_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/keylist"
	"reconcile/internal/pipeline"
	"reconcile/internal/s3sim"
	"reconcile/internal/scan"
)

// An entry of the list of excluded keys that no object has is named, where all
// that could have it was listed; one that a rule excludes too has matched.
func TestExcludedKeysThatMatchNothing(t *testing.T) {
	t.Parallel()
	a := newArchive(t, s3sim.Config{})
	for _, key := range []string{"a/1.hdf", "a/2.hdf", "b/1.hdf"} {
		a.Put(glacier, key, restored(10, 1))
	}
	list := []keylist.Entry{{Key: "a/1.hdf"}, {Key: "a/2.HDF"}, {Key: "b/2.hdf"}}
	for name, c := range map[string]struct {
		prefix string
		within scan.Range
		note   string
		named  []string
	}{
		"all":     {note: `2 of the 3 entries of the list of excluded keys have matched no object, the first "a/2.HDF"`, named: []string{"a/2.HDF", "b/2.hdf"}},
		"prefix":  {prefix: "b/", note: `1 of the 3`, named: []string{"b/2.hdf"}},
		"a range": {within: scan.Range{Until: "b"}, note: `1 of the 3`, named: []string{"a/2.HDF"}},
		"none":    {within: scan.Range{Until: "a/1.hdf"}},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			r := a.run(t, t.Context(), options{plan: true, tune: func(j *pipeline.Job) {
				j.Excluded, j.Scan.Prefix, j.Scan.Range = keylist.NewSet(list), c.prefix, c.within
				j.Log = slog.New(slog.NewTextHandler(&log, nil))
			}})
			found := slices.ContainsFunc(r.Notes, func(note string) bool { return strings.HasPrefix(note, c.note) })
			if r.err != nil || found != (c.note != "") || c.note == "" && len(r.Notes) > 0 {
				t.Errorf("%v, notes %q, want %q", r.err, r.Notes, c.note)
			}
			if n := r.doc.count(t, "excluded_unmatched"); n != len(c.named) {
				t.Errorf("the summary counts %d", n)
			}
			for _, key := range c.named {
				if !strings.Contains(log.String(), key) {
					t.Errorf("%s is not named in the log:\n%s", key, &log)
				}
			}
		})
	}
}
