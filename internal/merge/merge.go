package merge

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"reconcile/internal/extsort"
	"reconcile/internal/manifest"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/storage"
)

// Options says what is joined.
type Options struct {
	Plans   []Plan // none: the results are joined as they are
	Results []storage.Folder

	TempDir string // for what does not fit in memory; empty: os.TempDir
	Memory  int    // bytes of records kept in memory; 0: 16 MiB
	// Attempts is how often a file that breaks off is read; 0: once.
	Attempts int
	Log      *slog.Logger // nil: none
}

// Plan is where the index of a plan is.
type Plan struct {
	Folder storage.Folder
	Name   string
}

// Merger joins results. Make one with New, Read the files, take Head and Rows,
// Close it. It is for one goroutine.
type Merger struct {
	opt     Options
	records *extsort.Sorter
	record  []byte // of the last row, to be used again

	heads    heads
	problems []string
	notes    []string
	files    int // that were results
	done     map[string]string
	strange  []string // files that are no results
}

// New returns a Merger that has read nothing yet.
func New(o Options) *Merger {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Merger{
		opt: o, heads: newHeads(), done: map[string]string{},
		records: extsort.New(extsort.Options{Dir: o.TempDir, Memory: o.Memory, Name: "results"}),
	}
}

// Close gives up what was read.
func (m *Merger) Close() error { return m.records.Close() }

// Read reads the plan and all results. What cannot be read is a problem of the
// merged report, see Head, and keeps no other file from being read. The error
// is that of ctx, or of spilling to disk: there is nothing to report then.
func (m *Merger) Read(ctx context.Context) error {
	for _, p := range m.opt.Plans {
		if err := m.readPlan(ctx, p); err != nil {
			return err
		}
	}
	for i, p := range m.opt.Results {
		if err := m.readFolder(ctx, i, p); err != nil {
			return err
		}
	}
	m.join()
	if len(m.strange) > 0 {
		m.note("files among the results that are none, and were left aside (%d): %s", len(m.strange), some(m.strange))
	}
	return nil
}

// join says what is missing of what the reports are parts of.
func (m *Merger) join() {
	incomplete, repeated := m.heads.incomplete()
	for _, r := range incomplete {
		m.problem("%s: its run is not complete: %s", r.name, r.why)
	}
	for _, r := range repeated {
		m.note("%s: its run was not complete (%s); a later one looked at the same objects", r.name, r.why)
	}
	if m.withPlan() {
		return // every object that is asked for has a row
	}
	if missing := m.heads.gap(); missing != "" {
		m.problem("%s", missing)
	}
	if m.heads.headless > 0 {
		m.problem("reports as CSV (%d) do not say whether their runs were complete: give the JSON reports, or the plan", m.heads.headless)
	}
}

// readPlan reads a plan. Objects that it loses are a problem.
func (m *Merger) readPlan(ctx context.Context, p Plan) error {
	x, err := manifest.Read(ctx, p.Folder, p.Name)
	if err == nil {
		m.heads.plan(x)
		err = x.Each(ctx, p.Folder, func(i manifest.Item) error {
			row := i.Row()
			return m.add(planned, &row)
		})
	}
	return m.judge(ctx, err)
}

// withPlan reports whether results are held against a plan.
func (m *Merger) withPlan() bool { return len(m.opt.Plans) > 0 }

// readFolder reads every file of a place.
func (m *Merger) readFolder(ctx context.Context, i int, p storage.Folder) error {
	before, problems, all := m.files, len(m.problems), 0
	err := p.Each(ctx, func(name string) error {
		all++
		return m.readFile(ctx, &file{folder: p, name: name, id: fmt.Sprint(i, "/", name)})
	})
	if err := m.judge(ctx, err); err != nil {
		return err
	}
	if m.files == before && len(m.problems) == problems {
		m.problem("%s: no results among its %d files", strings.TrimSuffix(p.URL(""), "/"), all)
	}
	return nil
}

// judge makes a problem of an error, unless it ends everything.
func (m *Merger) judge(ctx context.Context, err error) error {
	var fatal *fatalError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case asFatal(err, &fatal):
		return fatal.err
	}
	m.problem("%v", err)
	return nil
}

func (m *Merger) problem(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	m.opt.Log.Warn("results are not whole", "why", text)
	m.problems = append(m.problems, text)
}

func (m *Merger) note(format string, args ...any) {
	m.notes = append(m.notes, fmt.Sprintf(format, args...))
}

// add takes what is said of one object.
func (m *Merger) add(c claim, r *report.Row) error { return m.addFrom(c, 0, r) }

// addFrom takes what a report says of one object.
func (m *Merger) addFrom(c claim, from int, r *report.Row) error {
	m.record = appendRecord(m.record[:0], c, from, r)
	if err := m.records.Add(m.record); err != nil {
		return &fatalError{err}
	}
	return nil
}

// Rows calls f with the row of every object, in the order of the report. It is
// called once, when Read has returned.
func (m *Merger) Rows(ctx context.Context, f func(report.Row) error) error {
	from, err := m.records.Reader()
	if err != nil {
		return err
	}
	var g *group
	for n := 0; ; n++ {
		record, err := from.Next()
		if err == io.EOF {
			return m.settle(g, f)
		}
		if err == nil && n%1024 == 0 && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		s, row, err := cutRecord(record)
		if err != nil {
			return err
		}
		if g == nil || s.Object != g.object {
			if err := m.settle(g, f); err != nil {
				return err
			}
			g = &group{object: s.Object}
		}
		g.add(s.Claim, s.From, row)
	}
}

// settle hands on the row of a group.
func (m *Merger) settle(g *group, f func(report.Row) error) error {
	if g == nil {
		return nil
	}
	row := g.settle(m.withPlan())
	if row == nil {
		return nil
	}
	m.heads.discount(g.from, row)
	if g.differ && (row.Status == reconcile.Copied || row.Status == reconcile.Present) {
		m.heads.disputed++
	}
	if m.withPlan() && g.best[planned] == nil && row.Status != reconcile.Orphan {
		m.heads.unplanned++
	}
	return f(*row)
}

// some names a few.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " …"
}
