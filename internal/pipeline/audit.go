package pipeline

import (
	"context"
	"fmt"
	"sync"
	"time"

	"reconcile/internal/audit"
	"reconcile/internal/catalog"
	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
	"reconcile/internal/selection"
)

// Risks says which dangers an audit looks for that are no findings.
type Risks struct {
	Within time.Duration // restored copies that lapse within it and are missing; 0: none
	All    bool          // copies in a class that needs a restore, and uploads left open
}

// RunAudit compares every object of both sides and writes nothing. The error says
// why the audit is not complete, as Run's does.
func (j *Job) RunAudit(ctx context.Context) (Result, error) {
	result := Result{StartedAt: j.Copy.Now()}
	j.shareDigests()
	r := j.newRun()
	r.routed = newRouted(j.Scan.Router)
	danger := newDangers(j.Risks, j.Copy.Now)
	o := j.auditOptions()
	r.works(o.Limiter.InFlight)
	if j.Selected != nil {
		names, err := j.Selected.Reader()
		if err != nil {
			return result, err
		}
		o.Names = &auditNames{r, names}
	}
	a := audit.New(j.Store, o)
	stopWatch := r.watch()
	j.Fixity.begin(j, &o)
	err := a.Run(ctx, func(o reconcile.Outcome) error {
		if j.Fixity.own(&o) {
			return nil
		}
		danger.see(&o)
		if o.Status == reconcile.Uncatalogued { // its object has another outcome
			return r.record(o)
		}
		if held, err := j.Fixity.hold(&o); held || err != nil {
			return err
		}
		return r.settle(o)
	})
	if failed := j.Fixity.settle(ctx, err, r.settle); err == nil {
		err = failed
	}
	stopWatch()
	if n := a.Gone(); n > 0 {
		result.Notes = append(result.Notes, fmt.Sprintf("%d objects were removed while the audit looked at them, and are in no row", n))
	}
	if n := a.Foreign(); n > 0 {
		result.Notes = append(result.Notes, fmt.Sprintf("%d entries of the catalog are of other buckets, and were not looked at", n))
	}
	result.Notes = append(result.Notes, j.Fixity.notes()...)
	if err == nil {
		result.Notes = append(result.Notes, r.unmatched()...)
		risks, notes := j.risks(ctx, danger)
		result.Notes = append(result.Notes, notes...)
		j.Report.AddCounts(reconcile.Summary{Risks: risks})
	}
	result.Summary, result.Routed = j.Report.Summary(), r.routed.counts()
	result.Summary.Requests = j.Store.Requests()
	return result, err
}

// auditOptions are those of the audit, with what is the whole job's.
func (j *Job) auditOptions() audit.Options {
	o, s := j.Audit, j.scanOptions()
	o.Bucket, o.Prefix, o.Router, o.Excluded, o.Retry, o.TempDir = s.Bucket, s.Prefix, s.Router, s.Excluded, j.Copy.Retry, s.TempDir
	o.Range, o.ListCost, o.Prefer, o.Amazon = s.Range, s.ListCost, s.Prefer, s.Amazon
	o.Digests = s.Policy.Digests
	o.ListingOnly = s.Policy.ListingOnly
	if s.Policy.RequireChecksum {
		o.Verify = audit.VerifyChecksum
	}
	o.Limiter = limiter.New(j.Copy.Concurrency, j.Copy.Floor, j.Copy.Ceiling)
	return o
}

// auditNames are the objects that were named, as an audit takes them.
type auditNames struct {
	job   *run
	names *selection.Reader
}

// Next returns the next name, or io.EOF.
func (n *auditNames) Next() (audit.Name, error) {
	e, err := n.names.Next()
	if err != nil {
		return audit.Name{}, err
	}
	name := audit.Name{Key: e.Key, Version: e.VersionID, Alternate: e.Alternate, Stray: e.Stray}
	if e.Target != "" && n.job.Scan.Router.Route(e.Key).Location().Bucket != e.Target {
		name.Target = e.Target
	}
	if len(e.Granules) > 0 {
		name.Entry = &catalog.Entry{ID: e.Granules[0], Key: e.Key, Size: -1}
	}
	if len(e.Granules) > 1 {
		n.job.shared(e.Key, e.Granules)
	}
	return name, nil
}

// dangers counts what is no finding yet. It is safe for concurrent use.
type dangers struct {
	asked Risks
	now   func() time.Time

	mu    sync.Mutex
	found reconcile.Risks
}

func newDangers(asked Risks, now func() time.Time) *dangers {
	d := &dangers{asked: asked, now: now}
	d.found.Lapsing = &reconcile.LapsingRisk{WithinSeconds: int64(asked.Within.Seconds())}
	if asked.Within == 0 {
		d.found.Lapsing = nil
	}
	if asked.All {
		d.found.ArchiveClass = &reconcile.Risk{}
	}
	return d
}

func (d *dangers) see(o *reconcile.Outcome) {
	r := o.Source.Restore
	lapses := o.Status == reconcile.Missing && d.asked.Within > 0 && r.Phase == reconcile.Restored && !r.Expiry.IsZero() && r.Expiry.Sub(d.now()) < d.asked.Within
	frozen := d.asked.All && o.TargetSeen && reconcile.ArchiveClass(o.Target.StorageClass)
	if !lapses && !frozen {
		return
	}
	own := reconcile.Decision{Source: o.Source, Target: o.Target}.Clone() // keeps no page of a listing in memory
	d.mu.Lock()
	defer d.mu.Unlock()
	if lapses {
		d.found.Lapsing.Add(&own.Source)
	}
	if frozen {
		d.found.ArchiveClass.Add(&own.Target)
	}
}

// risks are what was found, for the report, and in words.
func (j *Job) risks(ctx context.Context, d *dangers) (*reconcile.Risks, []string) {
	r := &d.found
	if d.asked.All {
		r.OpenUploads = uploads{j.Store, j.Copy.Retry}.open(ctx, j.Scan.Router.Buckets())
	}
	var notes []string
	if d.found.Lapsing != nil && r.Lapsing.Objects > 0 {
		notes = append(notes, fmt.Sprintf("risk: %d restored copies lapse within %v and are missing from the archive, the first of %s", r.Lapsing.Objects, d.asked.Within, r.Lapsing.First))
	}
	if r.ArchiveClass != nil && r.ArchiveClass.Objects > 0 {
		notes = append(notes, fmt.Sprintf("risk: %d objects of the archive are in a class that needs a restore, the first %s", r.ArchiveClass.Objects, r.ArchiveClass.First))
	}
	for _, u := range r.OpenUploads {
		switch {
		case u.Error != "":
			notes = append(notes, fmt.Sprintf("risk not looked at: uploads left open in s3://%s: %s", u.Bucket, u.Error))
		case u.Uploads > 0:
			age := j.Copy.Now().Sub(*u.OldestAt).Round(time.Minute)
			notes = append(notes, fmt.Sprintf("risk: %d uploads are open in s3://%s, the oldest for %v: %s", u.Uploads, u.Bucket, age, u.Oldest))
		}
	}
	return r, notes
}
